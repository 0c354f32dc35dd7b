//! The screen over made-up flows: `cargo run --example screen_demo -- [capture|loading|live|empty|panic|FLOWS] [THEME]`.

#[path = "../tests/fake/mod.rs"]
mod fake;

use std::sync::Arc;
use std::time::Duration;

use dpimon::tui::{Options, run};
use fake::Fake;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_else(|| "capture".into());
    let fake = match kind.as_str() {
        "loading" => Fake::loading(),
        "live" => Fake::live(),
        "empty" => Fake::empty(),
        number if number.parse::<usize>().is_ok() => Fake::large(number.parse().unwrap_or(96)),
        _ => Fake::capture(),
    };
    if kind == "panic" {
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(400));
            panic!("on purpose");
        });
    }
    let reader = Arc::clone(&fake);
    std::thread::spawn(move || {
        while reader.tick() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let options = Options { theme: arguments.next(), rules_path: Some("rules.txt".into()), ..Options::default() };
    run(fake, options)
}

//! Rules files: never a panic, and what is understood survives being written and read again.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use dpimon::classify::Knowledge;
use dpimon::rules::Loader;
use libfuzzer_sys::fuzz_target;

static KNOWN: LazyLock<Knowledge> = LazyLock::new(Knowledge::builtin);

fuzz_target!(|data: &[u8]| {
    let mut loader = Loader::new(&*KNOWN);
    loader.text(Path::new("fuzz"), data);
    match loader.finish() {
        Ok(rules) => {
            let mut again = Loader::new(&*KNOWN);
            again.text(Path::new("again"), rules.to_text().as_bytes());
            let again = again.finish().expect("what was written is understood");
            assert_eq!(again.rules().count(), rules.rules().count());
        }
        Err(errors) => errors.iter().for_each(|e| drop(e.to_string())),
    }
});

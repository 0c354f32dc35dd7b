//! The `dpimon` program: arguments as typed, resolved, run.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use dpimon::classify::Knowledge;
use dpimon::cli::Cli;
use dpimon::headless::Failure;
use dpimon::{config, headless};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = match config::resolve(&cli) {
        Ok(run) => run,
        Err(sentence) => return refuse(&sentence, WRONG_USAGE),
    };
    let knowledge = Arc::new(Knowledge::builtin());
    match headless::run(&run, &knowledge, Default::default()) {
        Ok(warnings) => {
            warnings.iter().for_each(|w| eprintln!("dpimon: {w}"));
            ExitCode::SUCCESS
        }
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed(sentence)) => refuse(&sentence, FAILED),
    }
}

fn refuse(sentence: &str, code: u8) -> ExitCode {
    eprintln!("dpimon: {sentence}");
    ExitCode::from(code)
}

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

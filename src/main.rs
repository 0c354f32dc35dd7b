//! The `dpimon` program: arguments as typed, resolved, run.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use dpimon::classify::Knowledge;
use dpimon::cli::{Cli, Command, RulesCommand};
use dpimon::engine::judge::Judge;
use dpimon::headless::{self, Failure};
use dpimon::{config, lists, text};

const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut cli = Cli::parse();
    if let Some(command) = cli.command.take() {
        return outcome(side_job(command));
    }
    if cli.list_interfaces {
        return outcome(lists::interfaces(&mut io::stdout().lock()));
    }
    let run = match config::resolve(&cli) {
        Ok(run) => run,
        Err(sentence) => return refuse(&sentence, WRONG_USAGE),
    };
    let knowledge = Arc::new(Knowledge::builtin());
    let rules = match config::rules(&cli, &*knowledge) {
        Ok(rules) => Arc::new(rules),
        Err(sentences) => {
            sentences.iter().for_each(|s| complain(s));
            return ExitCode::from(WRONG_USAGE);
        }
    };
    #[cfg(feature = "tui")]
    if run.screen {
        return outcome(dpimon::screen::run(run, knowledge, rules));
    }
    outcome(
        headless::run(&run, &knowledge, Judge::new(rules)).map(|warnings| warnings.iter().for_each(|w| complain(w))),
    )
}

/// What there is to do besides watching traffic.
fn side_job(command: Command) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "dpimon", &mut script);
            out.write_all(&script).map_err(lists::failure)
        }
        Command::Man => clap_mangen::Man::new(Cli::command()).render(&mut out).map_err(lists::failure),
        Command::Protocols => lists::protocols(&mut out),
        Command::Apps => lists::apps(&mut out),
        Command::Rules { command: RulesCommand::Check { file } } => lists::check_rules(&mut out, &file),
    }
}

fn outcome(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Failed(sentence)) => refuse(&sentence, FAILED),
        Err(Failure::Usage(sentence)) => refuse(&sentence, WRONG_USAGE),
    }
}

fn refuse(sentence: &str, code: u8) -> ExitCode {
    complain(sentence);
    ExitCode::from(code)
}

/// Sentences may hold names from outside: harmless, one line each. If nobody hears them there is nothing to be done.
fn complain(sentence: &str) {
    for line in sentence.lines() {
        let _ = writeln!(io::stderr(), "dpimon: {}", text::harmless(line));
    }
}

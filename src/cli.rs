//! The command line as typed. What it means is decided in [`crate::config`].

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Deep packet inspection in a terminal: who talks to whom, which apps and domains, who looks suspicious.
///
/// Words that belong to no option are a capture filter as tcpdump takes it; a first word that is a file is read.
#[derive(Debug, Parser)]
#[command(name = "dpimon", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// Read a capture (pcap, pcapng, .gz, .zst; '-' is standard input). Several are merged by time
    #[arg(short = 'r', long = "read", value_name = "FILE")]
    pub read: Vec<PathBuf>,

    /// Write the packets that the rules let through
    #[arg(short = 'w', long = "write", value_name = "FILE")]
    pub write: Option<PathBuf>,

    /// Write the packets that the rules stop
    #[arg(long, value_name = "FILE")]
    pub dropped: Option<PathBuf>,

    /// Print one JSON object a line for each flow, and the counters
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub json: Option<PathBuf>,

    /// Print the flows in fixed columns
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub csv: Option<PathBuf>,

    /// Print the report
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub report: Option<PathBuf>,

    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub report_format: ReportFormat,

    /// Rules to apply: a file with sections of blocked and allowed addresses, ports, apps and domains
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,

    /// Stop what comes from or goes to an address, prefix or range
    #[arg(long, value_name = "ADDRESS")]
    pub block_ip: Vec<String>,

    /// Stop a server port: 443, tcp/443, 6000-6010
    #[arg(long, value_name = "PORT")]
    pub block_port: Vec<String>,

    /// Stop an app, protocol or category
    #[arg(long, value_name = "NAME")]
    pub block_app: Vec<String>,

    /// Stop a domain: example.com, or *.example.com for all below it too
    #[arg(long, value_name = "DOMAIN")]
    pub block_domain: Vec<String>,

    /// Stop a flow from its first packet on, not only from where it was recognised
    #[arg(long)]
    pub block_whole_flow: bool,

    /// Show only flows that this filter of the screen's language matches
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,

    /// Worker threads [default: by cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// Flows kept at once at most
    #[arg(long, value_name = "N", default_value_t = 262_144, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_flows: u32,

    /// End flows after this long without a packet: 30s, 5m, 1h [default for files: never]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub idle_timeout: Option<f64>,

    /// Stop after this many packets
    #[arg(short = 'c', long = "count", value_name = "COUNT")]
    pub count: Option<u64>,

    /// Show addresses, not the names that DNS answers gave them
    #[arg(short = 'n', long = "no-names")]
    pub no_names: bool,

    /// Say only what went wrong
    #[arg(short = 'q', long)]
    pub quiet: bool,

    /// Say more: what inspecting cost, memory, limits
    #[arg(short = 'v', long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Run without a screen
    #[arg(long)]
    pub headless: bool,

    /// No colours
    #[arg(long)]
    pub no_color: bool,

    /// Theme of the screen
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,

    /// Settings: a TOML file, see `assets/config.toml`
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Leave the mouse to the terminal
    #[arg(long)]
    pub no_mouse: bool,

    /// List the interfaces
    #[arg(short = 'D', long = "list-interfaces")]
    pub list_interfaces: bool,

    /// A capture filter as tcpdump takes it
    #[arg(value_name = "FILTER")]
    pub words: Vec<String>,

    /// Something else to do
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do besides watching traffic.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// List the protocols that can be named, and how each is recognised
    Protocols,
    /// List the apps that can be named, with their hosts
    Apps,
    /// Work with rules
    Rules {
        /// What to do with them
        #[command(subcommand)]
        command: RulesCommand,
    },
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Check a rules file, and say what each rule means
    Check {
        /// The file
        file: PathBuf,
    },
}

/// Formats of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum ReportFormat {
    Text,
    Markdown,
    Json,
}

/// A duration in seconds: a number with `ms`, `s`, `m`, `h` or `d`; seconds without.
fn seconds(text: &str) -> Result<f64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        other => return Err(format!("unknown unit {other:?}: use ms, s, m, h or d")),
    };
    let number: f64 = digits.parse().map_err(|_| "a number with ms, s, m, h or d is wanted, as in 30s".to_owned())?;
    if number.is_finite() && number > 0.0 { Ok(number * unit) } else { Err("must be above zero".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn words_are_a_filter_and_outputs_take_files_only_with_an_equals_sign() {
        let cli = Cli::parse_from(["dpimon", "-r", "a.pcap", "--json", "tcp", "port", "80"]);
        assert_eq!(cli.json, Some("-".into()));
        assert_eq!(cli.words, ["tcp", "port", "80"]);
        let cli = Cli::parse_from(["dpimon", "--json=out.json", "a.pcap"]);
        assert_eq!(cli.json, Some("out.json".into()));
    }

    #[test]
    fn durations() {
        assert_eq!(seconds("2m"), Ok(120.0));
        assert_eq!(seconds("1.5"), Ok(1.5));
        assert!(seconds("5 parsecs").is_err() && seconds("-1s").is_err() && seconds("0").is_err());
    }
}

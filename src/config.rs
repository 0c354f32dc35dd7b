//! What the command line means: typed words resolved into what a run needs, with every refusal a plain sentence.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::{Cli, ReportFormat};
use crate::engine::query::Filter;
use crate::rules::{KnownNames, Loader, Origin, RuleSet, Section};
use crate::suspicion::Thresholds;

/// What a run does, once it is clear.
#[derive(Debug, Clone)]
pub struct Run {
    /// Captures to read.
    pub files: Vec<PathBuf>,
    /// Capture filter, empty for none.
    pub capture_filter: String,
    /// Outputs.
    pub outputs: Outputs,
    /// Whether there is a screen.
    pub screen: bool,
    /// Worker threads.
    pub workers: usize,
    /// Flows kept at once.
    pub max_flows: usize,
    /// Nanoseconds after which an idle flow ends.
    pub idle_timeout: Option<i64>,
    /// Packets at most.
    pub count: Option<u64>,
    /// Whether names from DNS answers are left out.
    pub no_names: bool,
    /// Silent but for errors.
    pub quiet: bool,
    /// How much more to say.
    pub verbose: u8,
    /// Whether flows are stopped from their first packet on.
    pub whole_flow: bool,
    /// Which flows are shown, in the screen's language.
    pub shown: Option<String>,
    /// Rules files; the first is where the screen saves to.
    pub rules: Vec<PathBuf>,
    /// No colours.
    pub no_color: bool,
    /// From how many on something is suspicious.
    pub thresholds: Thresholds,
    /// Whether the mouse is left to the terminal.
    pub no_mouse: bool,
    /// Theme of the screen.
    pub theme: Option<String>,
}

/// Where results go.
#[derive(Debug, Clone, Default)]
pub struct Outputs {
    /// Packets let through.
    pub forwarded: Option<PathBuf>,
    /// Packets stopped.
    pub dropped: Option<PathBuf>,
    /// Records as JSON.
    pub json: Option<PathBuf>,
    /// Flows as CSV.
    pub csv: Option<PathBuf>,
    /// The report.
    pub report: Option<(PathBuf, ReportFormat)>,
}

impl Run {
    /// The same run without captures written.
    #[must_use]
    pub fn without_packets(&self) -> Self {
        let outputs = Outputs { forwarded: None, dropped: None, ..self.outputs.clone() };
        Self { outputs, ..self.clone() }
    }

    /// Whether the input can be read a second time: regular files can.
    #[must_use]
    pub fn can_reread(&self) -> bool {
        self.files.iter().all(|f| f.is_file())
    }
}

impl Outputs {
    fn any(&self) -> bool {
        self.forwarded.is_some()
            || self.dropped.is_some()
            || self.json.is_some()
            || self.csv.is_some()
            || self.report.is_some()
    }
}

/// Resolves a command line.
///
/// # Errors
/// A sentence that says what does not fit together; the exit code is that of wrong usage.
pub fn resolve(cli: &Cli) -> Result<Run, String> {
    let (files, words) = files_and_words(cli)?;
    let outputs = Outputs {
        forwarded: cli.write.clone(),
        dropped: cli.dropped.clone(),
        json: cli.json.clone(),
        csv: cli.csv.clone(),
        report: cli.report.clone().map(|path| (path, cli.report_format)),
    };
    one_standard_output(&outputs)?;
    let settings = cli.config.as_deref().map(settings).transpose()?.unwrap_or_default();
    if let Some(text) = &cli.filter {
        Filter::parse(text).map_err(|e| format!("filter {text:?}: {} (at {})", e.message, e.at + 1))?;
    }
    let wanted = !outputs.any() && !cli.headless && std::io::stdout().is_terminal();
    Ok(Run {
        files,
        capture_filter: words.join(" "),
        screen: wanted && cfg!(feature = "tui"),
        outputs,
        workers: cli.workers.map_or_else(default_workers, usize::from),
        max_flows: cli.max_flows as usize,
        idle_timeout: cli.idle_timeout.map(nanoseconds),
        count: cli.count,
        no_names: cli.no_names,
        quiet: cli.quiet,
        verbose: cli.verbose,
        whole_flow: cli.block_whole_flow,
        shown: cli.filter.clone(),
        rules: cli.rules.clone(),
        no_color: cli.no_color,
        thresholds: settings.suspicion.into(),
        no_mouse: cli.no_mouse,
        theme: cli.theme.clone(),
    })
}

/// The settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    suspicion: Suspicion,
}

/// Its section on suspicion.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Suspicion {
    high_volume: u32,
    port_scan: usize,
    host_scan: usize,
}

impl Default for Suspicion {
    fn default() -> Self {
        let Thresholds { volume, ports, hosts } = Thresholds::default();
        Self { high_volume: volume, port_scan: ports, host_scan: hosts }
    }
}

impl From<Suspicion> for Thresholds {
    fn from(s: Suspicion) -> Self {
        Self { volume: s.high_volume, ports: s.port_scan, hosts: s.host_scan }
    }
}

fn settings(path: &Path) -> Result<Settings, String> {
    let name = path.to_string_lossy();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{name}: cannot read: {e}"))?;
    toml::from_str(&text).map_err(|e| format!("{name}: {e}"))
}

/// A first word that is a file stands for `-r`.
fn files_and_words(cli: &Cli) -> Result<(Vec<PathBuf>, Vec<String>), String> {
    let (mut files, mut words) = (cli.read.clone(), cli.words.clone());
    if files.is_empty()
        && let Some(first) = words.first()
        && (first == "-" || Path::new(first).exists() || looks_like_a_capture(first))
    {
        files.push(words.remove(0).into());
    }
    if files.is_empty() {
        return Err("nothing to read: give a capture with -r FILE (see --help)".to_owned());
    }
    if files.iter().filter(|f| f.as_os_str() == "-").count() > 1 {
        return Err("standard input can be read only once".to_owned());
    }
    Ok((files, words))
}

/// The rules of files and options together, in that order.
///
/// # Errors
/// Everything that is wrong with them, a sentence each.
pub fn rules(cli: &Cli, known: &dyn KnownNames) -> Result<RuleSet, Vec<String>> {
    let mut loader = Loader::new(known);
    cli.rules.iter().for_each(|path| loader.file(path));
    let options = [
        (Section::BlockedIps, &cli.block_ip),
        (Section::BlockedPorts, &cli.block_port),
        (Section::BlockedApps, &cli.block_app),
        (Section::BlockedDomains, &cli.block_domain),
    ];
    for (section, entries) in options {
        entries.iter().for_each(|entry| loader.entry(section, entry, Origin::CommandLine));
    }
    loader.finish().map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn looks_like_a_capture(word: &str) -> bool {
    [".pcap", ".pcapng", ".cap", ".gz", ".zst"].iter().any(|end| word.ends_with(end))
}

fn one_standard_output(outputs: &Outputs) -> Result<(), String> {
    let report = outputs.report.as_ref().map(|(path, _)| path);
    let all =
        [outputs.forwarded.as_ref(), outputs.dropped.as_ref(), outputs.json.as_ref(), outputs.csv.as_ref(), report];
    let to_standard = all.into_iter().flatten().filter(|p| p.as_os_str() == "-").count();
    if to_standard > 1 {
        return Err("only one output can go to standard output: give the others a file, as in --json=FILE".to_owned());
    }
    Ok(())
}

/// The reader has a thread of its own; more than a few workers wait for it.
fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().clamp(1, 8))
}

#[allow(clippy::cast_possible_truncation)] // saturates, which is what is wanted
fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

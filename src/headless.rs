//! A run without a screen: from captures to files and lines.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hashbrown::HashMap;

use crate::classify::Knowledge;
use crate::cli::ReportFormat;
use crate::config::Run;
use crate::engine::filter::PacketFilter;
use crate::engine::harvest::Harvest;
use crate::engine::judge::{Decided, Judge};
use crate::engine::pipeline::{Pipeline, Setup};
use crate::engine::query::Filter;
use crate::engine::reader::{Go, Watch};
use crate::engine::record::FlowRecord;
use crate::engine::source;
use crate::engine::writer::SinkError;
use crate::export::atomic::{Existing, Output, OutputError};
use crate::export::split::Split;
use crate::report::{self, Report};
use crate::rules::Decision;

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// One sentence for standard error; exit 1.
    Failed(String),
    /// The arguments make no sense; exit 2.
    Usage(String),
    /// The reader of our output went away: the end, quietly.
    ClosedPipe,
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        if error.is_closed_pipe() { Self::ClosedPipe } else { Self::Failed(error.to_string()) }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        if error.closed_pipe { Self::ClosedPipe } else { Self::Failed(error.text) }
    }
}

/// A text output: unbuffered file behind a buffer, with errors that name it.
struct Sheet {
    out: BufWriter<Output>,
}

impl Sheet {
    fn create(path: &Path) -> Result<Self, Failure> {
        Ok(Self { out: BufWriter::with_capacity(1 << 16, Output::create(path, Existing::Replace)?) })
    }

    /// Runs something that writes; what goes wrong gets the name of the file.
    fn write(&mut self, job: impl FnOnce(&mut BufWriter<Output>) -> io::Result<()>) -> Result<(), Failure> {
        job(&mut self.out).map_err(|error| self.out.get_ref().failed("write", error).into())
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.write(Write::flush)?;
        let (output, _) = self.out.into_parts();
        output.finish().map_err(Failure::from)
    }
}

/// Runs without a screen. Returns warnings: what was read is whole, but the input was not.
///
/// # Errors
/// What could not be read or written.
pub fn run(run: &Run, knowledge: &Arc<Knowledge>, judge: Judge) -> Result<Vec<String>, Failure> {
    let begun = Instant::now();
    let judge = if run.whole_flow { from_the_first_packet(run, knowledge, judge)? } else { judge };
    let mut json = run.outputs.json.as_deref().map(Sheet::create).transpose()?;
    let rules = judge.clone();
    let setup = setup(run, knowledge, judge)?;
    let pipeline = Pipeline::start(setup).map_err(|e| Failure::Failed(format!("cannot start threads: {e}")))?;
    let mut trouble = None;
    let harvest = Harvest::gather(pipeline, Arc::clone(knowledge), |record| {
        let write = |sheet: &mut Sheet| sheet.write(|out| report::json::flow(out, record, |id| rules.text(id)));
        if let Some(Err(failure)) = json.as_mut().map(write) {
            trouble.get_or_insert(failure);
            return Err(SinkError { text: String::new(), closed_pipe: false });
        }
        Ok(())
    });
    let harvest = match (harvest, trouble) {
        (_, Some(failure)) => return Err(failure),
        (harvest, None) => harvest?,
    };
    write_all(run, &harvest, &rules, json)?;
    if run.verbose > 0 {
        eprint!("{}", report::effort::text(&harvest, begun.elapsed()));
    }
    let warnings = harvest.read.warnings.clone();
    std::mem::forget(harvest); // the program ends here: taking apart a million flows first would only cost time
    Ok(warnings)
}

/// A first pass finds the flows that rules stop; the second one stops them from their first packet on.
fn from_the_first_packet(run: &Run, knowledge: &Arc<Knowledge>, judge: Judge) -> Result<Judge, Failure> {
    if !run.can_reread() {
        let sentence =
            "--block-whole-flow reads the input twice, and this one can be read only once: save it to a file";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    let rules = Arc::clone(judge.rules());
    let setup = Setup { sink: None, ..setup(&run.without_packets(), knowledge, judge)? };
    let pipeline = Pipeline::start(setup).map_err(|e| Failure::Failed(format!("cannot start threads: {e}")))?;
    let mut blocked = HashMap::new();
    let mut note = |id, decision: Option<Decision>| {
        if let Some(decision) = decision.filter(|d| d.is_block()) {
            blocked.insert(id, decision);
        }
    };
    let harvest = Harvest::gather(pipeline, Arc::clone(knowledge), |record| {
        note(record.id, record.decision);
        Ok(())
    })?;
    harvest.records().for_each(|record| note(record.id, record.decision));
    Ok(Judge::with_decided(rules, Decided::Blocked(blocked)))
}

fn setup(run: &Run, knowledge: &Arc<Knowledge>, judge: Judge) -> Result<Setup, Failure> {
    let source = source::open(&run.files).map_err(|e| Failure::Failed(e.to_string()))?;
    let filter = Some(run.capture_filter.as_str()).filter(|f| !f.is_empty()).map(PacketFilter::new);
    let filter = filter.transpose().map_err(Failure::Usage)?;
    let (forwarded, dropped) = (run.outputs.forwarded.as_deref(), run.outputs.dropped.as_deref());
    let sink = if forwarded.is_some() || dropped.is_some() {
        Some(Box::new(Split::create(forwarded, dropped)?) as Box<dyn crate::engine::writer::PacketSink>)
    } else {
        None
    };
    Ok(Setup {
        source,
        knowledge: Arc::clone(knowledge),
        judge,
        workers: run.workers,
        max_flows: run.max_flows,
        idle_timeout: run.idle_timeout,
        count: run.count,
        filter,
        sink,
        screen: None,
        control: progress(run),
    })
}

/// On a terminal, long runs say how far they are.
fn progress(run: &Run) -> Watch {
    if run.quiet || !io::stderr().is_terminal() {
        return Box::new(|_, _| Go::On);
    }
    let (begun, mut told) = (Instant::now(), Instant::now());
    Box::new(move |totals, progress| {
        if begun.elapsed().as_secs() >= 1 && told.elapsed().as_millis() >= 200 {
            told = Instant::now();
            let share = progress.read.saturating_mul(100).checked_div(progress.total).unwrap_or(0);
            eprint!("\r{share:3} %  {} packets\x1b[K\r", totals.packets);
        }
        Go::On
    })
}

fn write_all(run: &Run, harvest: &Harvest, rules: &Judge, json: Option<Sheet>) -> Result<(), Failure> {
    if let Some(mut sheet) = json {
        for record in shown(run, harvest) {
            sheet.write(|out| report::json::flow(out, &record, |id| rules.text(id)))?;
        }
        sheet.write(|out| report::json::stats(out, &harvest.totals()))?;
        sheet.finish()?;
    }
    if let Some(path) = &run.outputs.csv {
        let mut sheet = Sheet::create(path)?;
        sheet.write(|out| report::csv::flows(out, shown(run, harvest)))?;
        sheet.finish()?;
    }
    let default = run.outputs.json.is_none() && run.outputs.csv.is_none() && !run.quiet && !standard_is_taken(run);
    let report = run.outputs.report.clone().or_else(|| default.then(|| ("-".into(), ReportFormat::Text)));
    if let Some((path, format)) = report {
        let mut sheet = Sheet::create(&path)?;
        let report = Report::of(harvest, rules, &run.thresholds, run.no_names);
        sheet.write(|out| match format {
            ReportFormat::Text => report::text::write(out, &report),
            ReportFormat::Markdown => report::markdown::write(out, &report),
            ReportFormat::Json => report::summary_json::write(out, &report),
        })?;
        sheet.finish()?;
    }
    Ok(())
}

/// The records that `--filter` shows.
fn shown<'a>(run: &Run, harvest: &'a Harvest) -> impl Iterator<Item = FlowRecord<'a>> {
    let filter = run.shown.as_deref().and_then(|text| Filter::parse(text).ok()); // checked when it was resolved
    harvest.records().filter(move |record| filter.as_ref().is_none_or(|f| f.matches(&record.row())))
}

/// Whether packets go to standard output, so that nothing else may.
fn standard_is_taken(run: &Run) -> bool {
    [&run.outputs.forwarded, &run.outputs.dropped].into_iter().flatten().any(|p| p.as_os_str() == "-")
}

//! Exports from the screen: the capture is read again and split by verdicts; reports come from the same reading.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hashbrown::HashSet;

use super::collector::Collector;
use super::recount;
use crate::classify::Knowledge;
use crate::config::Run;
use crate::engine::board::Board;
use crate::engine::judge::{Decided, Judge};
use crate::engine::snapshot::ExportWhat;
use crate::export::atomic::{Existing, Output};
use crate::export::split::Split;
use crate::report::{self, Report};
use crate::rules::RuleSet;
use crate::text;

/// What to write.
pub(super) enum Job {
    Packets { what: ExportWhat, path: PathBuf, overwrite: bool },
    Report { format: String, path: PathBuf, overwrite: bool },
}

/// What an export needs of the collector, taken when it is asked for.
pub(super) struct Setting {
    run: Run,
    knowledge: Arc<Knowledge>,
    rules: Arc<RuleSet>,
    shown: HashSet<u64>,
}

impl Setting {
    pub fn new(collector: &Collector) -> Self {
        Self {
            run: collector.run.clone(),
            knowledge: Arc::clone(&collector.knowledge),
            rules: Arc::clone(&collector.rules),
            shown: shown(&collector.board),
        }
    }
}

fn shown(board: &Board) -> HashSet<u64> {
    board.rows.iter().filter(|r| r.shown).map(|r| r.id).collect()
}

/// Writes; the answer is one sentence either way.
pub(super) fn run(job: Job, setting: Setting) -> Result<String, String> {
    if !setting.run.can_reread() {
        return Err("standard input cannot be read again, so nothing can be written from it: save it to a file first"
            .to_owned());
    }
    match job {
        Job::Packets { what, path, overwrite } => packets(&what, &path, existing(overwrite), setting),
        Job::Report { format, path, overwrite } => report_to(&format, &path, existing(overwrite), setting),
    }
}

fn existing(overwrite: bool) -> Existing {
    if overwrite { Existing::Replace } else { Existing::Keep }
}

fn packets(what: &ExportWhat, path: &Path, existing: Existing, setting: Setting) -> Result<String, String> {
    if setting.run.files.iter().any(|input| same_file(input, path)) {
        return Err(format!("{} is being read: choose another name", path.display()));
    }
    let only = |flows: HashSet<u64>| Judge::with_decided(Arc::default(), Decided::Only(flows));
    let judge = match what {
        ExportWhat::Forwarded | ExportWhat::Dropped => Judge::new(setting.rules),
        ExportWhat::Shown(_) => only(setting.shown),
        ExportWhat::Flow(id) => only(std::iter::once(*id).collect()),
    };
    let (forwarded, dropped) =
        if matches!(what, ExportWhat::Dropped) { (None, Some(path)) } else { (Some(path), None) };
    let sink = Split::create_with(forwarded, dropped, existing).map_err(|e| e.to_string())?;
    let job = recount::Job { run: setting.run, knowledge: setting.knowledge, judge, sink: Some(Box::new(sink)) };
    let harvest = recount::run(job, &Arc::new(AtomicBool::new(false)))?;
    let totals = harvest.totals();
    let written = if dropped.is_some() { totals.dropped } else { totals.forwarded };
    Ok(format!("{} packets written to {}", text::count(written), path.display()))
}

fn same_file(a: &Path, b: &Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}

fn report_to(format: &str, path: &Path, existing: Existing, setting: Setting) -> Result<String, String> {
    let output = Output::create(path, existing).map_err(|e| e.to_string())?;
    let (judge, no_names, thresholds) = (Judge::new(setting.rules), setting.run.no_names, setting.run.thresholds);
    let job = recount::Job { run: setting.run, knowledge: setting.knowledge, judge: judge.clone(), sink: None };
    let harvest = recount::run(job, &Arc::new(AtomicBool::new(false)))?;
    let report = Report::of(&harvest, &judge, &thresholds, no_names);
    let mut out = BufWriter::new(output);
    let written = match format {
        "markdown" => report::markdown::write(&mut out, &report),
        "json" => report::summary_json::write(&mut out, &report),
        _ => report::text::write(&mut out, &report),
    };
    written.and_then(|()| out.flush()).map_err(|e| format!("{}: cannot write: {e}", path.display()))?;
    out.into_parts().0.finish().map_err(|e| e.to_string())?;
    Ok(format!("report written to {}", path.display()))
}

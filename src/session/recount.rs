//! Reading a capture again in the background, with the rules as they are now.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::collector::Collector;
use crate::classify::Knowledge;
use crate::config::Run;
use crate::engine::filter::PacketFilter;
use crate::engine::harvest::Harvest;
use crate::engine::judge::Judge;
use crate::engine::pipeline::{Pipeline, Setup};
use crate::engine::reader::Go;
use crate::engine::source;
use crate::engine::writer::PacketSink;
use crate::rules::RuleSet;

/// What to read again, and how.
pub(super) struct Job {
    pub run: Run,
    pub knowledge: Arc<Knowledge>,
    pub judge: Judge,
    pub sink: Option<Box<dyn PacketSink>>,
}

impl Job {
    pub fn new(collector: &Collector) -> Self {
        let rules: Arc<RuleSet> = Arc::clone(&collector.rules);
        Self {
            run: collector.run.clone(),
            knowledge: Arc::clone(&collector.knowledge),
            judge: Judge::new(rules),
            sink: None,
        }
    }
}

/// Reads to the end, or until told to stop.
pub(super) fn run(job: Job, stop: &Arc<AtomicBool>) -> Result<Harvest, String> {
    let source = source::open(&job.run.files).map_err(|e| e.to_string())?;
    let filter = Some(job.run.capture_filter.as_str()).filter(|f| !f.is_empty()).map(PacketFilter::new).transpose()?;
    let stop = Arc::clone(stop);
    let setup = Setup {
        source,
        knowledge: Arc::clone(&job.knowledge),
        judge: job.judge,
        workers: job.run.workers,
        max_flows: job.run.max_flows,
        idle_timeout: job.run.idle_timeout,
        count: job.run.count,
        filter,
        sink: job.sink,
        screen: None,
        control: Box::new(move |_, _| if stop.load(Ordering::Relaxed) { Go::Stop } else { Go::On }),
    };
    let pipeline = Pipeline::start(setup).map_err(|e| format!("cannot start threads: {e}"))?;
    Harvest::gather(pipeline, job.knowledge, |_| Ok(())).map_err(|e| e.text)
}

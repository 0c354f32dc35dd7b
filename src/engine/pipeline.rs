//! Threads and queues: one reader, some workers, perhaps a writer, and whoever collects.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, bounded};

use super::filter::PacketFilter;
use super::judge::Judge;
use super::reader::{ReadEnd, Reader, Watch};
use super::source::Source;
use super::timeline::Bins;
use super::tracker::{Settings, Tracker};
use super::worker::{FromWorker, Worker};
use super::writer::{self, PacketSink, SinkError};
use crate::classify::Knowledge;

/// How a run is set up.
pub struct Setup {
    /// Where packets come from.
    pub source: Box<dyn Source>,
    /// What names come from.
    pub knowledge: Arc<Knowledge>,
    /// The rules.
    pub judge: Judge,
    /// Worker threads, at least one.
    pub workers: usize,
    /// Flows in all tables together at most.
    pub max_flows: usize,
    /// Nanoseconds without a packet after which a flow ends; `None` for never.
    pub idle_timeout: Option<i64>,
    /// Packets at most.
    pub count: Option<u64>,
    /// Capture filter.
    pub filter: Option<PacketFilter>,
    /// Where packets go.
    pub sink: Option<Box<dyn PacketSink>>,
    /// Ticks of the screen, and the flow it has open.
    pub screen: Option<(Arc<AtomicU64>, Arc<AtomicU64>)>,
    /// Hears of progress after each chunk and says whether to go on.
    pub control: Watch,
}

/// A run under way.
pub struct Pipeline {
    /// What the workers send.
    pub inbox: Receiver<FromWorker>,
    reader: JoinHandle<ReadEnd>,
    workers: Vec<JoinHandle<()>>,
    writer: Option<JoinHandle<Result<(), SinkError>>>,
}

/// Chunks that wait for one worker.
const QUEUE: usize = 4;

impl Pipeline {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start(setup: Setup) -> std::io::Result<Self> {
        let workers = setup.workers.max(1);
        // Bounded: when flows are put out faster than they are written, the workers wait.
        let (to_collector, inbox) = bounded(workers * QUEUE);
        let (give_back, returned) = bounded(workers * (QUEUE + 2));
        let (to_writer, writer) = match setup.sink {
            Some(sink) => {
                let (sender, receiver) = bounded(workers * QUEUE * 4);
                (Some(sender), Some(spawn("writer", move || writer::run(&receiver, sink))?))
            }
            None => (None, None),
        };
        let (mut queues, mut handles) = (Vec::new(), Vec::new());
        let settings = Settings { max_flows: setup.max_flows.div_ceil(workers), idle_timeout: setup.idle_timeout };
        let (tick, open) = setup.screen.map_or_else(Default::default, |(tick, open)| (Some(tick), open));
        for place in 0..workers {
            let (queue, batches) = bounded(QUEUE);
            queues.push(queue);
            let mut tracker = Tracker::new(Arc::clone(&setup.knowledge), setup.judge.clone(), settings);
            tracker.timeline = tick.as_ref().map(|_| Bins::default());
            let worker = Worker {
                place,
                tracker,
                batches,
                returned: give_back.clone(),
                collector: to_collector.clone(),
                writer: to_writer.clone(),
                tick: tick.clone(),
                open: Arc::clone(&open),
            };
            handles.push(spawn(&format!("worker-{place}"), move || worker.run())?);
        }
        let reader = Reader {
            source: setup.source,
            filter: setup.filter,
            count: setup.count,
            workers: queues,
            returned,
            writer: to_writer,
            control: setup.control,
        };
        let reader = spawn("reader", move || reader.run())?;
        Ok(Self { inbox, reader, workers: handles, writer })
    }

    /// Waits for the threads, once the inbox has closed.
    ///
    /// # Errors
    /// What could not be written, or which thread failed.
    pub fn finish(self) -> Result<ReadEnd, SinkError> {
        let failed = |name: &str| SinkError {
            text: format!("the {name} thread failed: this is a defect, please report it"),
            closed_pipe: false,
        };
        let end = self.reader.join().map_err(|_| failed("reader"))?;
        for worker in self.workers {
            worker.join().map_err(|_| failed("worker"))?;
        }
        if let Some(writer) = self.writer {
            writer.join().map_err(|_| failed("writer"))??;
        }
        Ok(end)
    }
}

fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<JoinHandle<T>> {
    thread::Builder::new().name(name.to_owned()).spawn(work)
}

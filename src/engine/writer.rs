//! The writer thread: puts packets back into the order in which they came, and writes each to where its verdict says.

use std::sync::Arc;

use crossbeam_channel::Receiver;
use hashbrown::HashMap;

use super::source::{Chunk, Interface, Record};

/// What the writer is told.
pub enum ToWriter {
    /// A chunk was read; this many workers will judge packets of it.
    Chunk {
        /// Its number, from 0 without a hole (empty chunks are not announced).
        serial: u64,
        /// The bytes.
        bytes: Arc<Chunk>,
        /// Workers that will answer.
        answers: usize,
        /// Interfaces known so far.
        interfaces: Arc<[Interface]>,
    },
    /// The source has ended; these are all its interfaces.
    End(Arc<[Interface]>),
    /// A worker has judged its packets of a chunk.
    Verdicts {
        /// The chunk.
        serial: u64,
        /// Records that a rule stops.
        stopped: Vec<u32>,
    },
}

/// Why packets cannot be written on.
#[derive(Debug, Clone)]
pub struct SinkError {
    /// One sentence.
    pub text: String,
    /// Whether the reader of a pipe went away, which is the end and no trouble.
    pub closed_pipe: bool,
}

/// Where packets go.
pub trait PacketSink: Send {
    /// Takes one packet; `stopped` tells whether a rule stops it.
    ///
    /// # Errors
    /// A sentence that says what could not be written.
    fn packet(
        &mut self,
        record: &Record,
        data: &[u8],
        interfaces: &[Interface],
        stopped: bool,
    ) -> Result<(), SinkError>;

    /// Everything was written; `interfaces` are all that were seen.
    ///
    /// # Errors
    /// A sentence that says what could not be written.
    fn finish(self: Box<Self>, interfaces: &[Interface]) -> Result<(), SinkError>;
}

/// A chunk that waits for verdicts.
#[derive(Default)]
struct Waiting {
    chunk: Option<(Arc<Chunk>, Arc<[Interface]>)>,
    missing: Option<usize>,
    answered: usize,
    stopped: Vec<u32>,
}

/// Writes until everybody has hung up.
///
/// # Errors
/// A sentence that says what could not be written.
pub fn run(inbox: &Receiver<ToWriter>, mut sink: Box<dyn PacketSink>) -> Result<(), SinkError> {
    let mut waiting: HashMap<u64, Waiting> = HashMap::new();
    let mut order = std::collections::VecDeque::new();
    let mut all: Arc<[Interface]> = Arc::default();
    for message in inbox {
        match message {
            ToWriter::Chunk { serial, bytes, answers, interfaces } => {
                let entry = waiting.entry(serial).or_default();
                entry.chunk = Some((bytes, interfaces));
                entry.missing = Some(answers);
                order.push_back(serial);
            }
            ToWriter::End(interfaces) => all = interfaces,
            ToWriter::Verdicts { serial, stopped } => {
                let entry = waiting.entry(serial).or_default();
                entry.answered += 1;
                entry.stopped.extend(stopped);
            }
        }
        while let Some(serial) = order.front()
            && waiting.get(serial).is_some_and(|w| w.missing == Some(w.answered))
        {
            if let Some(ready) = waiting.remove(serial) {
                write(ready, sink.as_mut())?;
            }
            order.pop_front();
        }
    }
    sink.finish(&all)
}

fn write(mut ready: Waiting, sink: &mut dyn PacketSink) -> Result<(), SinkError> {
    let Some((chunk, interfaces)) = ready.chunk else { return Ok(()) };
    ready.stopped.sort_unstable();
    let mut stopped = ready.stopped.iter().copied().peekable();
    for (place, record) in (0_u32..).zip(&chunk.records) {
        let falls = stopped.next_if_eq(&place).is_some();
        sink.packet(record, chunk.data(record), &interfaces, falls)?;
    }
    Ok(())
}

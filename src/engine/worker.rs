//! A worker thread: batches in, mail and verdicts out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::mailbox::Mailbox;
use super::reader::{Batch, Decoded};
use super::source::Chunk;
use super::tracker::{Arrived, Tracker};
use super::writer::ToWriter;

/// What a worker sends to the collector.
pub enum FromWorker {
    /// Flows that ended and hints, as they come.
    Mail(Mailbox),
    /// What changed since the last tick.
    Update(super::rows::Update),
    /// The input has ended: everything it has.
    Done(usize, Box<Tracker>),
}

/// What a worker thread is made of.
pub struct Worker {
    /// Its place among the workers.
    pub place: usize,
    /// Its share of the traffic.
    pub tracker: Tracker,
    /// Its queue.
    pub batches: Receiver<Batch>,
    /// Where used batches go.
    pub returned: Sender<Batch>,
    /// The collector.
    pub collector: Sender<FromWorker>,
    /// The writer, if packets are written.
    pub writer: Option<Sender<ToWriter>>,
    /// Grows with each tick that the screen wants rows for; `None` without a screen.
    pub tick: Option<Arc<AtomicU64>>,
    /// The flow that the screen has open, by number; 0 for none.
    pub open: Arc<AtomicU64>,
}

impl Worker {
    /// Works until the queue closes.
    pub fn run(mut self) {
        let mut ticked = 0;
        loop {
            match self.batches.recv_timeout(PATIENCE) {
                Ok(batch) => self.batch(batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.send_mail();
            if let Some(tick) = &self.tick {
                let now = tick.load(Ordering::Relaxed);
                if now != ticked {
                    ticked = now;
                    self.send_rows();
                }
            }
        }
        if self.tick.is_some() {
            self.send_rows();
        }
        let _ = self.collector.send(FromWorker::Done(self.place, Box::new(self.tracker)));
    }

    fn batch(&mut self, mut batch: Batch) {
        let Some(chunk) = batch.bytes.take() else { return };
        let mut stopped = Vec::new();
        for packet in &batch.packets {
            let outcome = self.tracker.packet(&arrived(packet, &batch, &chunk));
            if outcome.stopped && self.writer.is_some() {
                stopped.push(packet.record);
            }
        }
        if let Some(writer) = &self.writer {
            let _ = writer.send(ToWriter::Verdicts { serial: batch.chunk, stopped });
        }
        drop(chunk); // so that it can be filled again
        let _ = self.returned.try_send(batch);
    }

    fn send_mail(&mut self) {
        if !self.tracker.mail.is_empty() {
            let _ = self.collector.send(FromWorker::Mail(self.tracker.mail.take()));
        }
    }

    fn send_rows(&mut self) {
        let open = self.open.load(Ordering::Relaxed);
        let update = super::rows::update(self.place, &mut self.tracker, open);
        let _ = self.collector.send(FromWorker::Update(update));
    }
}

fn arrived<'a>(packet: &'a Decoded, batch: &'a Batch, chunk: &'a Chunk) -> Arrived<'a> {
    let at = packet.headers.payload_at as usize;
    let (first, number) = (packet.carriers.0 as usize, packet.carriers.1 as usize);
    Arrived {
        number: packet.number,
        time: packet.time,
        wire: packet.wire,
        headers: &packet.headers,
        payload: chunk.bytes.get(at..at + packet.headers.payload_len as usize).unwrap_or_default(),
        carriers: batch.carriers.get(first..first + number).unwrap_or_default(),
        bare: false,
    }
}

/// How long an idle worker waits before it looks whether the screen wants something.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

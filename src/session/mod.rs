//! Floor 6: a run with a screen. One thread keeps the board, publishes snapshots, and carries out what keys ask for.
//!
//! A capture is read once while the panes fill. When the rules change it is read again in the background, so that a
//! rule added by key counts as if it had been there from the start; until then rows carry provisional marks.

mod collector;
mod export;
mod impact;
mod packets;
mod publish;
mod recount;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};

use crate::classify::Knowledge;
use crate::config::Run;
use crate::engine::snapshot::{ExportWhat, Impact, Monitor, Request, RuleSpec, Snapshot, View};
use crate::rules::RuleSet;

/// What the screen asks of the collector.
enum Ask {
    View(View),
    Request(Request),
    Impact(Vec<RuleSpec>, Sender<Vec<Impact>>),
    Estimate(ExportWhat, Sender<Option<(u64, u64)>>),
    Quit,
}

/// A run with a screen, as the screen sees it.
pub struct Session {
    newest: Arc<Mutex<Arc<Snapshot>>>,
    asks: Sender<Ask>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Session {
    /// Starts reading. Trouble with the source is found before this, by whoever opened it.
    ///
    /// # Errors
    /// The system has no more threads.
    pub fn start(
        run: Run,
        knowledge: Arc<Knowledge>,
        rules: Arc<RuleSet>,
        pipeline: collector::Started,
    ) -> io::Result<Self> {
        let newest = Arc::new(Mutex::new(Arc::default()));
        let (asks, inbox) = unbounded();
        let collector = collector::Collector::new(run, knowledge, rules, pipeline, Arc::clone(&newest), inbox);
        let thread = thread::Builder::new().name("collector".to_owned()).spawn(move || collector.run())?;
        Ok(Self { newest, asks, thread: Mutex::new(Some(thread)) })
    }

    /// Ends reading and waits for exports under way.
    pub fn stop(&self) {
        let _ = self.asks.send(Ask::Quit);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    fn ask<T>(&self, ask: impl FnOnce(Sender<T>) -> Ask) -> Option<T> {
        let (reply, answer) = bounded(1);
        self.asks.send(ask(reply)).ok()?;
        answer.recv_timeout(PATIENCE).ok()
    }
}

/// The screen does not wait longer than this for an answer.
const PATIENCE: Duration = Duration::from_millis(500);

impl Monitor for Session {
    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.newest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn view(&self, view: View) {
        let _ = self.asks.send(Ask::View(view));
    }

    fn request(&self, request: Request) {
        let _ = self.asks.send(Ask::Request(request));
    }

    fn impact(&self, specs: &[RuleSpec]) -> Vec<Impact> {
        let empty = || vec![Impact::default(); specs.len()];
        self.ask(|reply| Ask::Impact(specs.to_vec(), reply)).unwrap_or_else(empty)
    }

    fn estimate(&self, what: &ExportWhat) -> Option<(u64, u64)> {
        self.ask(|reply| Ask::Estimate(what.clone(), reply)).flatten()
    }
}

pub use collector::{Control, Started};

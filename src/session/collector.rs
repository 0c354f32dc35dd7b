//! The collector thread: what workers send goes onto the board, what keys ask for is done, snapshots come out.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, never, select, unbounded};

use super::packets::Reread;
use super::{Ask, export, impact, publish, recount};
use crate::classify::Knowledge;
use crate::config::Run;
use crate::engine::board::Board;
use crate::engine::harvest::{Harvest, carriers_of};
use crate::engine::pipeline::Pipeline;
use crate::engine::reader::ReadTotals;
use crate::engine::rows::{self, Update};
use crate::engine::snapshot::{FlowDetail, Notice, Request, RuleSpec, Snapshot, View, WorkerRow};
use crate::engine::source::Progress;
use crate::engine::timeline::Bins;
use crate::engine::tracker::Tracker;
use crate::engine::worker::FromWorker;
use crate::rules::{Origin, RuleId, RuleSet, Section};

/// What the reader tells while it reads, and what it is told.
#[derive(Debug, Default)]
pub struct Control {
    /// Stop reading.
    pub stop: AtomicBool,
    /// Stand still.
    pub pause: AtomicBool,
    /// Counters and how far the source was read.
    pub read: Mutex<(ReadTotals, Progress)>,
}

/// A pipeline that was started for a screen.
pub struct Started {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Its reader's control.
    pub control: Arc<Control>,
    /// Grows with each tick.
    pub tick: Arc<AtomicU64>,
    /// The flow that the screen has open.
    pub open: Arc<AtomicU64>,
}

/// One worker as last heard of.
#[derive(Default)]
pub(super) struct Heard {
    pub row: WorkerRow,
    pub counters: [u64; 4],
    pub timeline: Bins,
}

/// What happens on other threads and is told when it is over.
pub(super) enum Finished {
    Export(Result<String, String>),
    Recount(Box<Result<Harvest, String>>, u64),
    Packets(Reread),
}

pub(super) struct Collector {
    pub run: Run,
    pub knowledge: Arc<Knowledge>,
    pub rules: Arc<RuleSet>,
    pub board: Board,
    pub view: View,
    pub heard: Vec<Heard>,
    pub trackers: Vec<Tracker>,
    pub warnings: Vec<String>,
    pub notices: Vec<Notice>,
    pub loaded: bool,
    pub recounting: bool,
    pub detail: Option<Box<FlowDetail>>,
    pub reread: Option<Reread>,
    pub control: Arc<Control>,
    pub suspects: publish::Suspects,
    pub serial: u64,
    /// Grows when the rules change, so that an outdated recount is told from a current one.
    generation: u64,
    /// The generation whose rules the board's verdicts are of.
    counted: u64,
    recount_stop: Arc<AtomicBool>,
    pipeline: Option<Pipeline>,
    tick: Arc<AtomicU64>,
    open: Arc<AtomicU64>,
    newest: Arc<Mutex<Arc<Snapshot>>>,
    asks: Receiver<Ask>,
    finished: (Sender<Finished>, Receiver<Finished>),
    exports: usize,
    quitting: bool,
}

/// Snapshots come at most this often while packets come in.
const TICK: Duration = Duration::from_millis(100);
/// Notices kept.
const NOTICES: usize = 200;

impl Collector {
    pub fn new(
        run: Run,
        knowledge: Arc<Knowledge>,
        rules: Arc<RuleSet>,
        started: Started,
        newest: Arc<Mutex<Arc<Snapshot>>>,
        asks: Receiver<Ask>,
    ) -> Self {
        Self {
            board: Board::new(Arc::clone(&knowledge)),
            run,
            knowledge,
            rules,
            view: View { rows: 50, ..View::default() },
            heard: Vec::new(),
            trackers: Vec::new(),
            warnings: Vec::new(),
            notices: Vec::new(),
            loaded: false,
            recounting: false,
            detail: None,
            reread: None,
            control: started.control,
            suspects: publish::Suspects::default(),
            serial: 0,
            generation: 0,
            counted: 0,
            recount_stop: Arc::default(),
            pipeline: Some(started.pipeline),
            tick: started.tick,
            open: started.open,
            newest,
            asks,
            finished: unbounded(),
            exports: 0,
            quitting: false,
        }
    }

    /// Runs until the screen quits.
    pub fn run(mut self) {
        let mut published = Instant::now();
        let mut dirty = true;
        self.publish();
        while !self.quitting || self.exports > 0 {
            let inbox = self.pipeline.as_ref().map_or_else(never, |p| p.inbox.clone());
            let (asks, finished) = (self.asks.clone(), self.finished.1.clone());
            let wait = if self.pipeline.is_some() { TICK } else { Duration::from_secs(1) };
            let mut now = false;
            select! {
                recv(inbox) -> message => match message {
                    Ok(message) => { self.hear(message); dirty = true; }
                    Err(_) => { self.end(); now = true; }
                },
                recv(asks) -> ask => match ask {
                    Ok(ask) => now = self.answer(ask),
                    Err(_) => self.quitting = true,
                },
                recv(finished) -> done => if let Ok(done) = done { self.over(done); now = true; },
                default(wait) => {}
            }
            if now || (published.elapsed() >= TICK && (dirty || self.pipeline.is_some())) {
                self.publish();
                (published, dirty) = (Instant::now(), false);
            }
        }
        self.control.stop.store(true, Ordering::Relaxed);
        self.recount_stop.store(true, Ordering::Relaxed);
    }

    fn publish(&mut self) {
        self.tick.fetch_add(1, Ordering::Relaxed);
        let snapshot = Arc::new(publish::snapshot(self));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }

    fn hear(&mut self, message: FromWorker) {
        match message {
            FromWorker::Mail(mail) => {
                mail.names.into_iter().for_each(|hint| self.board.book.add(hint));
                for mut flow in mail.ended {
                    self.board.change(rows::change(&mut flow, &self.knowledge));
                }
            }
            FromWorker::Update(update) => self.update(update),
            FromWorker::Done(_, tracker) => self.trackers.push(*tracker),
        }
    }

    fn update(&mut self, update: Update) {
        if self.heard.len() <= update.place {
            self.heard.resize_with(update.place + 1, Heard::default);
        }
        if let Some(heard) = self.heard.get_mut(update.place) {
            *heard = Heard { row: update.worker, counters: update.counters, timeline: update.timeline };
        }
        update.rows.into_iter().for_each(|change| self.board.change(change));
        if let Some(detail) = update.detail {
            self.detail = Some(detail);
        }
    }

    /// The input has ended.
    fn end(&mut self) {
        let Some(pipeline) = self.pipeline.take() else { return };
        match pipeline.finish() {
            Ok(read) => {
                *self.control.read.lock().unwrap_or_else(PoisonError::into_inner) =
                    (read.totals, self.control.read.lock().map(|r| r.1).unwrap_or_default());
                self.warnings.extend(read.warnings);
            }
            Err(error) => self.warnings.push(error.text),
        }
        self.loaded = true;
        self.board.take_hints();
        self.add_carriers();
        self.refresh_detail();
        if self.counted != self.generation {
            self.recount();
        }
    }

    fn add_carriers(&mut self) {
        for (key, flow) in carriers_of(&self.trackers) {
            self.board.carrier(crate::engine::record::CARRIER_IDS + flow.first, key, &flow);
        }
    }

    /// Carries out what the screen asks; whether that wants a new snapshot at once.
    fn answer(&mut self, ask: Ask) -> bool {
        match ask {
            Ask::View(view) => self.look(view),
            Ask::Request(request) => self.request(request),
            Ask::Impact(specs, reply) => {
                let _ = reply.send(impact::of(&self.board, &*self.knowledge, &specs));
                return false;
            }
            Ask::Estimate(what, reply) => {
                let _ = reply.send(Some(impact::estimate(&self.board, &what)));
                return false;
            }
            Ask::Quit => self.quitting = true,
        }
        true
    }

    fn look(&mut self, view: View) {
        let same = |a: &Option<Arc<_>>, b: &Option<Arc<_>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if !same(&self.view.filter, &view.filter) {
            self.board.set_filter(view.filter.clone());
        }
        let opened = self.view.open != view.open;
        self.view = view;
        if opened {
            self.open.store(self.view.open.unwrap_or(0), Ordering::Relaxed);
            (self.detail, self.reread) = (None, None);
            self.refresh_detail();
            self.read_packets();
        }
    }

    /// Once the input has ended, details come straight from the flow.
    fn refresh_detail(&mut self) {
        let Some(id) = self.view.open.filter(|_| self.loaded) else { return };
        let flow = self.trackers.iter().flat_map(|t| t.table.iter()).find(|(_, f)| f.first == id);
        self.detail = flow.map(|(_, f)| Box::new(rows::detail(f, true, &self.knowledge, &self.board.book)));
    }

    fn read_packets(&mut self) {
        let Some(row) = self.view.open.and_then(|id| self.board.row(id)) else { return };
        let (id, key, client_is_low) = (row.id, row.key, row.client_is_low);
        let (run, done) = (self.run.clone(), self.finished.0.clone());
        let read = move || {
            super::packets::read(&run, id, key, client_is_low, |reread| done.send(Finished::Packets(reread)).is_ok());
        };
        let _ = std::thread::Builder::new().name("packets".to_owned()).spawn(read);
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Block(spec) => self.block(&spec),
            Request::Unblock(id) => {
                self.change_rules("unblocked", |rules| rules.without(RuleId(id)).map_err(|e| e.to_string()))
            }
            Request::Enable(id, on) => {
                let what = if on { "rule acts" } else { "rule rests" };
                self.change_rules(what, |rules| rules.with_enabled(RuleId(id), on).map_err(|e| e.to_string()));
            }
            Request::SaveRules(path) => self.save_rules(path),
            Request::Export { what, path, overwrite } => self.export(export::Job::Packets { what, path, overwrite }),
            Request::Report { format, path, overwrite } => self.export(export::Job::Report { format, path, overwrite }),
            Request::Pause(on) => self.control.pause.store(on, Ordering::Relaxed),
        }
    }

    fn block(&mut self, spec: &RuleSpec) {
        let (section, entry) = section_and_entry(spec);
        let knowledge = Arc::clone(&self.knowledge);
        let text = format!("blocked {entry}");
        self.change_rules(&text, |rules| {
            rules.with(section, entry, Origin::Key, &*knowledge).map(|(rules, _)| rules).map_err(|e| e.to_string())
        });
    }

    fn change_rules(&mut self, done: &str, change: impl FnOnce(&RuleSet) -> Result<RuleSet, String>) {
        match change(&self.rules) {
            Ok(rules) => {
                self.rules = Arc::new(rules);
                self.generation += 1;
                impact::mark(&mut self.board, &self.rules);
                self.notice(false, done.to_owned());
                self.recount();
            }
            Err(sentence) => self.notice(true, sentence),
        }
    }

    /// Reads the capture again with the rules as they are now.
    fn recount(&mut self) {
        self.recount_stop.store(true, Ordering::Relaxed);
        if !self.loaded {
            return; // follows when the first reading is over
        }
        if !self.run.can_reread() {
            self.counted = self.generation;
            return self.notice(false, "standard input cannot be read again: marks only".to_owned());
        }
        self.recount_stop = Arc::default();
        self.recounting = true;
        let (job, stop) = (recount::Job::new(self), Arc::clone(&self.recount_stop));
        let (done, generation) = (self.finished.0.clone(), self.generation);
        let work = move || {
            let _ = done.send(Finished::Recount(Box::new(recount::run(job, &stop)), generation));
        };
        let _ = std::thread::Builder::new().name("recount".to_owned()).spawn(work);
    }

    fn save_rules(&mut self, path: PathBuf) {
        match crate::export::rules::save(&path, &self.rules) {
            Ok(()) => self.notice(false, format!("rules saved to {}", path.display())),
            Err(error) => self.notice(true, error.to_string()),
        }
    }

    fn export(&mut self, job: export::Job) {
        let setting = export::Setting::new(self);
        let done = self.finished.0.clone();
        self.exports += 1;
        let work = move || {
            let _ = done.send(Finished::Export(export::run(job, setting)));
        };
        if let Err(error) = std::thread::Builder::new().name("export".to_owned()).spawn(work) {
            self.exports -= 1;
            self.notice(true, format!("cannot start a thread: {error}"));
        }
    }

    /// Something on another thread is over.
    fn over(&mut self, done: Finished) {
        match done {
            Finished::Export(result) => {
                self.exports -= 1;
                match result {
                    Ok(text) => self.notice(false, text),
                    Err(text) => self.notice(true, text),
                }
            }
            Finished::Recount(result, generation) if generation == self.generation => {
                self.recounting = false;
                match *result {
                    Ok(harvest) => self.take_recount(harvest, generation),
                    Err(sentence) => self.notice(true, sentence),
                }
            }
            Finished::Recount(..) => {}
            Finished::Packets(reread) if Some(reread.id) == self.view.open => self.reread = Some(reread),
            Finished::Packets(_) => {}
        }
    }

    /// Puts what was counted anew in the place of what was there.
    fn take_recount(&mut self, harvest: Harvest, generation: u64) {
        let filter = self.board.filter().cloned();
        self.board = Board::new(Arc::clone(&self.knowledge));
        self.board.book = harvest.book;
        self.trackers = harvest.trackers;
        for (place, tracker) in self.trackers.iter_mut().enumerate() {
            let changes = rows::all(tracker);
            changes.into_iter().for_each(|change| self.board.change(change));
            if let Some(heard) = self.heard.get_mut(place) {
                heard.counters = rows::counters(tracker);
                heard.row = rows::worker_row(tracker);
            }
        }
        for mut flow in harvest.ended {
            self.board.change(rows::change(&mut flow, &self.knowledge));
        }
        for (key, flow) in &harvest.carriers {
            self.board.carrier(crate::engine::record::CARRIER_IDS + flow.first, *key, flow);
        }
        self.board.set_filter(filter);
        self.counted = generation;
        self.refresh_detail();
    }

    pub(super) fn notice(&mut self, error: bool, text: String) {
        let serial = self.notices.last().map_or(0, |n| n.serial) + 1;
        self.notices.push(Notice { serial, error, text });
        if self.notices.len() > NOTICES {
            self.notices.remove(0);
        }
    }
}

/// A rule as its section and entry.
pub(super) fn section_and_entry(spec: &RuleSpec) -> (Section, &str) {
    match spec {
        RuleSpec::App(entry) => (Section::BlockedApps, entry),
        RuleSpec::Domain(entry) => (Section::BlockedDomains, entry),
        RuleSpec::Address(entry) => (Section::BlockedIps, entry),
        RuleSpec::Port(entry) => (Section::BlockedPorts, entry),
    }
}

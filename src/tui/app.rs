//! The state of the screen, and how events change it. Nothing here draws, and nothing here touches the terminal.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyEvent, KeyEventKind};
use ratatui::layout::Rect;

use super::Options;
use super::detail::Detail;
use super::filters::Filters;
use super::keys::{Keymap, place};
use super::layout::{self, Plan};
use super::list::List;
use super::overlays::{Next, Overlay};
use super::panes::{BOARD, FLOWS, PANES};
use super::subject::Subject;
use super::theme::{Depth, Theme};
use super::toasts::Toasts;
use crate::engine::snapshot::{FlowId, FlowRow, Monitor, Snapshot, Sort, View};

/// What the loop must do for the screen, as the state cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chore {
    /// Put this into the clipboard.
    Copy(String),
    /// Draw everything anew.
    Redraw,
    /// Stop as a job of the shell.
    Suspend,
}

/// The state of the screen.
pub struct App {
    /// The engine.
    pub monitor: Arc<dyn Monitor>,
    /// How it was started.
    pub options: Options,
    /// The colours.
    pub theme: Theme,
    /// The keys.
    pub keys: Keymap,
    /// The snapshot shown.
    pub snapshot: Arc<Snapshot>,
    /// Whether the screen stands still while the engine goes on.
    pub frozen: bool,
    /// The view shown: a place in [`PANES`].
    pub view: usize,
    /// The pane of the dashboard that has the focus: a place in [`PANES`].
    pub board_focus: usize,
    /// The cursor of each pane.
    pub lists: Vec<List>,
    /// Domains whose hosts are shown.
    pub expanded: HashSet<Arc<str>>,
    /// What is shown of the flows.
    pub filters: Filters,
    /// Order of the flows.
    pub sort: Sort,
    /// Turned around.
    pub ascending: bool,
    /// The open flow.
    pub detail: Option<Detail>,
    /// What lies above everything and takes the keys.
    pub overlay: Option<Box<dyn Overlay>>,
    /// Short messages.
    pub toasts: Toasts,
    /// Where everything is, as of the last layout.
    pub plan: Plan,
    /// Size of the screen.
    pub area: Rect,
    /// Time since the start, as the loop tells it.
    pub now: Duration,
    /// Whether what is drawn is out of date.
    pub dirty: bool,
    /// Whether it is time to go.
    pub done: bool,
    /// For the loop.
    pub chores: Vec<Chore>,
    /// What the engine was last told to show.
    sent: Option<Sent>,
}

/// The parts of a view that can be compared.
#[derive(PartialEq)]
struct Sent {
    filter: String,
    sort: (Sort, bool),
    rows: (u64, u64),
    selected: Option<FlowId>,
    open: Option<FlowId>,
}

impl App {
    /// The state at the start.
    #[must_use]
    pub fn new(monitor: Arc<dyn Monitor>, options: Options) -> Self {
        let depth = if options.no_color { Depth::None } else { Depth::of_environment() };
        let snapshot = monitor.snapshot();
        let theme = Theme::new(options.theme.as_deref(), depth);
        let mut app = Self {
            monitor,
            theme,
            options,
            keys: Keymap::default(),
            frozen: false,
            view: BOARD,
            board_focus: FLOWS,
            lists: vec![List::default(); PANES.len()],
            expanded: HashSet::new(),
            filters: Filters::default(),
            sort: if snapshot.source.live { Sort::Rate } else { Sort::Bytes },
            ascending: false,
            detail: None,
            overlay: None,
            toasts: Toasts::starting_after(&snapshot),
            plan: Plan::default(),
            area: Rect::new(0, 0, 80, 24),
            now: Duration::ZERO,
            dirty: true,
            done: false,
            chores: Vec::new(),
            sent: None,
            snapshot,
        };
        if let Some(text) = app.options.filter.clone()
            && let Err(error) = app.filters.set_typed(&text)
        {
            app.complain(error.to_string());
        }
        app.tell_engine();
        app
    }

    /// Takes one event of the terminal.
    pub fn event(&mut self, event: Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
            Event::Paste(text) => self.with_overlay(|overlay, app| overlay.paste(&text, app)),
            Event::Mouse(mouse) => super::mouse::event(self, mouse),
            Event::Resize(..) => self.dirty = true,
            _ => return,
        }
        self.tell_engine();
    }

    fn key(&mut self, key: KeyEvent) {
        self.dirty = true;
        // Ctrl-C goes away from wherever one is, and types nothing.
        if super::keys::is_interrupt(&key) {
            self.done = true;
        } else if self.overlay.is_some() {
            self.with_overlay(|overlay, app| overlay.key(key, app));
        } else if let Some(action) = self.keys.action(&key, self.places()) {
            super::actions::act(self, action);
        }
    }

    /// Lets the overlay work on the state it lies above; it may put another in its place.
    fn with_overlay(&mut self, work: impl FnOnce(&mut dyn Overlay, &mut Self) -> Next) {
        if let Some(mut overlay) = self.overlay.take() {
            self.dirty = true;
            if work(overlay.as_mut(), self) == Next::Stay && self.overlay.is_none() {
                self.overlay = Some(overlay);
            }
        }
    }

    /// Takes the newest snapshot, if it is new.
    pub fn refresh(&mut self) {
        let newest = self.monitor.snapshot();
        if newest.serial == self.snapshot.serial {
            return;
        }
        self.toasts.read(&newest, self.now);
        if self.frozen {
            // Counters stand still, but one can still look around in the flows.
            let parts = (newest.window.clone(), newest.detail.clone(), newest.serial);
            let mut still = Snapshot::clone(&self.snapshot);
            (still.window, still.detail, still.serial) = parts;
            self.snapshot = Arc::new(still);
        } else {
            self.snapshot = newest;
        }
        self.follow();
        self.dirty = true;
        self.tell_engine();
    }

    /// Lets time pass; messages go.
    pub fn tick(&mut self, now: Duration) {
        self.now = now;
        self.dirty |= self.toasts.expire(now);
    }

    /// Keeps every cursor on its row.
    fn follow(&mut self) {
        let snapshot = self.snapshot.clone();
        let mut lists = std::mem::take(&mut self.lists);
        for (at, (list, pane)) in lists.iter_mut().zip(PANES).enumerate() {
            if at == FLOWS {
                follow_flow(list, &snapshot.window);
            } else {
                list.follow(pane.rows(self), |row| pane.key(self, row));
            }
        }
        self.lists = lists;
        if let Some(detail) = &mut self.detail {
            detail.follow(&snapshot);
        }
    }

    /// Lays out the screen for a size, and scrolls every list so that its cursor is shown.
    pub fn arrange(&mut self, area: Rect) {
        self.area = area;
        self.plan = layout::plan(self, area);
        for slot in self.plan.slots.clone() {
            let Some(pane) = PANES.get(slot.pane) else { continue };
            let (rows, head) = (pane.rows(self), pane.head(slot.full));
            if let Some(list) = self.lists.get_mut(slot.pane) {
                list.arrange(slot.area.height.saturating_sub(head).into(), rows);
            }
        }
        if let Some(mut detail) = self.detail.take() {
            detail.arrange(self, self.plan.body);
            self.detail = Some(detail);
        }
        self.tell_engine();
    }

    /// Tells the engine what to show, if that has changed.
    pub fn tell_engine(&mut self) {
        let list = self.list(FLOWS);
        // Never none, even while the terminal does not yet know its size.
        let page = list.page.max(usize::from(self.area.height)).max(50) as u64;
        let wish = Sent {
            filter: self.filters.text(),
            sort: (self.sort, self.ascending),
            // A page before and a page after: scrolling shows at once what was never asked for.
            rows: ((list.top as u64).saturating_sub(page), page * 3),
            selected: list.key,
            open: self.detail.as_ref().map(|d| d.row.id),
        };
        if self.sent.as_ref() != Some(&wish) {
            self.monitor.view(View {
                filter: self.filters.filter(),
                sort: wish.sort.0,
                ascending: wish.sort.1,
                offset: wish.rows.0,
                rows: wish.rows.1,
                selected: wish.selected,
                open: wish.open,
            });
            self.sent = Some(wish);
        }
    }

    /// The cursor of a pane.
    #[must_use]
    pub fn list(&self, pane: usize) -> List {
        self.lists.get(pane).copied().unwrap_or_default()
    }

    /// The pane that has the focus: a place in [`PANES`].
    #[must_use]
    pub fn focus(&self) -> usize {
        if self.view == BOARD { self.board_focus } else { self.view }
    }

    /// The kinds of place where we are: see [`place`].
    #[must_use]
    pub fn places(&self) -> u8 {
        if self.detail.is_some() {
            return place::DETAIL;
        }
        let board = if self.view == BOARD { place::BOARD } else { 0 };
        board | PANES.get(self.focus()).map_or(0, |pane| pane.place())
    }

    /// What is selected.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        if let Some(detail) = &self.detail {
            return Some(Subject::Flow(detail.row.clone()));
        }
        let focus = self.focus();
        PANES.get(focus)?.subject(self, self.list(focus).cursor)
    }

    /// The flow at a place among those that the filter shows, if the snapshot has it.
    #[must_use]
    pub fn flow(&self, row: usize) -> Option<&Arc<FlowRow>> {
        let window = &self.snapshot.window;
        window.rows.get(usize::try_from((row as u64).checked_sub(window.offset)?).ok()?)
    }

    /// The newest rule made with a key: what `u` takes back.
    #[must_use]
    pub fn undoable(&self) -> Option<u32> {
        self.snapshot.rules.iter().filter(|r| r.origin == "key").map(|r| r.id).max()
    }

    /// Shows a message of the screen's own.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toasts.say(text.into(), false, self.now);
    }

    /// Shows what went wrong.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toasts.say(text.into(), true, self.now);
    }
}

/// Keeps the cursor on its flow. The window may still answer an older view: what it says about the selected flow is
/// taken only where it cannot be about another.
fn follow_flow(list: &mut List, window: &crate::engine::snapshot::Window) {
    let len = usize::try_from(window.matching).unwrap_or(usize::MAX);
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let row_at = |at: usize| window.rows.get(place((at as u64).checked_sub(window.offset)?));
    if let Some(key) = list.key.filter(|key| row_at(list.cursor).is_none_or(|row| row.id != *key)) {
        let here = window.rows.iter().position(|row| row.id == key);
        let moved = here.map(|i| place(window.offset + i as u64));
        let told = window.selected.map(place).filter(|at| row_at(*at).is_none());
        list.cursor = moved.or(told).unwrap_or(list.cursor);
        if moved.or(told).is_none() {
            // Filtered away: the cursor stays where it is, on another flow.
            list.key = None;
        }
    }
    list.cursor = list.cursor.min(len.saturating_sub(1));
    if list.pinned && list.key.is_none() {
        list.key = row_at(list.cursor).map(|row| row.id);
    }
}

//! The open flow: what it is, why it has its name, its facts, its packets and their bytes.

mod about;
mod bytes;
mod packets;

use std::sync::Arc;

use ratatui::layout::Rect;

use super::app::App;
use super::keys::Action;
use super::layout;
use super::list::List;
use super::panes::FLOWS;
use super::pen::Pen;
use super::table;
use super::theme::Role;
use crate::engine::snapshot::{FlowDetail, FlowRow, PacketRow, Snapshot};

/// A part of the flow view that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Identity, evidence, risks, facts.
    About,
    /// The packet list.
    Packets,
    /// The bytes of the selected packet, or the stream as text.
    Bytes,
}

const PARTS: [Part; 3] = [Part::About, Part::Packets, Part::Bytes];

/// The open flow.
#[derive(Debug, Clone)]
pub struct Detail {
    /// Its row, as last seen.
    pub row: Arc<FlowRow>,
    /// Whether it was closed.
    pub closed: bool,
    info: Option<Arc<FlowDetail>>,
    focus: Part,
    about: Scroll,
    packets: List,
    bytes: Scroll,
    stream: bool,
    areas: Areas,
}

/// Text to scroll.
#[derive(Debug, Clone, Copy, Default)]
struct Scroll {
    top: usize,
    page: usize,
    lines: usize,
}

impl Scroll {
    fn arrange(&mut self, page: usize, lines: usize) {
        (self.page, self.lines) = (page, lines);
        self.top = self.top.min(lines.saturating_sub(page));
    }

    fn act(&mut self, action: Action) {
        let page = isize::try_from(self.page.max(2) - 1).unwrap_or(1);
        let step = |by| self.top.saturating_add_signed(by);
        self.top = match action {
            Action::Up => step(-1),
            Action::Down => step(1),
            Action::PageUp => step(-page),
            Action::PageDown => step(page),
            Action::Home => 0,
            _ => usize::MAX,
        };
        self.top = self.top.min(self.lines.saturating_sub(self.page));
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Areas {
    head: Rect,
    about: Rect,
    packets: Rect,
    bytes: Rect,
}

impl Detail {
    /// Opens a flow.
    #[must_use]
    pub fn new(row: Arc<FlowRow>) -> Self {
        Self {
            row,
            closed: false,
            info: None,
            focus: Part::About,
            about: Scroll::default(),
            packets: List::default(),
            bytes: Scroll::default(),
            stream: false,
            areas: Areas::default(),
        }
    }

    /// Takes what a new snapshot says about the flow.
    pub fn follow(&mut self, snapshot: &Snapshot) {
        if let Some(row) = snapshot.window.rows.iter().find(|row| row.id == self.row.id) {
            self.row = row.clone();
        }
        if let Some(info) = snapshot.detail.as_ref().filter(|info| info.row.id == self.row.id) {
            self.row = Arc::new(info.row.clone());
            self.info = Some(info.clone());
        }
    }

    fn list(&self) -> &[PacketRow] {
        self.info.as_ref().map_or(&[], |info| info.packets.as_slice())
    }

    fn packet(&self) -> Option<&PacketRow> {
        self.list().get(self.packets.cursor)
    }

    /// Does what a key means in the flow view. Whether it means something here.
    pub fn act(&mut self, app: &mut App, action: Action) -> bool {
        match action {
            Action::Back | Action::Left if action == Action::Back || self.focus == Part::About => self.closed = true,
            Action::NextPane | Action::Right | Action::Open => self.turn(1),
            Action::PreviousPane | Action::Left => self.turn(2),
            Action::NextFlow => self.neighbour(app, 1),
            Action::PreviousFlow => self.neighbour(app, -1),
            Action::Stream => {
                self.stream = !self.stream;
                self.bytes.top = 0;
                self.focus = Part::Bytes;
            }
            Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Home | Action::End => {
                self.scroll(action);
            }
            _ => return false,
        }
        true
    }

    fn turn(&mut self, by: usize) {
        let at = PARTS.iter().position(|part| *part == self.focus).unwrap_or(0);
        self.focus = PARTS.get((at + by) % PARTS.len()).copied().unwrap_or(Part::About);
    }

    fn scroll(&mut self, action: Action) {
        match self.focus {
            Part::About => self.about.act(action),
            Part::Bytes => self.bytes.act(action),
            Part::Packets => {
                let len = self.list().len();
                let page = isize::try_from(self.packets.page.max(2) - 1).unwrap_or(1);
                match action {
                    Action::Up => self.packets.step(-1, len),
                    Action::Down => self.packets.step(1, len),
                    Action::PageUp => self.packets.step(-page, len),
                    Action::PageDown => self.packets.step(page, len),
                    Action::Home => self.packets.home(),
                    _ => self.packets.go(usize::MAX, len),
                }
                if !self.stream {
                    self.bytes.top = 0;
                }
            }
        }
    }

    /// Opens the flow before or after this one in the list.
    fn neighbour(&mut self, app: &mut App, by: isize) {
        let rows = usize::try_from(app.snapshot.window.matching).unwrap_or(usize::MAX);
        let Some(list) = app.lists.get_mut(FLOWS) else { return };
        list.step(by, rows);
        let cursor = list.cursor;
        let Some(row) = app.flow(cursor).cloned() else { return };
        if let Some(list) = app.lists.get_mut(FLOWS) {
            list.key = Some(row.id);
        }
        let (focus, stream) = (self.focus, self.stream);
        *self = Self { focus, stream, ..Self::new(row) };
    }

    /// Lays out the parts: side by side where there is room, else one after the other with Tab.
    pub fn arrange(&mut self, app: &App, body: Rect) {
        let mut rest = body;
        let mut areas = Areas { head: layout::top(&mut rest, 1 + u16::from(body.height >= 16)), ..Areas::default() };
        let wide = body.width >= 110 && body.height >= 16;
        if wide {
            // Sixteen bytes a line need 71 columns, if they can be had.
            let right = (rest.width * 54 / 100).max(71).min(rest.width.saturating_sub(42));
            areas.about = Rect { width: rest.width.saturating_sub(right + 2), ..rest };
            let x = areas.about.right() + 2;
            rest = Rect { x, width: rest.right().saturating_sub(x), ..rest };
        } else if self.focus == Part::About {
            areas.about = std::mem::take(&mut rest);
        }
        if rest.height >= 13 {
            let high = rest.height * 45 / 100;
            areas.packets = layout::top(&mut rest, high);
            layout::top(&mut rest, 1);
            areas.bytes = rest;
        } else if self.focus == Part::Packets {
            areas.packets = rest;
        } else {
            areas.bytes = rest;
        }
        self.areas = areas;
        let about = about::lines(self, app, areas.about.width).len();
        self.about.arrange(areas.about.height.into(), about);
        let len = self.list().len();
        self.packets.arrange(areas.packets.height.saturating_sub(2).into(), len);
        let bytes = if self.stream { bytes::stream(self.list(), areas.bytes.width).len() } else { self.hex_lines() };
        self.bytes.arrange(areas.bytes.height.saturating_sub(1).into(), bytes);
    }

    fn hex_lines(&self) -> usize {
        let len = self.packet().map_or(0, |p| p.bytes.len());
        len.div_ceil(bytes::per_line(self.areas.bytes.width))
    }

    /// Draws the flow view.
    pub fn draw(&self, app: &App, pen: &mut Pen) {
        self.draw_head(app, &mut pen.on(self.areas.head));
        about::draw(self, app, &mut pen.on(self.areas.about));
        packets::draw(self, &mut pen.on(self.areas.packets));
        let mut pen = pen.on(self.areas.bytes);
        if self.stream {
            bytes::draw_stream(self, &mut pen);
        } else {
            bytes::draw_hex(self, &mut pen);
        }
    }

    fn draw_head(&self, app: &App, pen: &mut Pen) {
        let row = &self.row;
        let label = row.app.as_deref().or(row.protocol.as_deref()).unwrap_or("not named yet");
        let guess = if row.guess { "?" } else { "" };
        let after = table::title(pen, true, &super::subject::name_of(row), "");
        let kind = app.theme.kind(row.category.as_deref().unwrap_or_default());
        let mut x = pen.text(after, 0, &format!("{label}{guess}"), kind) + 2;
        if let Some(rule) = row.rule {
            let words = app.snapshot.rules.iter().find(|r| r.id == rule).map(|r| r.text.as_str());
            x = pen.text(x, 0, &format!("⊘ stopped by {}", words.unwrap_or("a rule")), Role::Bad) + 2;
        }
        if row.risks > 0 {
            pen.text(x, 0, &format!("! {}", crate::text::plural(row.risks.into(), "risk")), Role::Warn);
        }
    }

    fn focused(&self, part: Part) -> bool {
        self.focus == part
    }
}

//! The registrable domains by bytes; each opens to the hosts below it.

use std::sync::Arc;

use super::{Pane, identity, nothing};
use crate::engine::snapshot::DomainRow;
use crate::tui::app::App;
use crate::tui::bars;
use crate::tui::keys::{Action, place};
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The domains.
pub struct Domains;

/// A domain, or one of its hosts.
struct Line {
    domain: Arc<str>,
    host: Option<Arc<str>>,
    flows: u64,
    bytes: u64,
    hosts: u64,
    blocked: u64,
}

impl Line {
    fn of(domain: &DomainRow) -> Self {
        let (flows, bytes, hosts) = (domain.flows, domain.bytes, domain.hosts.len() as u64);
        Self { domain: domain.domain.clone(), host: None, flows, bytes, hosts, blocked: domain.blocked }
    }

    fn below(domain: &DomainRow, (host, flows, bytes): &(Arc<str>, u64, u64)) -> Self {
        let host = Some(host.clone());
        Self { domain: domain.domain.clone(), host, flows: *flows, bytes: *bytes, hosts: 0, blocked: 0 }
    }
}

impl Pane for Domains {
    fn name(&self) -> &'static str {
        "Domains"
    }

    fn short(&self) -> &'static str {
        "Dom"
    }

    fn about(&self) -> &'static str {
        "Registrable domains by bytes; → shows the hosts of one"
    }

    fn place(&self) -> u8 {
        place::ITEMS
    }

    fn rows(&self, app: &App) -> usize {
        lines(app).count()
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        lines(app).nth(row).map_or(0, |line| identity((&line.domain, &line.host)))
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        lines(app).nth(row).map(|line| match line.host {
            Some(host) => Subject::Host(host),
            None => Subject::Domain(line.domain),
        })
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        let row = app.list(super::DOMAINS).cursor;
        let Some(domain) = lines(app).nth(row).map(|line| line.domain) else { return false };
        match action {
            Action::Right => app.expanded.insert(domain),
            Action::Left => close(app, &domain),
            _ => return false,
        };
        true
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        let list = app.list(super::DOMAINS);
        let rows = self.rows(app);
        let hint = if focused { "  → hosts" } else { "" };
        let amount = table::amount(app.snapshot.domains.len());
        let after = table::title(pen, focused, "Domains", &format!("{amount}{hint}"));
        if rows == 0 {
            table::empty(pen, 1 + u16::from(slot.full), &nothing(app, "domains"));
            return;
        }
        let columns = if slot.full { FULL } else { BOARD };
        let placed = table::place(columns, 3, pen.width());
        if slot.full {
            table::extent(pen, &list, rows, after);
        }
        table::headings_after(pen, self.head(slot.full) - 1, after, columns, &placed);
        let shown = list.shown(rows);
        for ((row, line), y) in lines(app).enumerate().skip(shown.start).take(shown.len()).zip(self.head(slot.full)..) {
            if row == list.cursor {
                table::cursor(pen, y, focused);
            }
            if line.blocked > 0 {
                pen.text(1, y, "⊘", Role::Bad);
            }
            draw_line(pen, y, columns, &placed, &line, app);
        }
    }
}

fn draw_line(pen: &mut Pen, y: u16, columns: &[Column<Line>], placed: &[table::Placed], line: &Line, app: &App) {
    for place in placed {
        let Some(column) = columns.get(place.column) else { continue };
        let cell = (column.cell)(line, app, place.width);
        match column.side {
            Side::Right => {
                pen.right(place.x + place.width, y, &cell.text, cell.ink);
            }
            _ if place.column == 0 => draw_name(pen, y, *place, line, app, cell),
            _ => {
                pen.within(place.x, y, place.width, &cell.text, cell.ink);
            }
        }
    }
}

fn draw_name(pen: &mut Pen, y: u16, place: table::Placed, line: &Line, app: &App, cell: Cell) {
    let indent = if line.host.is_some() { 4 } else { 2 };
    if line.host.is_none() && line.hosts > 0 {
        let open = app.expanded.contains(&line.domain);
        pen.text(place.x, y, if open { "▾" } else { "▸" }, Role::Dim);
    }
    pen.tail(place.x + indent, y, place.width.saturating_sub(indent), &cell.text, cell.ink);
}

/// The domains, with the hosts of those that are open.
fn lines(app: &App) -> impl Iterator<Item = Line> {
    app.snapshot.domains.iter().flat_map(|domain| {
        let hosts = if app.expanded.contains(&domain.domain) { domain.hosts.as_slice() } else { &[] };
        std::iter::once(Line::of(domain)).chain(hosts.iter().map(|host| Line::below(domain, host)))
    })
}

/// Closes a domain and puts the cursor on it.
fn close(app: &mut App, domain: &Arc<str>) -> bool {
    let closed = app.expanded.remove(domain);
    let at = lines(app).position(|line| line.domain == *domain).unwrap_or(0);
    let rows = lines(app).count();
    if let Some(list) = app.lists.get_mut(super::DOMAINS).filter(|_| closed) {
        list.go(at, rows);
    }
    crate::tui::actions::pin(app);
    closed
}

const NAME: Column<Line> =
    Column { title: "  Domain", min: 18, max: 50, rank: 0, side: Side::Tail, sort: None, cell: name };
const BAR: Column<Line> = Column { title: "", min: 8, max: 60, rank: 4, side: Side::Left, sort: None, cell: bar };
const FLOWS: Column<Line> =
    Column { title: "Flows", min: 5, max: 6, rank: 2, side: Side::Right, sort: None, cell: flows };
const BYTES: Column<Line> =
    Column { title: "Bytes", min: 5, max: 6, rank: 1, side: Side::Right, sort: None, cell: bytes };
const HOSTS: Column<Line> =
    Column { title: "Hosts", min: 5, max: 6, rank: 5, side: Side::Right, sort: None, cell: hosts };
const STOPPED: Column<Line> =
    Column { title: "Stopped", min: 7, max: 7, rank: 6, side: Side::Right, sort: None, cell: blocked };

static BOARD: &[Column<Line>] = &[NAME, BAR, FLOWS, BYTES];
static FULL: &[Column<Line>] = &[NAME, BAR, BYTES, FLOWS, HOSTS, STOPPED];

fn name<'r>(line: &'r Line, _: &App, _: u16) -> Cell<'r> {
    let dim = line.host.is_some() || line.blocked > 0;
    Cell::new(line.host.as_deref().unwrap_or(&line.domain), if dim { Role::Dim } else { Role::Text })
}

fn bar<'r>(line: &'r Line, app: &App, width: u16) -> Cell<'r> {
    let most = app.snapshot.domains.first().map_or(0, |first| first.bytes);
    Cell::new(bars::bar(line.bytes, most, width), if line.host.is_some() { Role::Faint } else { Role::Down })
}

fn flows<'r>(line: &'r Line, _: &App, _: u16) -> Cell<'r> {
    Cell::number(line.flows, Role::Dim)
}

fn bytes<'r>(line: &'r Line, _: &App, _: u16) -> Cell<'r> {
    Cell::number(line.bytes, if line.host.is_some() { Role::Dim } else { Role::Text })
}

fn hosts<'r>(line: &'r Line, _: &App, _: u16) -> Cell<'r> {
    or_nothing(line, line.hosts, Role::Dim)
}

fn blocked<'r>(line: &'r Line, _: &App, _: u16) -> Cell<'r> {
    or_nothing(line, line.blocked, Role::Bad)
}

/// What is known of domains alone.
fn or_nothing<'r>(line: &Line, number: u64, role: Role) -> Cell<'r> {
    if line.host.is_some() { Cell::new("", role) } else { Cell::number(number, role) }
}

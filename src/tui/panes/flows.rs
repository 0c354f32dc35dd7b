//! The flows: who talks to whom, about what, how much.

use super::{Pane, nothing};
use crate::engine::snapshot::{FlowRow, Sort};
use crate::text;
use crate::tui::app::App;
use crate::tui::keys::place;
use crate::tui::layout::Slot;
use crate::tui::overlays::sort::name_of as name_of_sort;
use crate::tui::pen::Pen;
use crate::tui::subject::{self, Subject};
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The flows.
pub struct Flows;

impl Pane for Flows {
    fn name(&self) -> &'static str {
        "Flows"
    }

    fn about(&self) -> &'static str {
        "Every connection: client, server or its name, app, bytes"
    }

    fn place(&self) -> u8 {
        place::FLOWS
    }

    fn head(&self, _full: bool) -> u16 {
        2
    }

    fn rows(&self, app: &App) -> usize {
        usize::try_from(app.snapshot.window.matching).unwrap_or(usize::MAX)
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        app.flow(row).map_or(0, |flow| flow.id)
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        app.flow(row).cloned().map(Subject::Flow)
    }

    fn draw(&self, app: &App, pen: &mut Pen, _slot: &Slot, focused: bool) {
        let list = app.list(super::FLOWS);
        let arrow = if app.ascending { '▲' } else { '▼' };
        let after = table::title(pen, focused, "Flows", &format!("by {} {arrow}", name_of_sort(app.sort)));
        let rows = self.rows(app);
        if rows == 0 {
            table::empty(pen, 2, &nothing(app, "flows"));
            return;
        }
        table::extent(pen, &list, rows, after);
        let columns = if app.snapshot.source.live { LIVE } else { FILE };
        let placed = table::place(columns, 3, pen.width());
        table::headings(pen, 1, columns, &placed, Some((app.sort, app.ascending)));
        // Until the engine answers for where we have scrolled to, what it last gave stays on the screen.
        let start = shown_from(app, list.top, list.page);
        for line in 0..list.page {
            let Some(flow) = app.flow(start + line) else { break };
            let y = 2 + u16::try_from(line).unwrap_or(u16::MAX);
            if start + line == list.cursor {
                table::cursor(pen, y, focused);
            }
            draw_mark(pen, y, flow);
            table::row(pen, y, columns, &placed, flow.as_ref(), app);
        }
    }
}

fn shown_from(app: &App, top: usize, page: usize) -> usize {
    let window = &app.snapshot.window;
    let first = usize::try_from(window.offset).unwrap_or(usize::MAX);
    let last = first.saturating_add(window.rows.len().saturating_sub(page));
    if app.flow(top).is_some() { top } else { top.clamp(first, last.max(first)) }
}

/// Stopped, suspicious: by a character, for those who see no colours.
fn draw_mark(pen: &mut Pen, y: u16, flow: &FlowRow) {
    if flow.rule.is_some() {
        pen.text(1, y, "⊘", Role::Bad);
    } else if flow.risks > 0 {
        pen.text(1, y, "!", Role::Warn);
    } else if flow.carrier {
        pen.text(1, y, "≡", Role::Dim);
    }
}

const CLIENT: Column<FlowRow> =
    Column { title: "Client", min: 15, max: 26, rank: 4, side: Side::Left, sort: Some(Sort::Client), cell: client };
const NAME: Column<FlowRow> = Column {
    title: "Server or name",
    min: 26,
    max: 60,
    rank: 0,
    side: Side::Tail,
    sort: Some(Sort::Domain),
    cell: name,
};
const SERVER: Column<FlowRow> =
    Column { title: "Server", min: 19, max: 26, rank: 9, side: Side::Left, sort: Some(Sort::Server), cell: server };
const APP: Column<FlowRow> =
    Column { title: "App", min: 9, max: 18, rank: 1, side: Side::Left, sort: Some(Sort::App), cell: app_name };
const PROTOCOL: Column<FlowRow> = Column {
    title: "Protocol",
    min: 8,
    max: 14,
    rank: 8,
    side: Side::Left,
    sort: Some(Sort::Protocol),
    cell: protocol,
};
const CATEGORY: Column<FlowRow> =
    Column { title: "Category", min: 10, max: 16, rank: 13, side: Side::Left, sort: None, cell: category };
const BYTES: Column<FlowRow> =
    Column { title: "Bytes", min: 5, max: 6, rank: 2, side: Side::Right, sort: Some(Sort::Bytes), cell: bytes };
const DOWN: Column<FlowRow> =
    Column { title: "↓", min: 5, max: 6, rank: 10, side: Side::Right, sort: None, cell: down };
const UP: Column<FlowRow> = Column { title: "↑", min: 5, max: 6, rank: 11, side: Side::Right, sort: None, cell: up };
const RATE_DOWN: Column<FlowRow> =
    Column { title: "↓/s", min: 5, max: 6, rank: 2, side: Side::Right, sort: Some(Sort::Rate), cell: rate_down };
const RATE_UP: Column<FlowRow> =
    Column { title: "↑/s", min: 5, max: 6, rank: 3, side: Side::Right, sort: None, cell: rate_up };
const PACKETS: Column<FlowRow> =
    Column { title: "Pkts", min: 5, max: 6, rank: 5, side: Side::Right, sort: Some(Sort::Packets), cell: packets };
const START: Column<FlowRow> =
    Column { title: "Start", min: 8, max: 8, rank: 12, side: Side::Right, sort: Some(Sort::Start), cell: start };
const AGE: Column<FlowRow> =
    Column { title: "Time", min: 5, max: 5, rank: 6, side: Side::Right, sort: Some(Sort::Duration), cell: age };
const STATE: Column<FlowRow> =
    Column { title: "State", min: 11, max: 12, rank: 7, side: Side::Left, sort: Some(Sort::State), cell: state };

/// Columns for captures: totals matter.
static FILE: &[Column<FlowRow>] =
    &[CLIENT, NAME, SERVER, APP, PROTOCOL, CATEGORY, BYTES, DOWN, UP, PACKETS, START, AGE, STATE];
/// Columns for devices: rates matter.
static LIVE: &[Column<FlowRow>] =
    &[CLIENT, NAME, SERVER, APP, PROTOCOL, CATEGORY, RATE_DOWN, RATE_UP, BYTES, PACKETS, START, AGE, STATE];

fn plain(row: &FlowRow) -> Role {
    if row.rule.is_some() { Role::Dim } else { Role::Text }
}

/// A client's port says least of all: where it does not fit, the address is shown alone.
fn client<'r>(row: &'r FlowRow, _: &App, width: u16) -> Cell<'r> {
    let whole = subject::endpoint(row.client, row.client_port);
    let fits = whole.len() <= usize::from(width);
    Cell::new(if fits { whole } else { row.client.to_string() }, Role::Dim)
}

fn name<'r>(row: &'r FlowRow, app: &App, width: u16) -> Cell<'r> {
    let strong = if row.rule.is_some() { Role::Dim } else { Role::Name };
    match (row.domain.as_deref(), row.server_name.as_deref()) {
        (Some(name), _) => Cell::new(name, strong),
        // A guess never takes the place of the address: it stands beside it, if there is room for both.
        (None, Some(name)) if !app.options.no_names => {
            let address = subject::endpoint(row.server, row.server_port);
            let both = format!("{address} {name}?");
            let fits = text::width(&both) <= width.into();
            Cell::new(if fits { both } else { address }, plain(row))
        }
        _ => Cell::new(subject::endpoint(row.server, row.server_port), plain(row)),
    }
}

/// The address behind a name; where there is no name, it stands in the name's place already.
fn server<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    match row.domain {
        Some(_) => Cell::new(subject::endpoint(row.server, row.server_port), Role::Dim),
        None => Cell::new("", Role::Dim),
    }
}

fn app_name<'r>(row: &'r FlowRow, app: &App, _: u16) -> Cell<'r> {
    let label = row.app.as_deref().or(row.protocol.as_deref());
    match label {
        Some(label) if row.guess => Cell::new(format!("{label}?"), Role::Dim),
        Some(label) => Cell::new(label, app.theme.kind(row.category.as_deref().unwrap_or_default())),
        None => Cell::new(subject::transport(row.proto), Role::Dim),
    }
}

fn protocol<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    match row.protocol.as_deref() {
        Some(protocol) => Cell::new(protocol, plain(row)),
        None => Cell::new(subject::transport(row.proto), Role::Dim),
    }
}

fn category<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.category.as_deref().unwrap_or("-"), Role::Dim)
}

fn bytes<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.bytes_up.saturating_add(row.bytes_down), plain(row))
}

fn down<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.bytes_down, Role::Down)
}

fn up<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.bytes_up, Role::Up)
}

fn rate_down<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.rate_down, Role::Down)
}

fn rate_up<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.rate_up, Role::Up)
}

fn packets<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.packets_up.saturating_add(row.packets_down), Role::Dim)
}

fn start<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(text::clock(row.start), Role::Dim)
}

fn age<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(text::span(row.end.saturating_sub(row.start)), Role::Dim)
}

fn state<'r>(row: &'r FlowRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.state, Role::Dim)
}

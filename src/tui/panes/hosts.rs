//! The addresses: who sent and received how much.

use super::{Pane, identity, nothing};
use crate::engine::snapshot::HostRow;
use crate::tui::app::App;
use crate::tui::bars;
use crate::tui::keys::place;
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The addresses.
pub struct Hosts;

impl Pane for Hosts {
    fn name(&self) -> &'static str {
        "Hosts"
    }

    fn about(&self) -> &'static str {
        "Addresses by bytes; Enter shows the peers of one"
    }

    fn place(&self) -> u8 {
        place::ITEMS
    }

    fn rows(&self, app: &App) -> usize {
        app.snapshot.hosts.len()
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        app.snapshot.hosts.get(row).map_or(0, |host| identity(host.address))
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        app.snapshot.hosts.get(row).map(|host| Subject::Address(host.address))
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        let list = app.list(super::HOSTS);
        let rows = &app.snapshot.hosts;
        let after = table::title(pen, focused, "Hosts", &table::amount(rows.len()));
        if rows.is_empty() {
            table::empty(pen, 1 + u16::from(slot.full), &nothing(app, "hosts"));
            return;
        }
        let columns = if slot.full { FULL } else { BOARD };
        let placed = table::place(columns, 3, pen.width());
        if slot.full {
            table::extent(pen, &list, rows.len(), after);
        }
        table::headings_after(pen, self.head(slot.full) - 1, after, columns, &placed);
        for (row, y) in list.shown(rows.len()).zip(self.head(slot.full)..) {
            let Some(host) = rows.get(row) else { break };
            if row == list.cursor {
                table::cursor(pen, y, focused);
            }
            if app.snapshot.suspects.iter().any(|s| s.address == host.address) {
                pen.text(1, y, "!", Role::Warn);
            }
            table::row(pen, y, columns, &placed, host, app);
        }
    }
}

const ADDRESS: Column<HostRow> =
    Column { title: "Address", min: 15, max: 26, rank: 0, side: Side::Left, sort: None, cell: address };
const NAME: Column<HostRow> =
    Column { title: "Name", min: 12, max: 50, rank: 2, side: Side::Tail, sort: None, cell: name };
const BAR: Column<HostRow> = Column { title: "", min: 8, max: 40, rank: 6, side: Side::Left, sort: None, cell: bar };
const BYTES: Column<HostRow> =
    Column { title: "Bytes", min: 5, max: 6, rank: 1, side: Side::Right, sort: None, cell: bytes };
const SENT: Column<HostRow> =
    Column { title: "Sent", min: 5, max: 6, rank: 4, side: Side::Right, sort: None, cell: sent };
const RECEIVED: Column<HostRow> =
    Column { title: "Received", min: 8, max: 8, rank: 4, side: Side::Right, sort: None, cell: received };
const AS_CLIENT: Column<HostRow> =
    Column { title: "As client", min: 9, max: 9, rank: 5, side: Side::Right, sort: None, cell: flows_out };
const AS_SERVER: Column<HostRow> =
    Column { title: "As server", min: 9, max: 9, rank: 5, side: Side::Right, sort: None, cell: flows_in };

static BOARD: &[Column<HostRow>] = &[ADDRESS, NAME, BYTES];
static FULL: &[Column<HostRow>] = &[ADDRESS, NAME, BAR, BYTES, SENT, RECEIVED, AS_CLIENT, AS_SERVER];

fn address<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.address.to_string(), Role::Text)
}

fn name<'r>(row: &'r HostRow, app: &App, _: u16) -> Cell<'r> {
    match row.names.first() {
        Some(name) if !app.options.no_names => Cell::new(name.as_ref(), Role::Name),
        _ => Cell::new("-", Role::Faint),
    }
}

fn total(row: &HostRow) -> u64 {
    row.sent.saturating_add(row.received)
}

fn bar<'r>(row: &'r HostRow, app: &App, width: u16) -> Cell<'r> {
    Cell::new(bars::bar(total(row), app.snapshot.hosts.first().map_or(0, total), width), Role::Down)
}

fn bytes<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(total(row), Role::Text)
}

fn sent<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.sent, Role::Up)
}

fn received<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.received, Role::Down)
}

fn flows_out<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.flows_out, Role::Dim)
}

fn flows_in<'r>(row: &'r HostRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.flows_in, Role::Dim)
}

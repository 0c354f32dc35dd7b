//! The apps by bytes, with bars in the colours of their categories.

use super::{Pane, identity, nothing};
use crate::engine::snapshot::AppRow;
use crate::text;
use crate::tui::app::App;
use crate::tui::bars;
use crate::tui::keys::place;
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The apps.
pub struct Apps;

impl Pane for Apps {
    fn name(&self) -> &'static str {
        "Apps"
    }

    fn about(&self) -> &'static str {
        "Apps, or protocols where no app is known, by bytes"
    }

    fn place(&self) -> u8 {
        place::ITEMS
    }

    fn rows(&self, app: &App) -> usize {
        app.snapshot.apps.len()
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        app.snapshot.apps.get(row).map_or(0, |app| identity(&app.name))
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        app.snapshot.apps.get(row).map(|app| Subject::App(app.name.clone()))
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        let list = app.list(super::APPS);
        let rows = &app.snapshot.apps;
        let after = table::title(pen, focused, "Apps", &table::amount(rows.len()));
        if rows.is_empty() {
            table::empty(pen, 1 + u16::from(slot.full), &nothing(app, "apps"));
            return;
        }
        let columns = if slot.full { FULL } else { BOARD };
        let placed = table::place(columns, 3, pen.width());
        if slot.full {
            table::extent(pen, &list, rows.len(), after);
        }
        table::headings_after(pen, self.head(slot.full) - 1, after, columns, &placed);
        for (row, y) in list.shown(rows.len()).zip(self.head(slot.full)..) {
            let Some(item) = rows.get(row) else { break };
            if row == list.cursor {
                table::cursor(pen, y, focused);
            }
            if item.blocked > 0 {
                pen.text(1, y, "⊘", Role::Bad);
            }
            table::row(pen, y, columns, &placed, item, app);
        }
    }
}

const NAME: Column<AppRow> =
    Column { title: "App", min: 10, max: 22, rank: 0, side: Side::Left, sort: None, cell: name };
const BAR: Column<AppRow> = Column { title: "", min: 9, max: 60, rank: 3, side: Side::Left, sort: None, cell: bar };
const BYTES: Column<AppRow> =
    Column { title: "Bytes", min: 5, max: 6, rank: 1, side: Side::Right, sort: None, cell: bytes };
const SHARE: Column<AppRow> =
    Column { title: "Share", min: 5, max: 5, rank: 2, side: Side::Right, sort: None, cell: share };
const TREND: Column<AppRow> =
    Column { title: "Over time", min: 9, max: 16, rank: 5, side: Side::Left, sort: None, cell: trend };
const CATEGORY: Column<AppRow> =
    Column { title: "Category", min: 10, max: 16, rank: 6, side: Side::Left, sort: None, cell: category };
const FLOWS: Column<AppRow> =
    Column { title: "Flows", min: 5, max: 7, rank: 4, side: Side::Right, sort: None, cell: flows };
const PACKETS: Column<AppRow> =
    Column { title: "Packets", min: 7, max: 8, rank: 8, side: Side::Right, sort: None, cell: packets };
const STOPPED: Column<AppRow> =
    Column { title: "Stopped", min: 7, max: 7, rank: 9, side: Side::Right, sort: None, cell: blocked };

static BOARD: &[Column<AppRow>] = &[NAME, BAR, BYTES, SHARE, TREND];
static FULL: &[Column<AppRow>] = &[NAME, CATEGORY, BAR, BYTES, SHARE, FLOWS, PACKETS, STOPPED, TREND];

fn name<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.name.as_ref(), if row.blocked > 0 { Role::Dim } else { Role::Text })
}

fn category<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(if row.category.is_empty() { "-" } else { row.category.as_ref() }, Role::Dim)
}

fn bar<'r>(row: &'r AppRow, app: &App, width: u16) -> Cell<'r> {
    let most = app.snapshot.apps.first().map_or(0, |first| first.bytes);
    Cell::new(bars::bar(row.bytes, most, width), app.theme.kind(&row.category))
}

fn bytes<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.bytes, Role::Text)
}

fn share<'r>(row: &'r AppRow, app: &App, _: u16) -> Cell<'r> {
    Cell::new(text::share(row.bytes, app.snapshot.window.bytes), Role::Dim)
}

fn trend<'r>(row: &'r AppRow, app: &App, width: u16) -> Cell<'r> {
    Cell::new(bars::trend(&row.spark, width), app.theme.kind(&row.category))
}

fn flows<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.flows, Role::Text)
}

fn packets<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.packets, Role::Dim)
}

fn blocked<'r>(row: &'r AppRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.blocked, Role::Bad)
}

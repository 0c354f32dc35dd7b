//! Addresses that look wrong, why, and whom they talked to.

use super::{Pane, identity};
use crate::engine::snapshot::SuspectRow;
use crate::tui::app::App;
use crate::tui::keys::place;
use crate::tui::layout::{self, Slot};
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The suspects.
pub struct Suspicious;

impl Pane for Suspicious {
    fn name(&self) -> &'static str {
        "Suspicious"
    }

    fn short(&self) -> &'static str {
        "Susp"
    }

    fn about(&self) -> &'static str {
        "Addresses that look wrong, with the evidence"
    }

    fn place(&self) -> u8 {
        place::ITEMS
    }

    fn rows(&self, app: &App) -> usize {
        app.snapshot.suspects.len()
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        app.snapshot.suspects.get(row).map_or(0, |suspect| identity(suspect.address))
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        app.snapshot.suspects.get(row).map(|suspect| Subject::Address(suspect.address))
    }

    fn badge(&self, app: &App) -> u64 {
        app.snapshot.suspects.len() as u64
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        let list = app.list(super::SUSPICIOUS);
        let rows = &app.snapshot.suspects;
        let after = table::title(pen, focused, "Suspicious", &table::amount(rows.len()));
        if rows.is_empty() {
            let more = if app.snapshot.source.finished {
                "Nobody looks suspicious."
            } else {
                "Nobody looks suspicious so far."
            };
            table::empty(pen, 1 + u16::from(slot.full), more);
            return;
        }
        let placed = table::place(COLUMNS, 3, pen.width());
        if slot.full {
            table::extent(pen, &list, rows.len(), after);
        }
        let head = self.head(slot.full);
        table::headings_after(pen, head - 1, after, COLUMNS, &placed);
        for (row, y) in list.shown(rows.len()).zip(head..) {
            let Some(suspect) = rows.get(row) else { break };
            if row == list.cursor {
                table::cursor(pen, y, focused);
            }
            table::row(pen, y, COLUMNS, &placed, suspect, app);
        }
        let used = head + u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(1);
        if slot.full
            && let Some(suspect) = rows.get(list.cursor)
        {
            let mut rest = pen.area();
            layout::top(&mut rest, used);
            draw_case(&mut pen.on(rest), suspect);
        }
    }
}

/// All about the selected one, below the table if there is room.
fn draw_case(pen: &mut Pen, suspect: &SuspectRow) {
    let mut y = 0;
    table::title(pen, false, "Case", &suspect.address.to_string());
    for (reason, evidence) in &suspect.reasons {
        y += 1;
        let after = pen.text(3, y, reason, Role::Warn);
        pen.text(after.max(20) + 2, y, evidence, Role::Text);
    }
    y = listed(pen, y + 1, "Asked for", suspect.names.iter().map(ToString::to_string));
    let contacted = suspect.contacted.iter().map(|(ip, name)| match name {
        Some(name) => format!("{ip} ({name})"),
        None => ip.to_string(),
    });
    listed(pen, y, "Contacted", contacted);
}

/// A heading and a list in words, wrapped. Gives the line after it.
fn listed(pen: &mut Pen, y: u16, heading: &str, items: impl Iterator<Item = String>) -> u16 {
    let mut y = y;
    let mut x = 22_u16;
    let mut any = false;
    for item in items {
        if !any {
            y += 1;
            pen.text(3, y, heading, Role::Dim);
        }
        let columns = u16::try_from(crate::text::width(&item)).unwrap_or(u16::MAX);
        if any && x.saturating_add(columns) > pen.width() {
            y += 1;
            x = 22;
        }
        x = pen.text(x, y, &item, Role::Text) + 2;
        any = true;
    }
    y
}

static COLUMNS: &[Column<SuspectRow>] = &[
    Column { title: "Address", min: 13, max: 16, rank: 0, side: Side::Left, sort: None, cell: address },
    Column { title: "Why", min: 12, max: u16::MAX, rank: 0, side: Side::Left, sort: None, cell: why },
    Column { title: "Score", min: 5, max: 5, rank: 1, side: Side::Right, sort: None, cell: score },
];

fn address<'r>(row: &'r SuspectRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.address.to_string(), Role::Text)
}

fn why<'r>(row: &'r SuspectRow, _: &App, width: u16) -> Cell<'r> {
    let one = |(reason, evidence): &(&str, String)| format!("{} {evidence}", reason.to_lowercase());
    let all: Vec<_> = row.reasons.iter().map(one).collect();
    let names: Vec<_> = row.reasons.iter().map(|(reason, _)| reason.to_lowercase()).collect();
    // Evidence if there is room for it, else at least every reason.
    let long = all.join("; ");
    let fits = crate::text::width(&long) <= width.into() || names.len() < 2 || width >= 36;
    Cell::new(if fits { long } else { names.join(", ") }, Role::Dim)
}

fn score<'r>(row: &'r SuspectRow, _: &App, _: u16) -> Cell<'r> {
    let role = if row.score >= 70 { Role::Bad } else { Role::Warn };
    Cell::new(row.score.to_string(), role)
}

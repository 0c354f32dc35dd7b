//! The rules in order, with what they stop.

use super::Pane;
use crate::engine::snapshot::{Request, RuleRow};
use crate::tui::app::App;
use crate::tui::keys::{Action, place};
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::table::{self, Cell, Column, Side};
use crate::tui::theme::Role;

/// The rules.
pub struct Rules;

impl Pane for Rules {
    fn name(&self) -> &'static str {
        "Rules"
    }

    fn about(&self) -> &'static str {
        "What is stopped, and how much each rule hits"
    }

    fn place(&self) -> u8 {
        place::RULES
    }

    fn rows(&self, app: &App) -> usize {
        app.snapshot.rules.len()
    }

    fn key(&self, app: &App, row: usize) -> u64 {
        app.snapshot.rules.get(row).map_or(0, |rule| rule.id.into())
    }

    fn subject(&self, app: &App, row: usize) -> Option<Subject> {
        app.snapshot.rules.get(row).map(|rule| Subject::Rule(rule.id, rule.text.clone()))
    }

    fn act(&self, app: &mut App, action: Action) -> bool {
        let rule = app.snapshot.rules.get(app.list(super::RULES).cursor).map(|rule| (rule.id, rule.enabled));
        match (action, rule) {
            (Action::Toggle, Some((id, enabled))) => app.monitor.request(Request::Enable(id, !enabled)),
            (Action::Delete, Some((id, _))) => app.monitor.request(Request::Unblock(id)),
            _ => return false,
        }
        true
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        let list = app.list(super::RULES);
        let rows = &app.snapshot.rules;
        let after = table::title(pen, focused, "Rules", "the first that matches decides");
        if rows.is_empty() {
            table::empty(
                pen,
                2,
                "There are no rules. Select an app, a domain or a flow in another view and press b to block it.",
            );
            return;
        }
        table::extent(pen, &list, rows.len(), after);
        let placed = table::place(COLUMNS, 3, pen.width());
        table::headings(pen, 1, COLUMNS, &placed, None);
        for (row, y) in list.shown(rows.len()).zip(self.head(slot.full)..) {
            let Some(rule) = rows.get(row) else { break };
            if row == list.cursor {
                table::cursor(pen, y, focused);
            }
            if rule.enabled {
                pen.text(1, y, "⊘", if rule.flows > 0 { Role::Bad } else { Role::Dim });
            }
            table::row(pen, y, COLUMNS, &placed, rule, app);
        }
    }
}

static COLUMNS: &[Column<RuleRow>] = &[
    Column { title: "Rule", min: 20, max: 70, rank: 0, side: Side::Left, sort: None, cell: rule },
    Column { title: "Kind", min: 7, max: 8, rank: 5, side: Side::Left, sort: None, cell: kind },
    Column { title: "Acts", min: 5, max: 5, rank: 3, side: Side::Left, sort: None, cell: acts },
    Column { title: "Flows", min: 5, max: 7, rank: 1, side: Side::Right, sort: None, cell: flows },
    Column { title: "Packets", min: 7, max: 8, rank: 4, side: Side::Right, sort: None, cell: packets },
    Column { title: "Bytes", min: 5, max: 6, rank: 2, side: Side::Right, sort: None, cell: bytes },
    Column { title: "From", min: 12, max: 40, rank: 6, side: Side::Tail, sort: None, cell: origin },
];

fn rule<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    // The section is said by the kind; the entry is what one looks for.
    let entry = row.text.split_once("] ").map_or(row.text.as_str(), |(_, entry)| entry);
    Cell::new(entry, if row.enabled { Role::Name } else { Role::Dim })
}

fn kind<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.kind, Role::Dim)
}

fn acts<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    if row.enabled { Cell::new("yes", Role::Good) } else { Cell::new("rests", Role::Dim) }
}

fn flows<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.flows, Role::Text)
}

fn packets<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.packets, Role::Dim)
}

fn bytes<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    Cell::number(row.bytes, Role::Text)
}

fn origin<'r>(row: &'r RuleRow, _: &App, _: u16) -> Cell<'r> {
    Cell::new(row.origin.as_str(), Role::Dim)
}

//! The order of the flows.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::{self, frame};
use super::{Next, Overlay};
use crate::engine::snapshot::Sort;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// All orders with their names.
pub const SORTS: &[(Sort, &str)] = &[
    (Sort::Bytes, "bytes"),
    (Sort::Rate, "rate"),
    (Sort::Packets, "packets"),
    (Sort::Start, "start"),
    (Sort::Duration, "duration"),
    (Sort::Client, "client"),
    (Sort::Server, "server"),
    (Sort::Domain, "name"),
    (Sort::App, "app"),
    (Sort::Protocol, "protocol"),
    (Sort::State, "state"),
];

/// The name of an order.
#[must_use]
pub fn name_of(sort: Sort) -> &'static str {
    SORTS.iter().find(|(s, _)| *s == sort).map_or("", |(_, name)| name)
}

/// Texts begin at A, numbers at the largest.
#[must_use]
pub fn naturally_ascending(sort: Sort) -> bool {
    matches!(sort, Sort::Client | Sort::Server | Sort::Domain | Sort::App | Sort::Protocol | Sort::State | Sort::Start)
}

/// The picker.
pub struct SortMenu {
    cursor: menu::Choice,
}

impl SortMenu {
    /// A picker with the cursor on the present order.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let at = SORTS.iter().position(|(sort, _)| *sort == app.sort).unwrap_or(0);
        Self { cursor: menu::Choice { at } }
    }
}

impl Overlay for SortMenu {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        if self.cursor.key(&key, SORTS.len()) {
            return Next::Stay;
        }
        match (key.code, SORTS.get(self.cursor.at)) {
            (KeyCode::Enter | KeyCode::Char('s'), Some((sort, _))) => {
                // The same again turns it around.
                app.ascending = if app.sort == *sort { !app.ascending } else { naturally_ascending(*sort) };
                app.sort = *sort;
                Next::Close
            }
            (KeyCode::Char(' ' | 'R'), _) => {
                app.ascending = !app.ascending;
                Next::Stay
            }
            _ if menu::leaves(&key) => Next::Close,
            _ => Next::Stay,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "sort"), ("↑↓", "choose"), ("R", "turn around"), ("Esc", "leave")]
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let lines = u16::try_from(SORTS.len()).unwrap_or(u16::MAX);
        let mut inside = frame(pen, "Sort the flows by", 24, lines);
        let top = self.cursor.top(inside.height());
        for (y, (at, (sort, name))) in (0..).zip(SORTS.iter().enumerate().skip(top)) {
            if at == self.cursor.at {
                menu::cursor(&mut inside, y);
                inside.text(0, y, "▌", Role::Accent);
            }
            let now = app.sort == *sort;
            inside.text(2, y, name, if now { Role::Strong } else { Role::Text });
            if now {
                let end = inside.width().saturating_sub(1);
                inside.right(end, y, if app.ascending { "▲" } else { "▼" }, Role::Accent);
            }
        }
    }
}

//! The block menu: each line says what it would stop now, and an address what else is there.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::{self, frame};
use super::{Next, Overlay};
use crate::engine::snapshot::{Impact, RuleSpec};
use crate::text;
use crate::tui::actions;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::subject::Choice;
use crate::tui::theme::Role;

/// The block menu.
pub struct BlockMenu {
    choices: Vec<Choice>,
    impacts: Vec<Impact>,
    cursor: menu::Choice,
}

impl BlockMenu {
    /// A menu of what could be blocked.
    #[must_use]
    pub fn new(app: &App, choices: Vec<Choice>) -> Self {
        let specs: Vec<RuleSpec> = choices.iter().map(|c| c.spec.clone()).collect();
        Self { impacts: app.monitor.impact(&specs), choices, cursor: menu::Choice::default() }
    }
}

impl Overlay for BlockMenu {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        if self.cursor.key(&key, self.choices.len()) {
            return Next::Stay;
        }
        match (key.code, self.choices.get(self.cursor.at)) {
            (KeyCode::Enter | KeyCode::Char('b'), Some(choice)) => {
                actions::block(app, choice);
                Next::Close
            }
            _ if menu::leaves(&key) => Next::Close,
            _ => Next::Stay,
        }
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("Enter", "block"), ("↑↓", "choose"), ("Esc", "leave")]
    }

    fn draw(&self, _app: &App, pen: &mut Pen) {
        let lines = u16::try_from(self.choices.len()).unwrap_or(u16::MAX);
        let mut inside = frame(pen, "Block", 76, lines + 3);
        let width = inside.width();
        let tight = width < 60;
        // Room for how many others share an address.
        let end = if tight { width } else { width.saturating_sub(9) };
        inside.right(end, 0, "stops now", Role::Dim);
        let page = inside.height().saturating_sub(1).min(lines);
        let shown = self.choices.iter().enumerate().skip(self.cursor.top(page)).take(page.into());
        for (y, (at, choice)) in (1..).zip(shown) {
            if at == self.cursor.at {
                menu::cursor(&mut inside, y);
                inside.text(0, y, "▌", Role::Accent);
            }
            let impact = self.impacts.get(at).cloned().unwrap_or_default();
            inside.text(2, y, choice.kind, Role::Dim);
            let bytes = inside.right(end, y, &format!("{:>5}", text::short_or_dash(impact.bytes)), Role::Text);
            let flows = if tight { text::short(impact.flows) } else { text::plural(impact.flows, "flow") };
            let flows = inside.right(bytes.saturating_sub(2), y, &flows, Role::Text);
            inside.tail(12, y, flows.saturating_sub(14), &choice.shown, Role::Name);
            if !tight && !impact.also.is_empty() {
                inside.text(end + 2, y, &format!("also {}", impact.also.len()), Role::Warn);
            }
        }
        let impact = self.impacts.get(self.cursor.at);
        if let Some(impact) = impact.filter(|impact| !impact.also.is_empty()) {
            inside.text(2, lines + 2, &format!("Also there: {}", impact.also.join(", ")), Role::Warn);
        }
    }
}

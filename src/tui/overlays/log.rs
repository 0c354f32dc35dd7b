//! The log: warnings of the source, and every message so far.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::frame;
use super::{Next, Overlay};
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    /// Lines back from the newest.
    back: usize,
}

impl Overlay for Log {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        let len = app.toasts.log().len() + app.snapshot.source.warnings.len();
        self.back = match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.back + 1,
            KeyCode::Down | KeyCode::Char('j') => self.back.saturating_sub(1),
            _ => return Next::Close,
        }
        .min(len);
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("↑↓", "scroll"), ("Esc", "leave")]
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let warnings = app.snapshot.source.warnings.iter().map(|text| (text.as_str(), true));
        let all: Vec<(&str, bool)> =
            warnings.chain(app.toasts.log().iter().map(|t| (t.text.as_str(), t.error))).collect();
        let lines = u16::try_from(all.len()).unwrap_or(u16::MAX).clamp(1, 20);
        let mut inside = frame(pen, "Messages", 100, lines);
        let page = usize::from(inside.height());
        let top = all.len().saturating_sub(page).saturating_sub(self.back);
        if all.is_empty() {
            inside.text(0, 0, "Nothing to tell so far.", Role::Dim);
        }
        for ((text, error), y) in all.iter().skip(top).take(page).zip(0..) {
            inside.text(0, y, if *error { "!" } else { "✓" }, if *error { Role::Bad } else { Role::Good });
            inside.text(2, y, text, Role::Text);
        }
    }
}

//! The help: every key, every pane, every field of the filter, from their tables.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::frame;
use super::{Next, Overlay};
use crate::engine::query::FIELDS;
use crate::tui::app::App;
use crate::tui::keys::pretty;
use crate::tui::panes::PANES;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// The help.
#[derive(Debug, Default)]
pub struct Help {
    top: usize,
}

/// Key or word, explanation; without a key it is a heading.
type Line = (String, String);

fn lines(app: &App) -> Vec<Line> {
    let heading = |words: &str| (String::new(), words.to_owned());
    let mut out = vec![heading("Keys")];
    for binding in &app.keys.bindings {
        let keys: Vec<_> = binding.keys.iter().map(|k| pretty(k)).collect();
        out.push((keys.join(" "), binding.says.to_owned()));
    }
    out.push(heading("Views"));
    out.extend(PANES.iter().zip(1..).map(|(pane, n)| (n.to_string(), format!("{}: {}", pane.name(), pane.about()))));
    out.push(heading("Filter: words, and fields with : = ~ < >, joined by and, or, not, ( )"));
    out.extend(FIELDS.iter().map(|(name, about)| ((*name).to_owned(), (*about).to_owned())));
    out.push(heading("Marks"));
    for (mark, says) in [
        ("⊘", "stopped by a rule"),
        ("!", "suspicious, or with a risk"),
        ("?", "a guess: from a port, an address or an earlier DNS answer"),
        ("≡", "carries other flows (a tunnel)"),
        ("-", "zero"),
    ] {
        out.push((mark.into(), says.into()));
    }
    out
}

impl Overlay for Help {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        let page = usize::from(app.area.height.saturating_sub(5)).max(1);
        let last = lines(app).len().saturating_sub(page);
        self.top = match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.top + 1,
            KeyCode::PageUp => self.top.saturating_sub(page),
            KeyCode::PageDown | KeyCode::Char(' ') => self.top + page,
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return Next::Close,
        }
        .min(last);
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        vec![("↑↓ PgUp PgDn", "scroll"), ("Esc", "leave")]
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let lines = lines(app);
        let mut inside = frame(pen, "Help", 92, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let page = usize::from(inside.height());
        for ((key, words), y) in lines.iter().skip(self.top).take(page).zip(0..) {
            if key.is_empty() {
                inside.text(0, y, words, Role::Accent);
            } else {
                inside.within(1, y, 17, key, Role::Strong);
                inside.text(19, y, words, Role::Text);
            }
        }
        let more = lines.len().saturating_sub(self.top + page);
        if more > 0 {
            let (width, y) = (inside.width(), inside.height().saturating_sub(1));
            inside.right(width, y, &format!(" ↓ {more} more"), Role::Dim);
        }
    }
}

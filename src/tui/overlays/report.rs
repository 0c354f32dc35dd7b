//! Writes a report: in which format, and where to.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::{self, frame};
use super::path::{self, Answer, PathPrompt};
use super::{Next, Overlay};
use crate::engine::snapshot::Request;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// Format, ending of its files, what it is good for.
const FORMATS: &[(&str, &str, &str)] = &[
    ("text", "txt", "to read in a terminal"),
    ("markdown", "md", "to paste into a ticket"),
    ("json", "json", "for scripts"),
];

/// The formats, then the path.
pub struct ReportMenu {
    cursor: menu::Choice,
    path: Option<PathPrompt>,
}

impl ReportMenu {
    /// The menu.
    #[must_use]
    pub fn new(_app: &App) -> Self {
        Self { cursor: menu::Choice::default(), path: None }
    }
}

impl Overlay for ReportMenu {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        let chosen = FORMATS.get(self.cursor.at);
        if let Some(prompt) = &mut self.path {
            match (prompt.key(&key), chosen) {
                (Answer::Back, _) => self.path = None,
                (Answer::Write(path, overwrite), Some((format, ..))) => {
                    app.monitor.request(Request::Report { format: (*format).into(), path, overwrite });
                    return Next::Close;
                }
                _ => {}
            }
            return Next::Stay;
        }
        match (key.code, chosen) {
            (KeyCode::Enter | KeyCode::Char('e'), Some((_, ending, _))) => {
                self.path = Some(PathPrompt::new(path::beside(app, &format!("-report.{ending}"))));
            }
            _ if self.cursor.key(&key, FORMATS.len()) => {}
            _ if menu::leaves(&key) => return Next::Close,
            _ => {}
        }
        Next::Stay
    }

    fn paste(&mut self, text: &str, _app: &mut App) -> Next {
        if let Some(prompt) = &mut self.path {
            prompt.input.insert(text);
        }
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match &self.path {
            Some(prompt) => prompt.hints(),
            None => vec![("Enter", "choose"), ("↑↓", "move"), ("Esc", "leave")],
        }
    }

    fn draw(&self, _app: &App, pen: &mut Pen) {
        let lines = u16::try_from(FORMATS.len()).unwrap_or(0);
        let mut inside = frame(pen, "Write a report", 56, lines + if self.path.is_some() { 4 } else { 0 });
        for (y, (at, (name, _, use_))) in (0..).zip(FORMATS.iter().enumerate()) {
            if at == self.cursor.at {
                menu::cursor(&mut inside, y);
                inside.text(0, y, "▌", Role::Accent);
            }
            inside.text(2, y, name, Role::Text);
            inside.text(14, y, use_, Role::Dim);
        }
        if let Some(prompt) = &self.path {
            prompt.draw(&mut inside, lines + 1, "To this file:");
        }
    }
}

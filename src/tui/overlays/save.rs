//! Saves the rules to a file.

use crossterm::event::KeyEvent;

use super::menu::frame;
use super::path::{Answer, PathPrompt};
use super::{Next, Overlay};
use crate::engine::snapshot::Request;
use crate::text;
use crate::tui::app::App;
use crate::tui::pen::Pen;

/// Asks where the rules go.
pub struct SaveRules {
    path: PathPrompt,
}

impl SaveRules {
    /// Begins with the file that the rules came from.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let path = app.options.rules_path.as_ref().map(|path| path.display().to_string());
        Self { path: PathPrompt::new(path.unwrap_or_else(|| "dpimon.rules".into())).changing() }
    }
}

impl Overlay for SaveRules {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        match self.path.key(&key) {
            Answer::Typing => return Next::Stay,
            Answer::Back => {}
            Answer::Write(path, _) => app.monitor.request(Request::SaveRules(path)),
        }
        Next::Close
    }

    fn paste(&mut self, text: &str, _app: &mut App) -> Next {
        self.path.input.insert(text);
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        self.path.hints()
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let mut inside = frame(pen, "Save the rules", 64, 3);
        let rules = text::plural(app.snapshot.rules.len() as u64, "rule");
        self.path.draw(&mut inside, 0, &format!("{rules} to this file; its comments and other lines stay:"));
    }
}

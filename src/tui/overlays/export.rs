//! Writes packets to a capture file: which, how many that is, and where to.

use crossterm::event::{KeyCode, KeyEvent};

use super::menu::{self, frame};
use super::path::{self, Answer, PathPrompt};
use super::{Next, Overlay};
use crate::engine::query::Filter;
use crate::engine::snapshot::{ExportWhat, Request};
use crate::text;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::subject::Subject;
use crate::tui::theme::Role;

struct Offer {
    words: String,
    ending: &'static str,
    what: ExportWhat,
    estimate: Option<(u64, u64)>,
}

/// The export menu, then the path.
pub struct ExportMenu {
    offers: Vec<Offer>,
    cursor: menu::Choice,
    path: Option<PathPrompt>,
}

impl ExportMenu {
    /// What can be written now.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let mut offers = Vec::new();
        let mut add = |words: &str, ending, what: ExportWhat| {
            let estimate = app.monitor.estimate(&what);
            offers.push(Offer { words: words.into(), ending, what, estimate });
        };
        add("what the rules let through", "forwarded", ExportWhat::Forwarded);
        add("what the rules stop", "dropped", ExportWhat::Dropped);
        if let Some(filter) = app.filters.filter().or_else(|| Filter::parse("").ok().map(Into::into)) {
            let words = if app.filters.filter().is_some() { "the flows that the filter shows" } else { "all flows" };
            add(words, "shown", ExportWhat::Shown(filter));
        }
        if let Some(Subject::Flow(row)) = app.subject() {
            add("the selected flow", "flow", ExportWhat::Flow(row.id));
        }
        Self { offers, cursor: menu::Choice::default(), path: None }
    }

    fn choose(&mut self, app: &App) {
        if let Some(offer) = self.offers.get(self.cursor.at) {
            let ending = format!("-{}.{}", offer.ending, path::capture_ending(app));
            self.path = Some(PathPrompt::new(path::beside(app, &ending)));
        }
    }
}

impl Overlay for ExportMenu {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        if let Some(prompt) = &mut self.path {
            match prompt.key(&key) {
                Answer::Typing => {}
                Answer::Back => self.path = None,
                Answer::Write(path, overwrite) => {
                    if let Some(offer) = self.offers.get(self.cursor.at) {
                        app.say(format!("Writing {}", path.display()));
                        app.monitor.request(Request::Export { what: offer.what.clone(), path, overwrite });
                    }
                    return Next::Close;
                }
            }
            return Next::Stay;
        }
        match key.code {
            KeyCode::Enter | KeyCode::Char('w') => self.choose(app),
            _ if self.cursor.key(&key, self.offers.len()) => {}
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
        let lines = u16::try_from(self.offers.len()).unwrap_or(0);
        let mut inside = frame(pen, "Write a capture file", 64, lines + if self.path.is_some() { 4 } else { 0 });
        let end = inside.width();
        for (y, (at, offer)) in (0..).zip(self.offers.iter().enumerate()) {
            if at == self.cursor.at {
                menu::cursor(&mut inside, y);
                inside.text(0, y, "▌", Role::Accent);
            }
            inside.text(2, y, &offer.words, Role::Text);
            if let Some((packets, bytes)) = offer.estimate {
                let words = format!("{}  {:>8}", text::plural(packets, "packet"), text::bytes(bytes));
                inside.right(end, y, &words, Role::Dim);
            }
        }
        if let Some(prompt) = &self.path {
            prompt.draw(&mut inside, lines + 1, "To this file (.gz and .zst are compressed):");
        }
    }
}

//! The filter line: what can be understood is shown at once, what cannot says where and why, and the last that could
//! be understood stays shown.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::input::Input;
use super::{Next, Overlay};
use crate::engine::query::{FIELDS, Filter, FilterError};
use crate::tui::app::App;
use crate::tui::layout;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// The filter being typed.
pub struct FilterLine {
    input: Input,
    error: Option<FilterError>,
    before: String,
    /// How far back in the history we are.
    back: usize,
}

impl FilterLine {
    /// Begins with the filter that is shown.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let before = app.filters.typed().to_owned();
        Self { input: Input::new(before.clone()), error: None, before, back: 0 }
    }

    fn changed(&mut self, app: &mut App) {
        self.error = app.filters.set_typed(self.input.text()).err();
    }

    fn recall(&mut self, app: &mut App, by: isize) {
        let history = &app.filters.history;
        self.back = self.back.saturating_add_signed(by).min(history.len());
        let text = history.len().checked_sub(self.back).and_then(|at| history.get(at)).cloned();
        self.input = Input::new(text.unwrap_or_else(|| self.before.clone()));
        self.changed(app);
    }

    fn complete(&mut self, app: &mut App) {
        let before = self.input.before();
        let start = before.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '!')).map_or(0, |at| at + 1);
        let word = before.get(start..).unwrap_or_default().to_owned();
        if let Some(whole) = completion(app, &word) {
            self.input.replace_before(word.len(), &whole);
            self.changed(app);
        }
    }
}

/// The place that was not understood in another colour, and the words under it, or as near as they fit.
fn draw_error(pen: &mut Pen, x: u16, mark: Option<(u16, u16)>, error: &FilterError) {
    let width = pen.width();
    let (place, end) = mark.unwrap_or((x, x + 1));
    let place = place.min(width.saturating_sub(1));
    let bad = pen.style(Role::Bad).add_modifier(ratatui::style::Modifier::UNDERLINED);
    pen.wash(place, 0, end.saturating_sub(place), bad);
    let words = u16::try_from(crate::text::width(&error.message)).unwrap_or(u16::MAX);
    if place.saturating_add(words).saturating_add(3) <= width {
        pen.text(place, 1, "↑", Role::Bad);
        pen.text(place + 2, 1, &error.message, Role::Bad);
    } else if words + 3 <= place {
        pen.text(place, 1, "↑", Role::Bad);
        pen.right(place - 1, 1, &error.message, Role::Bad);
    } else {
        pen.text(x, 1, &error.message, Role::Bad);
    }
}

/// What a word may be meant to become: a field, or a value that is there now.
fn completion(app: &App, word: &str) -> Option<String> {
    let begins =
        |name: &str, with: &str| name.len() > with.len() && name.to_lowercase().starts_with(&with.to_lowercase());
    let quote =
        |value: &str| if value.contains([' ', '(', ')', '"']) { Filter::quote(value) } else { value.to_owned() };
    let Some((field, value)) = word.split_once(':') else {
        if word.is_empty() {
            return None;
        }
        let (name, _) = FIELDS.iter().find(|(name, _)| begins(name, word))?;
        let flag = matches!(*name, "blocked" | "guess" | "carrier");
        let number = matches!(*name, "bytes" | "up" | "down" | "packets" | "rate" | "age");
        return Some(format!(
            "{name}{}",
            if flag {
                " "
            } else if number {
                ">"
            } else {
                ":"
            }
        ));
    };
    let snapshot = &app.snapshot;
    let mut names: Box<dyn Iterator<Item = &str>> = match field {
        "app" | "proto" => Box::new(snapshot.apps.iter().map(|a| a.name.as_ref())),
        "host" | "domain" => Box::new(snapshot.domains.iter().map(|d| d.domain.as_ref())),
        "category" => Box::new(snapshot.apps.iter().map(|a| a.category.as_ref())),
        _ => return None,
    };
    names.find(|name| begins(name, value)).map(|name| format!("{field}:{} ", quote(name)))
}

impl Overlay for FilterLine {
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next {
        match key.code {
            KeyCode::Enter if self.error.is_none() => {
                app.filters.remember();
                return Next::Close;
            }
            KeyCode::Esc => {
                // It could be understood before, so it can be now.
                let _ = app.filters.set_typed(&self.before);
                return Next::Close;
            }
            KeyCode::Up => self.recall(app, 1),
            KeyCode::Down => self.recall(app, -1),
            KeyCode::Tab => self.complete(app),
            _ => {
                if self.input.key(&key) {
                    self.changed(app);
                }
            }
        }
        Next::Stay
    }

    fn paste(&mut self, text: &str, app: &mut App) -> Next {
        self.input.insert(text);
        self.changed(app);
        Next::Stay
    }

    fn hints(&self) -> Vec<(&'static str, &'static str)> {
        match &self.error {
            Some(_) => vec![("Esc", "as before"), ("Tab", "complete")],
            None => vec![("Enter", "keep"), ("Esc", "as before"), ("Tab", "complete"), ("↑", "earlier ones")],
        }
    }

    fn draw(&self, app: &App, pen: &mut Pen) {
        let mut area = app.plan.body;
        area.height = app.plan.footer.y.saturating_sub(area.y).max(area.height);
        let lines = layout::bottom(&mut area, 2);
        let mut pen = pen.on(Rect { x: lines.x, width: lines.width, ..lines });
        pen.clear(pen.theme.base());
        let width = pen.width();
        let x = pen.text(1, 0, "/ ", Role::Accent);
        let at = self.error.as_ref().map(|error| error.at);
        let mark = self.input.draw(&mut pen, x, 0, width.saturating_sub(x + 1), at);
        match &self.error {
            Some(error) => draw_error(&mut pen, x, mark, error),
            None => {
                let words = "words, app:youtube  host:x.com  ip:10.0.0.0/8  port:443  bytes>1M  blocked  not  or  ( )";
                pen.text(x, 1, words, Role::Faint);
            }
        }
    }
}

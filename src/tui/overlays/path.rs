//! Asks where to write; what is there already is never replaced without a yes.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyEvent};

use super::input::Input;
use crate::tui::app::App;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// A path being typed.
#[derive(Debug, Clone)]
pub struct PathPrompt {
    /// The text.
    pub input: Input,
    may_replace: bool,
    asking: bool,
}

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    Typing,
    /// The way back.
    Back,
    /// Write there; with `true`, replace what is there.
    Write(PathBuf, bool),
}

impl PathPrompt {
    /// Asks with a path to begin with.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { input: Input::new(path), may_replace: false, asking: false }
    }

    /// For files that are changed, not replaced: nothing need be asked.
    #[must_use]
    pub fn changing(mut self) -> Self {
        self.may_replace = true;
        self
    }

    /// Takes a key.
    pub fn key(&mut self, key: &KeyEvent) -> Answer {
        if self.asking {
            self.asking = false;
            return match key.code {
                KeyCode::Char('y' | 'Y') => Answer::Write(self.path(), true),
                _ => Answer::Typing,
            };
        }
        match key.code {
            KeyCode::Esc => Answer::Back,
            KeyCode::Enter if self.input.text().trim().is_empty() => Answer::Typing,
            KeyCode::Enter if !self.may_replace && self.path().exists() => {
                self.asking = true;
                Answer::Typing
            }
            KeyCode::Enter => Answer::Write(self.path(), false),
            _ => {
                self.input.key(key);
                Answer::Typing
            }
        }
    }

    fn path(&self) -> PathBuf {
        let text = self.input.text().trim();
        let home = text.strip_prefix("~/").zip(std::env::var_os("HOME"));
        home.map_or_else(|| PathBuf::from(text), |(rest, home)| PathBuf::from(home).join(rest))
    }

    /// Draws the prompt on three lines.
    pub fn draw(&self, pen: &mut Pen, y: u16, words: &str) {
        let width = pen.width();
        pen.text(0, y, words, Role::Dim);
        let x = pen.text(0, y + 1, "› ", Role::Accent);
        self.input.draw(pen, x, y + 1, width.saturating_sub(x), None);
        if self.asking {
            pen.text(0, y + 2, "This file is there already. Replace it? y / n", Role::Warn);
        }
    }

    /// Keys for the footer.
    #[must_use]
    pub fn hints(&self) -> Vec<(&'static str, &'static str)> {
        if self.asking {
            vec![("y", "replace"), ("n", "another name")]
        } else {
            vec![("Enter", "write"), ("Esc", "back")]
        }
    }
}

/// A file name beside the current directory, made from the source's: `crash.pcap`, `-dropped.pcap` → `crash-dropped.pcap`.
#[must_use]
pub fn beside(app: &App, ending: &str) -> String {
    let source = &app.snapshot.source;
    let file = Path::new(&source.name).file_name().and_then(|name| name.to_str()).unwrap_or("dpimon");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let stem = file.split('.').find(|part| !part.is_empty()).unwrap_or("dpimon");
    let stem: String = stem.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{stem}{ending}")
}

/// The ending of a capture: as the source has it.
#[must_use]
pub fn capture_ending(app: &App) -> &'static str {
    let name = &app.snapshot.source.name;
    if name.trim_end_matches(".gz").trim_end_matches(".zst").ends_with(".pcapng") { "pcapng" } else { "pcap" }
}

//! One line of text being typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::text;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// Longest text that can be typed, in bytes.
const LONGEST: usize = 4_096;

/// The text and the cursor in it.
#[derive(Debug, Clone, Default)]
pub struct Input {
    text: String,
    /// Offset in bytes, always at the border of a character.
    at: usize,
}

impl Input {
    /// A text with the cursor at its end.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.len(), text }
    }

    /// What is there.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    #[must_use]
    pub fn before(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// Puts text in at the cursor; control characters are left out.
    pub fn insert(&mut self, text: &str) {
        // What cannot be shown as it is would be typed unseen.
        let plain = |c: &char| text::harmless(c.encode_utf8(&mut [0; 4])) == c.encode_utf8(&mut [0; 4]) as &str;
        let clean: String = text.chars().filter(plain).collect();
        if self.text.len() + clean.len() <= LONGEST {
            self.text.insert_str(self.at, &clean);
            self.at += clean.len();
        }
    }

    /// Puts text in the place of the last so many bytes before the cursor.
    pub fn replace_before(&mut self, bytes: usize, with: &str) {
        let start = self.at.saturating_sub(bytes);
        if self.text.is_char_boundary(start) {
            self.text.replace_range(start..self.at, "");
            self.at = start;
            self.insert(with);
        }
    }

    /// Takes an editing key. Whether it was one.
    pub fn key(&mut self, key: &KeyEvent) -> bool {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('a') if ctrl => self.at = 0,
            KeyCode::Char('e') if ctrl => self.at = self.text.len(),
            KeyCode::Char('u') if ctrl => self.cut(0, self.at),
            KeyCode::Char('k') if ctrl => self.cut(self.at, self.text.len()),
            KeyCode::Char('w') if ctrl => self.cut(self.word_start(), self.at),
            KeyCode::Char(c) if !ctrl && !key.modifiers.contains(KeyModifiers::ALT) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            KeyCode::Backspace => self.cut(self.left(), self.at),
            KeyCode::Delete => self.cut(self.at, self.right()),
            KeyCode::Left => self.at = self.left(),
            KeyCode::Right => self.at = self.right(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize, to: usize) {
        if from < to && self.text.is_char_boundary(from) && self.text.is_char_boundary(to) {
            self.text.replace_range(from..to, "");
            self.at = from;
        }
    }

    fn left(&self) -> usize {
        self.before().char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(self.at, |c| self.at + c.len_utf8())
    }

    fn word_start(&self) -> usize {
        let trimmed = self.before().trim_end();
        trimmed.rfind(char::is_whitespace).map_or(0, |at| at + 1)
    }

    /// Draws the text into so many columns with its cursor, scrolled so that the cursor is seen. Gives the columns
    /// from the byte at `mark` to the end of the text, if they are seen.
    pub fn draw(&self, pen: &mut Pen, x: u16, y: u16, columns: u16, mark: Option<usize>) -> Option<(u16, u16)> {
        let room = usize::from(columns.saturating_sub(1));
        let mut start = 0;
        while text::width(self.text.get(start..self.at).unwrap_or_default()) > room {
            let step = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            start += step;
        }
        let shown = self.text.get(start..).unwrap_or_default();
        let end = pen.within(x, y, columns, shown, Role::Strong);
        let column = |at: usize| {
            let width = text::width(self.text.get(start..at)?);
            u16::try_from(width).ok().map(|width| x + width).filter(|at| *at < x + columns)
        };
        if let Some(cursor) = column(self.at) {
            pen.wash(cursor, y, 1, ratatui::style::Style::new().add_modifier(ratatui::style::Modifier::REVERSED));
        }
        mark.and_then(column).map(|from| (from, end.max(from + 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut Input, code: KeyCode) {
        input.key(&KeyEvent::from(code));
    }

    #[test]
    fn editing() {
        let mut input = Input::new("app:you");
        input.key(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "");
        input.insert("bü\x1b\n東");
        assert_eq!(input.text(), "bü東");
        press(&mut input, KeyCode::Left);
        press(&mut input, KeyCode::Backspace);
        press(&mut input, KeyCode::Char('x'));
        assert_eq!((input.text(), input.before()), ("bx東", "bx"));
        press(&mut input, KeyCode::Delete);
        press(&mut input, KeyCode::Delete);
        press(&mut input, KeyCode::Home);
        press(&mut input, KeyCode::Backspace);
        assert_eq!(input.text(), "bx");
        assert!(!input.key(&KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL)));
    }
}

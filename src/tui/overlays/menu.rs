//! A box with lines to choose from.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// The cursor of a menu.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// Its line.
    pub at: usize,
}

impl Choice {
    /// Takes a key that moves among so many lines. Whether it was one.
    pub fn key(&mut self, key: &KeyEvent, lines: usize) -> bool {
        let last = lines.saturating_sub(1);
        self.at = match key.code {
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => self.at.checked_sub(1).unwrap_or(last),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => (self.at + 1) % lines.max(1),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => last,
            _ => return false,
        };
        true
    }
}

impl Choice {
    /// The first line shown where only so many fit.
    #[must_use]
    pub fn top(self, page: u16) -> usize {
        (self.at + 1).saturating_sub(usize::from(page.max(1)))
    }
}

/// Whether a key leaves a menu.
#[must_use]
pub fn leaves(key: &KeyEvent) -> bool {
    matches!(key.code, KeyCode::Esc | KeyCode::Char('q'))
}

/// Draws an empty box with a title in the middle of the screen and gives the pen for its inside.
pub fn frame<'p>(pen: &'p mut Pen, title: &str, width: u16, lines: u16) -> Pen<'p> {
    let screen = pen.area();
    let width = width.saturating_add(4).min(screen.width);
    // The footer stays free: it says what the keys do here.
    let free = screen.height.saturating_sub(1);
    let height = lines.saturating_add(2).min(free);
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (free - height) / 3;
    let area = Rect { x, y, width, height }.intersection(screen);
    let mut edge = pen.on(area);
    edge.clear(edge.theme.base());
    border(&mut edge, title);
    let inside = Rect {
        x: area.x + 2.min(area.width),
        y: area.y + 1.min(area.height),
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    pen.on(inside)
}

fn border(pen: &mut Pen, title: &str) {
    let (width, height) = (pen.width(), pen.height());
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    pen.line(0, 0, width, "─", Role::Faint);
    pen.line(0, bottom, width, "─", Role::Faint);
    for y in 0..height {
        pen.text(0, y, "│", Role::Faint);
        pen.text(right, y, "│", Role::Faint);
    }
    for (x, y, corner) in [(0, 0, "╭"), (right, 0, "╮"), (0, bottom, "╰"), (right, bottom, "╯")] {
        pen.text(x, y, corner, Role::Faint);
    }
    pen.text(2, 0, &format!(" {title} "), Role::Accent);
}

/// Marks the line of the cursor.
pub fn cursor(pen: &mut Pen, y: u16) {
    let width = pen.width();
    pen.wash(0, y, width, pen.theme.selected(true));
}

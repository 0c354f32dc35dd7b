//! The pen: the only way to write on the screen. It clips to its area and makes every text harmless, so that no pane
//! can forget either.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget as _;

use super::theme::{Role, Theme};
use crate::text;

/// Writes into one area of the screen; places are relative to it.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    area: Rect,
    /// The colours.
    pub theme: &'a Theme,
}

impl<'a> Pen<'a> {
    /// A pen for an area, cut to the screen.
    pub fn new(buffer: &'a mut Buffer, area: Rect, theme: &'a Theme) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area, theme }
    }

    /// A pen for a part of this one's area; the part is in places of the whole screen.
    pub fn on(&mut self, area: Rect) -> Pen<'_> {
        Pen { area: area.intersection(self.area), buffer: self.buffer, theme: self.theme }
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.area.width
    }

    /// Lines.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.area.height
    }

    /// The area in places of the whole screen.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.area
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Writes text and gives the column after it.
    pub fn text(&mut self, x: u16, y: u16, text: &str, style: impl Into<Ink>) -> u16 {
        let room = self.area.width.saturating_sub(x);
        self.within(x, y, room, text, style)
    }

    /// Writes text into so many columns, its end cut off if it is too long; gives the column after the text.
    pub fn within(&mut self, x: u16, y: u16, columns: u16, text: &str, style: impl Into<Ink>) -> u16 {
        let columns = columns.min(self.area.width.saturating_sub(x));
        if y >= self.area.height || columns == 0 {
            return x;
        }
        let safe = text::harmless(text);
        let fitted = text::fit(&safe, columns.into());
        self.put(x, y, &fitted, style)
    }

    /// As [`Pen::within`], but it is the beginning that is cut off.
    pub fn tail(&mut self, x: u16, y: u16, columns: u16, text: &str, style: impl Into<Ink>) -> u16 {
        let safe = text::harmless(text);
        let columns = columns.min(self.area.width.saturating_sub(x));
        let fitted = text::fit_end(&safe, columns.into());
        self.put(x, y, &fitted, style)
    }

    /// Writes text so that it ends before the column `end`; gives where it begins.
    pub fn right(&mut self, end: u16, y: u16, text: &str, style: impl Into<Ink>) -> u16 {
        let safe = text::harmless(text);
        let x = end.saturating_sub(u16::try_from(text::width(&safe)).unwrap_or(u16::MAX));
        self.within(x, y, end.saturating_sub(x), &safe, style);
        x
    }

    fn put(&mut self, x: u16, y: u16, text: &str, style: impl Into<Ink>) -> u16 {
        if y >= self.area.height || x >= self.area.width {
            return x;
        }
        let style = style.into().on(self.theme);
        let room = usize::from(self.area.width - x);
        let (after, _) = self.buffer.set_stringn(self.area.x + x, self.area.y + y, text, room, style);
        after.saturating_sub(self.area.x)
    }

    /// Adds a style to a stretch of a line.
    pub fn wash(&mut self, x: u16, y: u16, columns: u16, style: Style) {
        if y < self.area.height && x < self.area.width {
            let columns = columns.min(self.area.width - x);
            self.buffer.set_style(Rect::new(self.area.x + x, self.area.y + y, columns, 1), style);
        }
    }

    /// A line of one character.
    pub fn line(&mut self, x: u16, y: u16, columns: u16, with: &str, style: impl Into<Ink>) {
        let columns = columns.min(self.area.width.saturating_sub(x));
        self.put(x, y, &with.repeat(columns.into()), style);
    }

    /// Empties the whole area.
    pub fn clear(&mut self, style: Style) {
        ratatui::widgets::Clear.render(self.area, self.buffer);
        self.buffer.set_style(self.area, style);
    }
}

/// A role or a style.
#[derive(Debug, Clone, Copy)]
pub enum Ink {
    /// What it means.
    Role(Role),
    /// How it looks.
    Style(Style),
}

impl Ink {
    fn on(self, theme: &Theme) -> Style {
        match self {
            Self::Role(role) => theme.style(role),
            Self::Style(style) => style,
        }
    }
}

impl From<Role> for Ink {
    fn from(role: Role) -> Self {
        Self::Role(role)
    }
}

impl From<Style> for Ink {
    fn from(style: Style) -> Self {
        Self::Style(style)
    }
}

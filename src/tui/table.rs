//! Tables whose columns come and go with the width: the most important stay, numbers keep their place.

use std::borrow::Cow;

use super::app::App;
use super::list::List;
use super::pen::{Ink, Pen};
use super::theme::Role;
use crate::engine::snapshot::Sort;
use crate::text;

/// What stands in a cell.
pub struct Cell<'a> {
    /// The text; the pen makes it harmless.
    pub text: Cow<'a, str>,
    /// How it looks.
    pub ink: Ink,
}

impl<'a> Cell<'a> {
    /// A text with its meaning.
    pub fn new(text: impl Into<Cow<'a, str>>, ink: impl Into<Ink>) -> Self {
        Self { text: text.into(), ink: ink.into() }
    }

    /// A number that is `-` and dim where it is zero.
    pub fn number(number: u64, role: Role) -> Self {
        Self::new(text::short_or_dash(number), if number == 0 { Role::Faint } else { role })
    }
}

/// One column of rows of type `R`.
pub struct Column<R: 'static> {
    /// Its heading.
    pub title: &'static str,
    /// Columns of the screen that it needs.
    pub min: u16,
    /// Columns of the screen that it can use.
    pub max: u16,
    /// How soon it goes when room runs out: 0 never.
    pub rank: u8,
    /// How it is cut and aligned.
    pub side: Side,
    /// The order that it shows, if there is one.
    pub sort: Option<Sort>,
    /// Its cell for a row, in so many columns of the screen.
    pub cell: for<'r> fn(&'r R, &App, u16) -> Cell<'r>,
}

/// How a column is cut and aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Text: its end is cut off.
    Left,
    /// Names whose end says most: their beginning is cut off.
    Tail,
    /// Numbers.
    Right,
}

/// A column in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which column.
    pub column: usize,
    /// Where it begins.
    pub x: u16,
    /// Its width.
    pub width: u16,
}

/// Chooses the columns for a width and shares the room out.
#[must_use]
pub fn place<R>(columns: &[Column<R>], start: u16, width: u16) -> Vec<Placed> {
    let gap = if width < 60 { 1 } else { 2 };
    let room = width.saturating_sub(start);
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|i| columns.get(*i).map_or(0, |c| c.rank));
    let mut chosen = Vec::new();
    let mut used = 0;
    for i in order {
        let Some(column) = columns.get(i) else { continue };
        let needs = column.min + if chosen.is_empty() { 0 } else { gap };
        if used + needs <= room || chosen.is_empty() {
            used += needs;
            chosen.push(i);
        }
    }
    chosen.sort_unstable();
    let mut widths: Vec<u16> = chosen.iter().filter_map(|i| columns.get(*i)).map(|c| c.min).collect();
    let wishes: Vec<u16> = chosen.iter().filter_map(|i| columns.get(*i)).map(|c| c.max.max(c.min)).collect();
    // Names first: they say most, and the others were given what they need.
    let chosen_columns = || chosen.iter().filter_map(|i| columns.get(*i));
    let names: Vec<u16> = chosen_columns().map(|c| if c.side == Side::Tail { c.max * 2 / 3 } else { c.min }).collect();
    let left = share_out(&mut widths, &names, room.saturating_sub(used));
    share_out(&mut widths, &wishes, left);
    let mut x = start;
    let step = |(column, width): (usize, u16)| {
        let placed = Placed { column, x, width };
        x += width + gap;
        placed
    };
    chosen.into_iter().zip(widths).map(step).collect()
}

/// Gives what is left to the columns that can use it, and tells what then is left.
fn share_out(widths: &mut [u16], wishes: &[u16], mut left: u16) -> u16 {
    while left > 0 {
        let hungry = widths.iter().zip(wishes).filter(|(w, wish)| w < wish).count();
        let Ok(hungry) = u16::try_from(hungry) else { return left };
        if hungry == 0 {
            return left;
        }
        let each = (left / hungry).max(1);
        for (width, wish) in widths.iter_mut().zip(wishes) {
            let more = each.min(left).min(wish.saturating_sub(*width));
            *width += more;
            left -= more;
        }
    }
    left
}

/// Draws the headings on a line; the order shown has its arrow.
pub fn headings<R>(pen: &mut Pen, y: u16, columns: &[Column<R>], placed: &[Placed], sort: Option<(Sort, bool)>) {
    for place in placed {
        let Some(column) = columns.get(place.column) else { continue };
        let sorted = column.sort.is_some() && column.sort == sort.map(|s| s.0);
        let arrow = match sort {
            Some((_, true)) if sorted => "▲",
            Some(_) if sorted => "▼",
            _ => "",
        };
        let role = if sorted { Role::Accent } else { Role::Dim };
        if column.side == Side::Right {
            // The arrow stands in the gap, so that numbers stay under their heading.
            let end = place.x + place.width;
            pen.right(end, y, column.title, role);
            pen.text(end, y, arrow, role);
        } else {
            let after = pen.within(place.x, y, place.width, column.title, role);
            pen.text(after, y, arrow, role);
        }
    }
}

/// Draws the headings of numbers on a line that may hold a title up to the column `after`: what would touch it is left
/// out. On a line of its own, all headings are drawn.
pub fn headings_after<R>(pen: &mut Pen, y: u16, after: u16, columns: &[Column<R>], placed: &[Placed]) {
    if y > 0 {
        headings(pen, y, columns, placed, None);
        return;
    }
    let free = |place: &&Placed| {
        let side = columns.get(place.column).map(|column| column.side);
        side == Some(Side::Right) && place.x > after
    };
    let free: Vec<Placed> = placed.iter().filter(free).copied().collect();
    headings(pen, y, columns, &free, None);
}

/// How many there are, for a title; nothing for none.
#[must_use]
pub fn amount(rows: usize) -> String {
    if rows == 0 { String::new() } else { text::count(rows as u64) }
}

/// Draws one row on a line.
pub fn row<R>(pen: &mut Pen, y: u16, columns: &[Column<R>], placed: &[Placed], row: &R, app: &App) {
    for place in placed {
        let Some(column) = columns.get(place.column) else { continue };
        let cell = (column.cell)(row, app, place.width);
        match column.side {
            Side::Left => {
                pen.within(place.x, y, place.width, &cell.text, cell.ink);
            }
            Side::Tail => {
                pen.tail(place.x, y, place.width, &cell.text, cell.ink);
            }
            Side::Right => {
                let fitted = text::fit(&cell.text, place.width.into()).into_owned();
                pen.right(place.x + place.width, y, &fitted, cell.ink);
            }
        }
    }
}

/// Marks the cursor's line.
pub fn cursor(pen: &mut Pen, y: u16, focused: bool) {
    let width = pen.width();
    pen.wash(0, y, width, pen.theme.selected(focused));
    pen.text(0, y, "▌", if focused { Role::Accent } else { Role::Faint });
    pen.wash(0, y, width, pen.theme.selected(focused));
}

/// A pane's title line: a bar that shows the focus, its name, and what there is to say about it.
pub fn title(pen: &mut Pen, focused: bool, name: &str, note: &str) -> u16 {
    pen.text(0, 0, "▌", if focused { Role::Accent } else { Role::Faint });
    let after = pen.text(1, 0, name, if focused { Role::Strong } else { Role::Text });
    pen.text(after + 2, 0, note, Role::Dim)
}

/// At the end of the title line: which of the rows are shown, if not all are.
pub fn extent(pen: &mut Pen, list: &List, len: usize, after: u16) {
    let shown = list.shown(len);
    let width = pen.width();
    if shown.len() < len && !shown.is_empty() {
        let words = format!(
            "{}–{} of {}",
            text::count(shown.start as u64 + 1),
            text::count(shown.end as u64),
            text::count(len as u64)
        );
        let short = text::count(len as u64);
        let fits = |words: &str| usize::from(width) > usize::from(after) + text::width(words) + 1;
        if fits(&words) {
            pen.right(width, 0, &words, Role::Dim);
        } else if fits(&short) {
            pen.right(width, 0, &short, Role::Dim);
        }
    }
}

/// What to do where there is nothing to show.
pub fn empty(pen: &mut Pen, y: u16, words: &str) {
    let width = usize::from(pen.width().saturating_sub(4));
    let mut line = String::new();
    let mut y = y;
    for word in words.split(' ') {
        if !line.is_empty() && text::width(&line) + 1 + text::width(word) > width {
            pen.text(3, y, &line, Role::Dim);
            line.clear();
            y += 1;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    pen.text(3, y, &line, Role::Dim);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(min: u16, max: u16, rank: u8) -> Column<()> {
        Column { title: "", min, max, rank, side: Side::Left, sort: None, cell: |(), _, _| Cell::new("", Role::Text) }
    }

    #[test]
    fn the_most_important_columns_stay() {
        let columns = [column(10, 40, 0), column(8, 8, 2), column(5, 5, 1)];
        let at = |width| place(&columns, 3, width).iter().map(|p| (p.column, p.x, p.width)).collect::<Vec<_>>();
        assert_eq!(at(12), [(0, 3, 10)]);
        assert_eq!(at(20), [(0, 3, 11), (2, 15, 5)]);
        assert_eq!(at(80), [(0, 3, 40), (1, 45, 8), (2, 55, 5)]);
        assert_eq!(at(0), [(0, 3, 10)]);
    }

    #[test]
    fn no_column_overlaps_the_next_at_any_width() {
        let columns = [column(10, 90, 0), column(8, 30, 2), column(5, 5, 1), column(6, u16::MAX, 3)];
        for width in 30..500 {
            let placed = place(&columns, 3, width);
            for pair in placed.windows(2) {
                assert!(pair[0].x + pair[0].width < pair[1].x);
            }
            assert!(placed.last().is_none_or(|p| p.x + p.width <= width), "{width}");
        }
    }
}

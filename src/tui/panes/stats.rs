//! Every counter: what was read, what was not understood, what was lost, what reached a limit.

use super::Pane;
use crate::text;
use crate::tui::app::App;
use crate::tui::keys::place;
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;
use crate::tui::table;
use crate::tui::theme::Role;

/// The counters.
pub struct Stats;

/// Columns of the screen that a column of counters takes.
const COLUMN: u16 = 42;

enum Line {
    Heading(&'static str),
    Count(String, u64),
    Words(String, String),
    Gap,
}

impl Pane for Stats {
    fn name(&self) -> &'static str {
        "Stats"
    }

    fn about(&self) -> &'static str {
        "Every counter: read, not understood, lost, limits reached"
    }

    fn place(&self) -> u8 {
        place::TEXT
    }

    fn rows(&self, app: &App) -> usize {
        let lines = lines(app).len();
        lines.div_ceil(usize::from((app.area.width / COLUMN).max(1)))
    }

    fn key(&self, _app: &App, row: usize) -> u64 {
        row as u64
    }

    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool) {
        table::title(pen, focused, "Stats", "every counter");
        let list = app.list(PLACE);
        let lines = lines(app);
        let columns = usize::from((pen.width() / COLUMN).max(1));
        let head = self.head(slot.full);
        // Newspaper columns: as high as the page, or higher if they must be scrolled.
        let high = list.page.max(lines.len().div_ceil(columns)).max(1);
        let top = if list.page < high { list.cursor.min(high - list.page.max(1)) } else { 0 };
        for (i, line) in lines.iter().enumerate() {
            let (column, row) = (i / high, i % high);
            let (Ok(x), Ok(y)) = (u16::try_from(column), u16::try_from(row.wrapping_sub(top))) else { continue };
            if row >= top && row - top < list.page {
                draw_line(pen, 3 + x * COLUMN, head + y, line);
            }
        }
    }
}

/// Place in [`super::PANES`].
const PLACE: usize = 7;

fn draw_line(pen: &mut Pen, x: u16, y: u16, line: &Line) {
    let end = x + COLUMN - 6;
    match line {
        Line::Heading(words) => {
            pen.text(x, y, words, Role::Accent);
        }
        Line::Count(name, number) => {
            pen.within(x, y, 24, name, Role::Dim);
            let role = if *number == 0 { Role::Faint } else { Role::Text };
            pen.right(end, y, &text::count(*number), role);
        }
        Line::Words(name, words) => {
            pen.within(x, y, 14, name, Role::Dim);
            let words = text::harmless(words);
            pen.right(end, y, &text::fit_end(&words, usize::from(end - x - 11)), Role::Text);
        }
        Line::Gap => {}
    }
}

fn lines(app: &App) -> Vec<Line> {
    let totals = &app.snapshot.totals;
    let count = |name: &str, number: u64| Line::Count(name.into(), number);
    let mut out = vec![Line::Heading("Read")];
    out.push(Line::Words("source".into(), app.snapshot.source.name.clone()));
    out.extend(totals.first.map(|t| Line::Words("first packet".into(), trim(t))));
    out.extend(totals.last.map(|t| Line::Words("last packet".into(), trim(t))));
    out.push(count("packets", totals.packets));
    out.push(count("bytes", totals.bytes));
    out.push(count("TCP", totals.tcp));
    out.push(count("UDP", totals.udp));
    out.push(count("other", totals.other));
    section(&mut out, "Flows");
    out.push(count("begun", totals.begun));
    out.push(count("in the table", totals.live));
    out.push(count("ended", totals.ended));
    out.push(count("evicted, table full", totals.evicted));
    section(&mut out, "Rules");
    out.push(count("packets let through", totals.forwarded));
    out.push(count("packets stopped", totals.dropped));
    section(&mut out, "Not understood");
    out.push(count("packets without a flow", totals.undecoded.iter().map(|(_, n)| n).sum()));
    out.extend(totals.undecoded.iter().map(|(name, n)| count(&format!("  {name}"), *n)));
    section(&mut out, "Lost");
    out.push(count("by the kernel", totals.kernel_drops));
    out.push(count("at a full queue", totals.queue_drops));
    if !totals.limits.is_empty() {
        section(&mut out, "Limits reached");
        out.extend(totals.limits.iter().map(|(name, n)| count(name, *n)));
    }
    section(&mut out, "Workers: packets");
    let workers = app.snapshot.workers.iter().enumerate();
    out.extend(
        workers.map(|(i, w)| count(&format!("worker {} ({})", i + 1, text::plural(w.flows, "flow")), w.packets)),
    );
    out
}

fn section(out: &mut Vec<Line>, name: &'static str) {
    out.push(Line::Gap);
    out.push(Line::Heading(name));
}

/// A moment to the millisecond.
fn trim(time: i64) -> String {
    let moment = text::moment(time);
    moment.get(..moment.len().saturating_sub(3)).unwrap_or_default().to_owned()
}

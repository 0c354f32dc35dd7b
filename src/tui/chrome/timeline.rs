//! Traffic over time: towards clients above the line, towards servers below it, both to the same scale.

use crate::engine::snapshot::{Bin, Timeline};
use crate::text;
use crate::tui::app::App;
use crate::tui::bars;
use crate::tui::pen::Pen;
use crate::tui::table;
use crate::tui::theme::Role;

/// Columns of the axis on the left.
const AXIS: u16 = 7;

/// Draws the graph as high as there is room for.
pub fn draw(app: &App, pen: &mut Pen) {
    match pen.height() {
        0 => {}
        1 => draw_line(app, pen),
        _ => draw_graph(app, pen),
    }
}

/// The graph in one line: from, traffic, to.
fn draw_line(app: &App, pen: &mut Pen) {
    let timeline = &app.snapshot.timeline;
    let x = table::title(pen, false, "Traffic", "");
    let Some((first, last)) = ends(app) else { return };
    let moment = |time| moment(time, last.saturating_sub(first));
    let x = pen.text(x.max(10), 0, &moment(first), Role::Dim) + 1;
    let note = format!("{}  {}", moment(last), text::span(last.saturating_sub(first)));
    let end = pen.right(pen.width().saturating_sub(1), 0, &note, Role::Dim).saturating_sub(1);
    let values: Vec<u64> = timeline.bins.iter().map(|b| b.up.saturating_add(b.down)).collect();
    pen.text(x, 0, &bars::spark(&values, end.saturating_sub(x)), Role::Down);
}

fn draw_graph(app: &App, pen: &mut Pen) {
    let timeline = &app.snapshot.timeline;
    let width = pen.width();
    let after = table::title(pen, false, "Traffic", "");
    let Some((first, last)) = ends(app) else {
        let words = if app.snapshot.source.finished { "Nothing was read." } else { "Waiting for the first packet." };
        table::empty(pen, 1, words);
        return;
    };
    let columns = width.saturating_sub(AXIS + 1);
    let small = pen.height() <= 3;
    let lines = pen.height().saturating_sub(if small { 1 } else { 2 });
    let (bins, per_second) = scaled(timeline, usize::from(columns) * 2, app.snapshot.source.live);
    let (down, up): (Vec<u64>, Vec<u64>) = bins.iter().map(|b| (b.down, b.up)).unzip();
    let peak = |values: &[u64]| values.iter().copied().max().unwrap_or(0);
    let (most_down, most_up) = (peak(&down), peak(&up));
    let low = split(lines, most_down, most_up);
    let high = lines - low;
    graph(pen, 1, high, &down, scale(most_down, high, most_up, low), Role::Down, false);
    graph(pen, 1 + high, low, &up, scale(most_up, low, most_down, high), Role::Up, true);
    axis(pen, high, low, per_second(most_down), per_second(most_up));
    let note = format!(
        "{}  peak ↓ {}  ↑ {}",
        text::span(last.saturating_sub(first)),
        text::bits(per_second(most_down)),
        text::bits(per_second(most_up))
    );
    if usize::from(width) > usize::from(after) + text::width(&note) {
        pen.right(width, 0, &note, Role::Dim);
    }
    if !small {
        clocks(pen, lines + 1, first, last);
        suspects(pen, lines + 1, &bins);
    }
}

/// Lines for what goes up: its share of both, and at least one if there is any.
fn split(lines: u16, down: u64, up: u64) -> u16 {
    if lines < 2 {
        return 0;
    }
    let all = u128::from(down) + u128::from(up);
    let share = (u128::from(lines) * u128::from(up)).checked_div(all).unwrap_or(0);
    u16::try_from(share).unwrap_or(0).clamp(1, lines - 1)
}

/// The value that fills these lines: both halves have the same scale, as far as the lines allow.
fn scale(most: u64, lines: u16, other: u64, other_lines: u16) -> u64 {
    let per_line = |most: u64, lines: u16| most.checked_div(lines.into()).unwrap_or(0);
    let line = per_line(most, lines).max(per_line(other, other_lines)).max(1);
    line.saturating_mul(lines.into()).max(most)
}

fn graph(pen: &mut Pen, y: u16, lines: u16, values: &[u64], most: u64, role: Role, hanging: bool) {
    for (y, line) in (y..).zip(bars::braille(values, most, lines, hanging)) {
        pen.text(AXIS, y, &line, role);
    }
}

fn axis(pen: &mut Pen, high: u16, low: u16, most_down: u64, most_up: u64) {
    if high > 1 {
        pen.right(AXIS - 1, 1, &text::short(most_down.saturating_mul(8)), Role::Dim);
    }
    pen.right(AXIS - 1, high, "↓", Role::Down);
    if low > 1 {
        pen.right(AXIS - 1, high + low, &text::short(most_up.saturating_mul(8)), Role::Dim);
    }
    if low > 0 {
        pen.right(AXIS - 1, high + 1, "↑", Role::Up);
    }
}

fn clocks(pen: &mut Pen, y: u16, first: i64, last: i64) {
    let width = pen.width();
    let moment = |time| moment(time, last.saturating_sub(first));
    pen.text(AXIS, y, &moment(first), Role::Dim);
    let middle = first.saturating_add(last.saturating_sub(first) / 2);
    if width >= 60 {
        pen.text(AXIS + (width - AXIS) / 2 - 4, y, &moment(middle), Role::Dim);
    }
    pen.right(width.saturating_sub(1), y, &moment(last), Role::Dim);
}

/// A time of day; the date where there are many days.
fn moment(time: i64, span: i64) -> String {
    const DAYS: i64 = 2 * 86_400 * 1_000_000_000;
    if span < DAYS { text::clock(time) } else { text::moment(time).chars().take(10).collect() }
}

/// A mark under every stretch in which somebody became suspicious.
fn suspects(pen: &mut Pen, y: u16, bins: &[Bin]) {
    for (x, pair) in (AXIS..).zip(bins.chunks(2)) {
        if pair.iter().any(|bin| bin.suspicious > 0) {
            pen.text(x, y, "!", Role::Warn);
        }
    }
}

/// The bins resampled to as many values as the graph has dots, and what makes bytes a second of such a value.
fn scaled(timeline: &Timeline, dots: usize, live: bool) -> (Vec<Bin>, impl Fn(u64) -> u64) {
    // A device shows what is going on, one bin a dot; a capture is shown whole.
    let skip = if live { timeline.bins.len().saturating_sub(dots) } else { 0 };
    let bins = timeline.bins.get(skip..).unwrap_or_default();
    let part = |of: fn(&Bin) -> u64| bars::resample(&bins.iter().map(of).collect::<Vec<_>>(), dots);
    let (up, down) = (part(|b| b.up), part(|b| b.down));
    let mut out: Vec<Bin> = up.into_iter().zip(down).map(|(up, down)| Bin { up, down, ..Bin::default() }).collect();
    for (i, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.suspicious > 0) {
        if let Some(dot) = out.get_mut(i * dots / bins.len()) {
            dot.suspicious = dot.suspicious.saturating_add(bin.suspicious);
        }
    }
    let span = u128::try_from(timeline.width).unwrap_or(0) * bins.len() as u128;
    let rate = move |value: u64| {
        let all = u128::from(value) * 1_000_000_000 * dots as u128;
        u64::try_from(all.checked_div(span).unwrap_or(0)).unwrap_or(u64::MAX)
    };
    (out, rate)
}

/// First and last moment of the graph.
fn ends(app: &App) -> Option<(i64, i64)> {
    let timeline = &app.snapshot.timeline;
    let bins = i64::try_from(timeline.bins.len()).unwrap_or(i64::MAX);
    let end = timeline.start.saturating_add(timeline.width.saturating_mul(bins));
    (timeline.width > 0 && bins > 0)
        .then(|| (timeline.start, app.snapshot.totals.last.unwrap_or(end).max(timeline.start)))
}

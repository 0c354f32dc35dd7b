//! The views with their number keys, and on the right what is filtered.

use ratatui::layout::Rect;

use crate::text;
use crate::tui::app::App;
use crate::tui::panes::PANES;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// Draws the tabs, and the line under them where there is one.
pub fn draw(app: &App, pen: &mut Pen, rule: Option<Rect>) {
    let level = level(app);
    let mut line = pen.on(app.plan.tabs);
    let mut x = 1;
    let mut active = (0, 0);
    for (at, _) in PANES.iter().enumerate() {
        let start = x;
        x = draw_tab(app, &mut line, x, at, level);
        if at == app.view {
            active = (start, x - start);
        }
        x += 2;
    }
    draw_filter(app, &mut line, x);
    if let Some(rule) = rule {
        let mut under = pen.on(rule);
        under.line(0, 0, rule.width, "─", Role::Faint);
        under.line(active.0, 0, active.1, "━", Role::Accent);
    }
}

/// The view whose tab is drawn in this column.
#[must_use]
pub fn at(app: &App, column: u16) -> Option<usize> {
    let level = level(app);
    let mut end = 0;
    (0..PANES.len()).find(|at| {
        end += one_width(app, *at, level);
        usize::from(column) < end
    })
}

fn level(app: &App) -> Level {
    let needs = text::width(&filter_words(app));
    let fits = |level: &Level| width(app, *level) + needs + 3 <= app.plan.tabs.width.into();
    Level::ALL.into_iter().find(fits).unwrap_or(Level::Numbers)
}

/// How much of the names there is room for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Level {
    Names,
    Short,
    Numbers,
}

impl Level {
    const ALL: [Self; 3] = [Self::Names, Self::Short, Self::Numbers];
}

fn label(app: &App, at: usize, level: Level) -> String {
    let Some(pane) = PANES.get(at) else { return String::new() };
    match level {
        Level::Names => pane.name().into(),
        Level::Short => pane.short().into(),
        Level::Numbers if at == app.view => pane.short().into(),
        Level::Numbers => String::new(),
    }
}

fn badge(app: &App, at: usize) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let number = PANES.get(at).map_or(0, |pane| pane.badge(app));
    if number == 0 {
        return String::new();
    }
    let digit = |c: char| c.to_digit(10).and_then(|d| RAISED.get(d as usize)).copied();
    number.to_string().chars().filter_map(digit).collect()
}

fn width(app: &App, level: Level) -> usize {
    1 + (0..PANES.len()).map(|at| one_width(app, at, level)).sum::<usize>()
}

fn one_width(app: &App, at: usize, level: Level) -> usize {
    let name = text::width(&label(app, at, level));
    1 + usize::from(name > 0) + name + text::width(&badge(app, at)) + 2
}

fn draw_tab(app: &App, pen: &mut Pen, x: u16, at: usize, level: Level) -> u16 {
    let active = at == app.view;
    let mut x = pen.text(x, 0, &(at + 1).to_string(), if active { Role::Accent } else { Role::Dim });
    let name = label(app, at, level);
    if !name.is_empty() {
        x = pen.text(x + 1, 0, &name, if active { Role::Strong } else { Role::Dim });
    }
    pen.text(x, 0, &badge(app, at), Role::Warn)
}

/// Where we are, and how much of all that is.
fn filter_words(app: &App) -> String {
    let parts = parts(app);
    parts.into_iter().map(|(words, _)| words).collect::<Vec<_>>().join("  ")
}

fn parts(app: &App) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    if app.filters.filter().is_none() {
        return out;
    }
    let steps: Vec<String> = app.filters.crumbs().iter().map(|c| text::harmless(&c.label).into_owned()).collect();
    if !steps.is_empty() {
        out.push((steps.join(" › "), Role::Accent));
    }
    if !app.filters.typed().is_empty() {
        out.push((format!("/ {}", app.filters.typed()), Role::Accent));
    }
    let window = &app.snapshot.window;
    out.push((format!("{} of {}", text::count(window.matching), text::count(window.total)), Role::Text));
    out
}

fn draw_filter(app: &App, pen: &mut Pen, from: u16) {
    let parts = parts(app);
    let width = pen.width().saturating_sub(1);
    let counts = parts.last().map_or(0, |(words, _)| text::width(words));
    let needs = text::width(&filter_words(app));
    let room = usize::from(width.saturating_sub(from));
    let mut x = width.saturating_sub(u16::try_from(needs.min(room)).unwrap_or(width));
    let last = parts.len().saturating_sub(1);
    for (at, (words, role)) in parts.iter().enumerate() {
        // The counts stay whole; what was typed is cut.
        let reserve = if at == last { 0 } else { counts + 2 };
        let columns = usize::from(width.saturating_sub(x)).saturating_sub(reserve);
        x = pen.within(x, 0, u16::try_from(columns).unwrap_or(0), words, *role) + 2;
    }
}

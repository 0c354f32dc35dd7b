//! Where everything is, for every size. A pure function of the state and the area.

use ratatui::layout::Rect;

use super::app::App;
use super::panes::{APPS, BOARD, DOMAINS, FLOWS, HOSTS, SUSPICIOUS};

/// The panes of the dashboard in the order of Tab.
pub const BOARD_ORDER: [usize; 5] = [FLOWS, APPS, DOMAINS, HOSTS, SUSPICIOUS];

/// A pane in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// A place in [`super::panes::PANES`].
    pub pane: usize,
    /// Where.
    pub area: Rect,
    /// Whether it has the view for itself.
    pub full: bool,
}

/// Where everything is.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Source, progress, counters.
    pub header: Rect,
    /// The views, and what is filtered.
    pub tabs: Rect,
    /// The line under the tabs, if there is room for it.
    pub rule: Option<Rect>,
    /// All between tabs and footer.
    pub body: Rect,
    /// The graph of the dashboard.
    pub timeline: Option<Rect>,
    /// The panes.
    pub slots: Vec<Slot>,
    /// The keys.
    pub footer: Rect,
    /// Where short messages go.
    pub toast: Rect,
}

/// Lays out the screen.
#[must_use]
pub fn plan(app: &App, area: Rect) -> Plan {
    let mut rest = area;
    let header = top(&mut rest, 1);
    let tabs = top(&mut rest, u16::from(area.height >= 6));
    let rule = (area.height >= 18).then(|| top(&mut rest, 1));
    let footer = bottom(&mut rest, u16::from(area.height >= 4));
    let air = bottom(&mut rest, u16::from(area.height >= 22));
    let toast = if air.height > 0 { air } else { last_line(rest) };
    // The last column stays free, so that numbers do not lean on the edge.
    rest.width = rest.width.saturating_sub(u16::from(rest.width > 40));
    let mut plan = Plan { header, tabs, rule, body: rest, footer, toast, ..Plan::default() };
    if app.view == BOARD {
        board(app, rest, &mut plan);
    } else {
        plan.slots.push(Slot { pane: app.view, area: rest, full: true });
    }
    plan
}

fn board(app: &App, body: Rect, plan: &mut Plan) {
    match (body.width, body.height) {
        (w, h) if w >= 104 && h >= 18 => wide(app, body, plan),
        (w, h) if w >= 64 && h >= 14 => stacked(app, body, plan),
        _ => plan.slots.push(Slot { pane: app.board_focus, area: body, full: false }),
    }
}

/// Flows under the graph on the left, everything else on the right.
fn wide(app: &App, body: Rect, plan: &mut Plan) {
    let mut left = body;
    let side = (body.width * 32 / 100).clamp(36, 66);
    let mut right = Rect { x: body.right().saturating_sub(side), width: side, ..body };
    left.width = body.width.saturating_sub(side + 2);
    plan.timeline = Some(top(&mut left, (body.height / 6).clamp(4, 10) + 1));
    top(&mut left, 1);
    plan.slots.push(Slot { pane: FLOWS, area: left, full: false });
    for (pane, percent) in side_panes(app, body.height) {
        let high = (body.height * percent / 100).min(right.height);
        let mut area = top(&mut right, high);
        bottom(&mut area, 1);
        plan.slots.push(Slot { pane, area, full: false });
    }
    plan.slots.push(Slot { pane: SUSPICIOUS, area: right, full: false });
}

/// What stands above the suspects, with its share of the height. Hosts take the place of the domains while they have
/// the focus, or stand beside them where there is room for both.
fn side_panes(app: &App, height: u16) -> Vec<(usize, u16)> {
    if height >= 45 {
        return vec![(APPS, 29), (DOMAINS, 28), (HOSTS, 24)];
    }
    vec![(APPS, 36), (if app.board_focus == HOSTS { HOSTS } else { DOMAINS }, 38)]
}

/// Flows above two side panes; the right one is the one last looked at.
fn stacked(app: &App, body: Rect, plan: &mut Plan) {
    let mut rest = body;
    if body.height >= 16 {
        plan.timeline = Some(top(&mut rest, if body.height >= 22 { 3 } else { 1 }));
        top(&mut rest, 1);
    }
    let lines = (rest.height / 3).clamp(4, 12);
    let mut low = bottom(&mut rest, lines);
    bottom(&mut rest, 1);
    plan.slots.push(Slot { pane: FLOWS, area: rest, full: false });
    let half = low.width.saturating_sub(2) / 2;
    let right = Rect { x: low.x + half + 2, width: low.width.saturating_sub(half + 2), ..low };
    low.width = half;
    plan.slots.push(Slot { pane: APPS, area: low, full: false });
    let other = if matches!(app.board_focus, SUSPICIOUS | HOSTS) { app.board_focus } else { DOMAINS };
    plan.slots.push(Slot { pane: other, area: right, full: false });
}

/// Cuts lines off the top.
pub fn top(area: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    let cut = Rect { height: lines, ..*area };
    area.y += lines;
    area.height -= lines;
    cut
}

/// Cuts lines off the bottom.
pub fn bottom(area: &mut Rect, lines: u16) -> Rect {
    let lines = lines.min(area.height);
    area.height -= lines;
    Rect { y: area.y + area.height, height: lines, ..*area }
}

fn last_line(area: Rect) -> Rect {
    Rect { y: area.bottom().saturating_sub(1).max(area.y), height: area.height.min(1), ..area }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_never_overflows() {
        let mut area = Rect::new(0, 0, 10, 3);
        assert_eq!(top(&mut area, 2), Rect::new(0, 0, 10, 2));
        assert_eq!(bottom(&mut area, 9), Rect::new(0, 2, 10, 1));
        assert_eq!(area.height, 0);
        assert_eq!(last_line(area).height, 0);
    }
}

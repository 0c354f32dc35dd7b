//! The mouse: a click selects and gives the focus, on a tab it shows the view; the wheel
//! scrolls what is under it.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::actions;
use super::app::App;
use super::keys::Action;
use super::layout::Slot;
use super::panes::{BOARD, PANES};

/// Lines that one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// Takes what the mouse did.
pub fn event(app: &mut App, mouse: MouseEvent) {
    let at = Position { x: mouse.column, y: mouse.row };
    match mouse.kind {
        MouseEventKind::ScrollUp => wheel(app, at, -NOTCH),
        MouseEventKind::ScrollDown => wheel(app, at, NOTCH),
        MouseEventKind::Down(MouseButton::Left) if app.overlay.is_none() => click(app, at),
        _ => return,
    }
    app.dirty = true;
}

fn slot_at(app: &App, at: Position) -> Option<Slot> {
    app.plan.slots.iter().find(|slot| slot.area.contains(at)).copied()
}

fn wheel(app: &mut App, at: Position, by: isize) {
    if app.overlay.is_some() {
        return;
    }
    if app.detail.is_some() {
        let action = if by < 0 { Action::Up } else { Action::Down };
        (0..by.unsigned_abs()).for_each(|_| actions::act(app, action));
        return;
    }
    let Some(slot) = slot_at(app, at) else { return };
    focus(app, slot.pane);
    let rows = PANES.get(slot.pane).map_or(0, |pane| pane.rows(app));
    if let Some(list) = app.lists.get_mut(slot.pane) {
        list.step(by, rows);
    }
    actions::pin(app);
}

fn click(app: &mut App, at: Position) {
    if app.plan.tabs.contains(at) {
        if let Some(view) = super::chrome::tabs::at(app, at.x.saturating_sub(app.plan.tabs.x)) {
            actions::show(app, view);
        }
        return;
    }
    if app.detail.is_some() {
        return;
    }
    let Some(slot) = slot_at(app, at) else { return };
    focus(app, slot.pane);
    if let Some(row) = row_at(app, slot, at) {
        let rows = PANES.get(slot.pane).map_or(0, |pane| pane.rows(app));
        let again = app.list(slot.pane).cursor == row && app.list(slot.pane).pinned;
        if let Some(list) = app.lists.get_mut(slot.pane).filter(|_| row < rows) {
            list.go(row, rows);
        }
        actions::pin(app);
        // A second click on what is selected goes into it.
        if again {
            actions::act(app, Action::Open);
        }
    }
}

fn row_at(app: &App, slot: Slot, at: Position) -> Option<usize> {
    let head = PANES.get(slot.pane)?.head(slot.full);
    let line = at.y.checked_sub(slot.area.y + head)?;
    let list = app.list(slot.pane);
    (usize::from(line) < list.page).then(|| list.top + usize::from(line))
}

fn focus(app: &mut App, pane: usize) {
    if app.view == BOARD {
        app.board_focus = pane;
    }
}

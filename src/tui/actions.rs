//! What the keys do.

use super::app::{App, Chore};
use super::detail::Detail;
use super::filters::Crumb;
use super::keys::Action;
use super::overlays::{block, command, export, filter, help, log, report, save, sort};
use super::panes::{BOARD, FLOWS, PANES, RULES};
use super::subject::{Choice, Subject};
use crate::engine::snapshot::{Request, RuleSpec};

/// Does what a key means where we are.
pub fn act(app: &mut App, action: Action) {
    if let Some(mut detail) = app.detail.take() {
        let handled = detail.act(app, action);
        if !detail.closed {
            app.detail = Some(detail);
        }
        if handled {
            return;
        }
    }
    let focus = app.focus();
    if app.detail.is_none() && PANES.get(focus).is_some_and(|pane| pane.act(app, action)) {
        return;
    }
    general(app, action);
}

fn general(app: &mut App, action: Action) {
    match action {
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::Home | Action::End => step(app, action),
        Action::Open => open(app),
        Action::Back => back(app),
        Action::NextPane => turn_focus(app, 1),
        Action::PreviousPane => turn_focus(app, -1),
        Action::View(view) => show(app, view.into()),
        Action::Rules => show(app, RULES),
        Action::Filter => app.overlay = Some(Box::new(filter::FilterLine::new(app))),
        Action::Sort => app.overlay = Some(Box::new(sort::SortMenu::new(app))),
        Action::Reverse => app.ascending = !app.ascending,
        Action::Block => block_menu(app),
        Action::BlockNow => block_now(app),
        Action::Undo => undo(app),
        Action::Export => app.overlay = Some(Box::new(export::ExportMenu::new(app))),
        Action::Report => app.overlay = Some(Box::new(report::ReportMenu::new(app))),
        Action::Save => app.overlay = Some(Box::new(save::SaveRules::new(app))),
        Action::Help => app.overlay = Some(Box::new(help::Help::default())),
        Action::Log => app.overlay = Some(Box::new(log::Log::default())),
        Action::Command => app.overlay = Some(Box::new(command::CommandLine::default())),
        Action::Copy => copy(app),
        Action::Pause => pause(app),
        Action::Freeze => freeze(app),
        Action::Theme => {
            app.theme = app.theme.next();
            app.say(format!("Theme {}", app.theme.name()));
        }
        Action::Redraw => app.chores.push(Chore::Redraw),
        Action::Suspend => app.chores.push(Chore::Suspend),
        Action::Quit => app.done = true,
        Action::Left
        | Action::Right
        | Action::Toggle
        | Action::Delete
        | Action::NextFlow
        | Action::PreviousFlow
        | Action::Stream => {}
    }
}

fn step(app: &mut App, action: Action) {
    let focus = app.focus();
    let rows = PANES.get(focus).map_or(0, |pane| pane.rows(app));
    let Some(list) = app.lists.get_mut(focus) else { return };
    let page = isize::try_from(list.page.max(2) - 1).unwrap_or(1);
    match action {
        Action::Up => list.step(-1, rows),
        Action::Down => list.step(1, rows),
        Action::PageUp => list.step(-page, rows),
        Action::PageDown => list.step(page, rows),
        Action::Home => list.home(),
        _ => list.go(usize::MAX, rows),
    }
    pin(app);
}

/// Ties the cursor of the focused pane to what it is on.
pub fn pin(app: &mut App) {
    let focus = app.focus();
    let Some(pane) = PANES.get(focus) else { return };
    let list = app.list(focus);
    let key = match focus {
        FLOWS => app.flow(list.cursor).map(|row| row.id),
        _ => (list.cursor < pane.rows(app)).then(|| pane.key(app, list.cursor)),
    };
    if let Some(list) = app.lists.get_mut(focus).filter(|l| l.pinned) {
        list.key = key;
    }
}

/// Shows a view.
pub fn show(app: &mut App, view: usize) {
    if view < PANES.len() {
        app.detail = None;
        app.view = view;
    }
}

fn turn_focus(app: &mut App, by: isize) {
    let order = super::layout::BOARD_ORDER;
    let at = order.iter().position(|pane| *pane == app.board_focus).unwrap_or(0);
    let len = order.len();
    let next = (at + len).saturating_add_signed(by) % len;
    app.board_focus = order.get(next).copied().unwrap_or(FLOWS);
}

fn open(app: &mut App) {
    let Some(subject) = app.subject() else { return };
    match subject {
        Subject::Flow(row) => open_flow(app, row),
        subject => drill(app, &subject),
    }
}

/// Opens the flow view.
pub fn open_flow(app: &mut App, row: std::sync::Arc<crate::engine::snapshot::FlowRow>) {
    app.detail = Some(Detail::new(row));
}

/// Goes into an app, a domain, a host: everything then counts only that.
fn drill(app: &mut App, subject: &Subject) {
    let Some(text) = subject.filter() else { return };
    let crumb = Crumb { label: subject.label(), text, view: app.view, board_focus: app.board_focus };
    if !app.filters.down(crumb) {
        app.view = FLOWS;
        return;
    }
    // A host shows its peers first; all else its flows.
    let peers = matches!(subject, Subject::Address(_)) && app.view == super::panes::HOSTS;
    app.view = match app.view {
        BOARD => BOARD,
        view if peers => view,
        _ => BOARD,
    };
    app.board_focus = FLOWS;
    app.lists.iter_mut().for_each(super::list::List::home);
}

fn back(app: &mut App) {
    if let Some(crumb) = app.filters.up() {
        app.view = crumb.view;
        app.board_focus = crumb.board_focus;
    } else if !app.filters.typed().is_empty() {
        // An empty filter is always understood.
        let _ = app.filters.set_typed("");
    } else if app.view != BOARD {
        app.view = BOARD;
    } else {
        app.board_focus = FLOWS;
    }
}

fn block_menu(app: &mut App) {
    match app.subject().map(|s| s.choices()) {
        Some(choices) if !choices.is_empty() => app.overlay = Some(Box::new(block::BlockMenu::new(app, choices))),
        _ => app.complain("Select what to block first"),
    }
}

fn block_now(app: &mut App) {
    match app.subject().and_then(|s| s.most_specific()) {
        Some(choice) => block(app, &choice),
        None => app.complain("Select what to block first"),
    }
}

/// Blocks, and says how to take it back.
pub fn block(app: &mut App, choice: &Choice) {
    let spec = match &choice.spec {
        // Names from packets go into rules only if a rules file could hold them.
        RuleSpec::App(text) | RuleSpec::Domain(text)
            if text.chars().any(|c| c.is_control() || c.is_whitespace() && c != ' ') =>
        {
            app.complain("This name holds characters that no rule can have");
            return;
        }
        spec => spec.clone(),
    };
    // The engine says whether it did; what can be done about it is for the screen to say.
    let undo = app.keys.shown(Action::Undo);
    app.toasts.add_to_next(format!("{undo} takes it back"), app.now);
    app.monitor.request(Request::Block(spec));
}

fn undo(app: &mut App) {
    match app.undoable() {
        Some(rule) => app.monitor.request(Request::Unblock(rule)),
        None => app.complain("There is no block to take back"),
    }
}

fn copy(app: &mut App) {
    if let Some(subject) = app.subject() {
        let text = subject.copied();
        app.say(format!("Copied {text}"));
        app.chores.push(Chore::Copy(text));
    }
}

fn pause(app: &mut App) {
    if app.snapshot.source.finished {
        app.say("Everything is read: there is nothing to pause");
        return;
    }
    app.monitor.request(Request::Pause(!app.snapshot.source.paused));
}

fn freeze(app: &mut App) {
    app.frozen = !app.frozen;
    if !app.frozen {
        app.snapshot = app.monitor.snapshot();
    }
}

//! The footer: only keys that work now; and the short messages above it.

use crate::text;
use crate::tui::app::App;
use crate::tui::keys::{Action, Binding, pretty};
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// Draws the keys.
pub fn draw(app: &App, pen: &mut Pen) {
    if let Some(overlay) = &app.overlay {
        let mut x = 1;
        for (key, word) in overlay.hints() {
            x = hint(pen, x, key, word);
        }
        return;
    }
    let mut end = pen.width().saturating_sub(1);
    for action in [Action::Quit, Action::Help] {
        if let Some(binding) = app.keys.bindings.iter().find(|b| b.action == action) {
            let key = first(binding);
            let needs = u16::try_from(text::width(&key) + 1 + text::width(binding.word)).unwrap_or(0);
            let x = end.saturating_sub(needs);
            hint(pen, x, &key, binding.word);
            end = x.saturating_sub(3);
        }
    }
    let mut x = 1;
    for binding in app.keys.bindings.iter().filter(|b| works(app, b)) {
        let key = first(binding);
        let word = word(app, binding);
        let needs = text::width(&key) + 1 + text::width(word);
        if usize::from(x) + needs > usize::from(end) {
            break;
        }
        x = hint(pen, x, &key, word);
    }
}

fn first(binding: &Binding) -> String {
    binding.keys.first().map(|key| pretty(key)).unwrap_or_default()
}

fn hint(pen: &mut Pen, x: u16, key: &str, word: &str) -> u16 {
    let after = pen.text(x, 0, key, Role::Accent);
    pen.text(after + 1, 0, word, Role::Dim) + 3
}

/// Whether a key belongs into the footer now: it has a word, works here, and would do something.
fn works(app: &App, binding: &Binding) -> bool {
    let here = !binding.word.is_empty() && binding.places & app.places() != 0;
    let source = &app.snapshot.source;
    here && match binding.action {
        Action::Help | Action::Quit => false,
        Action::Undo => app.undoable().is_some(),
        Action::Pause | Action::Freeze => !source.finished,
        Action::Back => app.detail.is_some() || app.filters.filter().is_some(),
        Action::Open | Action::Block | Action::Toggle | Action::Delete => app.subject().is_some(),
        _ => true,
    }
}

fn word(app: &App, binding: &Binding) -> &'static str {
    match binding.action {
        Action::Pause if app.snapshot.source.paused => "go on",
        Action::Freeze if app.frozen => "thaw",
        Action::Back if app.detail.is_none() && app.filters.crumbs().is_empty() => "no filter",
        _ => binding.word,
    }
}

/// Draws the message of the moment, if there is one.
pub fn draw_toast(app: &App, pen: &mut Pen) {
    let Some(toast) = app.toasts.current() else { return };
    let width = pen.width();
    let (mark, role) = if toast.error { ("!", Role::Bad) } else { ("✓", Role::Good) };
    let safe = text::harmless(&toast.text);
    let fitted = text::fit(&safe, usize::from(width.saturating_sub(6)));
    let columns = u16::try_from(text::width(&fitted)).unwrap_or(width) + 4;
    let x = width.saturating_sub(columns + 1);
    pen.wash(x, 0, columns, pen.theme.base());
    pen.line(x, 0, columns, " ", Role::Text);
    pen.text(x + 1, 0, mark, role);
    pen.text(x + 3, 0, &fitted, Role::Strong);
}

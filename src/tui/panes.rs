//! The panes. A new one is one file and its line in [`PANES`]: tabs, number keys, help and tests come from there.

mod apps;
mod board;
mod domains;
mod flows;
mod hosts;
mod rules;
mod stats;
mod suspicious;

use super::app::App;
use super::keys::Action;
use super::layout::Slot;
use super::pen::Pen;
use super::subject::Subject;

/// A list, or another picture of the snapshot, that can have the focus.
pub trait Pane: Sync {
    /// Its name: a tab, a heading.
    fn name(&self) -> &'static str;
    /// Its name where there is little room.
    fn short(&self) -> &'static str {
        self.name()
    }
    /// A sentence for the help.
    fn about(&self) -> &'static str;
    /// What kind of place it is: see [`super::keys::place`].
    fn place(&self) -> u8;
    /// Lines above the rows.
    fn head(&self, full: bool) -> u16 {
        1 + u16::from(full)
    }
    /// How many rows there are.
    fn rows(&self, app: &App) -> usize;
    /// What makes a row itself, wherever it goes.
    fn key(&self, app: &App, row: usize) -> u64;
    /// What a row stands for.
    fn subject(&self, _app: &App, _row: usize) -> Option<Subject> {
        None
    }
    /// A number beside its tab, if it is worth one.
    fn badge(&self, _app: &App) -> u64 {
        0
    }
    /// Draws it.
    fn draw(&self, app: &App, pen: &mut Pen, slot: &Slot, focused: bool);
    /// Does what a key means here and nowhere else. Whether it was such a key.
    fn act(&self, _app: &mut App, _action: Action) -> bool {
        false
    }
}

/// All panes in the order of their number keys. The first is the dashboard, which shows several others.
pub static PANES: &[&dyn Pane] = &[
    &board::Board,
    &flows::Flows,
    &apps::Apps,
    &domains::Domains,
    &hosts::Hosts,
    &suspicious::Suspicious,
    &rules::Rules,
    &stats::Stats,
];

/// Place of the dashboard.
pub const BOARD: usize = 0;
/// Place of the flows.
pub const FLOWS: usize = 1;
/// Place of the apps.
pub const APPS: usize = 2;
/// Place of the domains.
pub const DOMAINS: usize = 3;
/// Place of the hosts.
pub const HOSTS: usize = 4;
/// Place of the suspicious addresses.
pub const SUSPICIOUS: usize = 5;
/// Place of the rules.
pub const RULES: usize = 6;

/// A number for whatever makes a row itself.
fn identity(of: impl std::hash::Hash) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(of)
}

/// What to say where the filter or the time so far leaves nothing.
fn nothing(app: &App, what: &str) -> String {
    let source = &app.snapshot.source;
    if app.filters.filter().is_some() && app.snapshot.totals.packets > 0 {
        format!("The filter shows no {what}. Esc takes it away, / changes it.")
    } else if !source.finished && source.live {
        format!("No {what} yet: waiting for packets.")
    } else if !source.finished {
        format!("No {what} yet: reading.")
    } else {
        format!("There are no {what} in this capture.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_names() {
        let at = |place: usize| PANES.get(place).map(|p| p.name());
        assert_eq!(at(BOARD), Some("Dashboard"));
        assert_eq!(at(FLOWS), Some("Flows"));
        assert_eq!((at(APPS), at(DOMAINS), at(HOSTS)), (Some("Apps"), Some("Domains"), Some("Hosts")));
        assert_eq!((at(SUSPICIOUS), at(RULES)), (Some("Suspicious"), Some("Rules")));
        assert!(PANES.len() <= 9, "there are nine number keys");
        for (i, a) in PANES.iter().enumerate() {
            assert!(!a.about().is_empty() && a.short().len() <= a.name().len());
            assert!(PANES.iter().skip(i + 1).all(|b| a.name() != b.name()));
        }
    }
}

//! The dashboard: no list of its own, but a view of the others (see [`crate::tui::layout`]).

use super::Pane;
use crate::tui::app::App;
use crate::tui::layout::Slot;
use crate::tui::pen::Pen;

/// The dashboard.
pub struct Board;

impl Pane for Board {
    fn name(&self) -> &'static str {
        "Dashboard"
    }

    fn short(&self) -> &'static str {
        "Dash"
    }

    fn about(&self) -> &'static str {
        "Everything at a glance: traffic, flows, apps, domains, suspects"
    }

    fn place(&self) -> u8 {
        0
    }

    fn rows(&self, _app: &App) -> usize {
        0
    }

    fn key(&self, _app: &App, row: usize) -> u64 {
        row as u64
    }

    fn draw(&self, _app: &App, _pen: &mut Pen, _slot: &Slot, _focused: bool) {}
}

//! What lies above the panes and takes the keys: menus, prompts, help. One file each.

pub mod block;
pub mod command;
pub mod export;
pub mod filter;
pub mod help;
pub mod input;
pub mod log;
pub mod menu;
pub mod path;
pub mod report;
pub mod save;
pub mod sort;

use crossterm::event::KeyEvent;

use super::app::App;
use super::pen::Pen;

/// Whether an overlay stays after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It stays.
    Stay,
    /// It goes.
    Close,
}

/// Something above the panes.
pub trait Overlay {
    /// Takes a key. Ctrl-C never comes here.
    fn key(&mut self, key: KeyEvent, app: &mut App) -> Next;
    /// Takes pasted text.
    fn paste(&mut self, _text: &str, _app: &mut App) -> Next {
        Next::Stay
    }
    /// Keys for the footer, with a word each.
    fn hints(&self) -> Vec<(&'static str, &'static str)>;
    /// Draws it; the pen has the whole screen.
    fn draw(&self, app: &App, pen: &mut Pen);
}

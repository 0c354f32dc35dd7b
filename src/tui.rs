//! Floor 7: snapshot to screen.
//!
//! [`run`] is the loop: input, the newest snapshot, a frame if anything changed. The state ([`app`]) knows no terminal,
//! drawing ([`draw`]) changes no state, and both are tested without a terminal. Keys are one table ([`keys`]), panes are
//! one registry ([`panes`]), and [`pen::Pen`] is the only way to write on the screen.

pub mod actions;
pub mod app;
pub mod bars;
pub mod chrome;
pub mod detail;
pub mod draw;
pub mod filters;
mod inbox;
pub mod keys;
pub mod layout;
pub mod list;
pub mod mouse;
pub mod overlays;
pub mod panes;
pub mod pen;
pub mod subject;
pub mod table;
mod terminal;
pub mod theme;
pub mod toasts;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::snapshot::Monitor;
use app::{App, Chore};
use inbox::Inbox;
use terminal::{Screen, Signals};

/// Shortest time between two frames.
const FRAME: Duration = Duration::from_millis(16);
/// How often to look for a new snapshot while there may be one soon.
const SOON: Duration = Duration::from_millis(50);
/// How often to look otherwise: often enough to end in time when told to.
const SELDOM: Duration = Duration::from_millis(250);
/// How long after a key an answer of the engine may be on its way.
const ANSWER: Duration = Duration::from_secs(2);

/// How the screen is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// No colours; the environment's `NO_COLOR` does the same.
    pub no_color: bool,
    /// Name of the theme: see [`theme::THEMES`].
    pub theme: Option<String>,
    /// Show addresses only, no names guessed for them.
    pub no_names: bool,
    /// Leave the mouse to the terminal.
    pub no_mouse: bool,
    /// The rules file, to save to.
    pub rules_path: Option<PathBuf>,
    /// A filter to begin with.
    pub filter: Option<String>,
}

/// Shows the screen until the user, a signal or a closed terminal ends it. The terminal is given back on every way out.
///
/// # Errors
/// The terminal cannot be read or written, or a thread has panicked.
pub fn run(monitor: Arc<dyn Monitor>, options: Options) -> io::Result<()> {
    let signals = Signals::listen()?;
    let mut screen = Screen::enter(!options.no_mouse)?;
    let inbox = Inbox::open()?;
    let mut app = App::new(monitor, options);
    match turn(&mut app, &mut screen, &signals, &inbox) {
        // A terminal that is gone cannot be written to: that is an end, not an error.
        Err(_) if signals.end() || !io::stdout().is_terminal() => Ok(()),
        end => end,
    }
}

/// Input, the newest snapshot, a frame if anything changed; again and again.
fn turn(app: &mut App, screen: &mut Screen, signals: &Signals, inbox: &Inbox) -> io::Result<()> {
    let start = Instant::now();
    let mut drawn = start.checked_sub(FRAME).unwrap_or(start);
    let mut touched = start;
    while !app.done && !signals.end() {
        if terminal::panicked() {
            return Err(io::Error::other("a thread has panicked"));
        }
        app.tick(start.elapsed());
        app.refresh();
        if app.dirty && drawn.elapsed() >= FRAME {
            app.dirty = false;
            screen.draw(|frame| {
                app.arrange(frame.area());
                draw::screen(app, frame.buffer_mut());
            })?;
            drawn = Instant::now();
        }
        let mut event = inbox.next(patience(app, drawn, touched))?;
        if event.is_some() {
            touched = Instant::now();
            // Keys mean what is on the screen now, not what was there when the wait began.
            app.refresh();
        } else if !app.dirty && !io::stdout().is_terminal() {
            return Ok(());
        }
        // Everything that is there at once: a held key must not queue up behind the drawing.
        while let Some(next) = event.take().filter(|_| !app.done) {
            app.event(next);
            event = inbox.next(Duration::ZERO)?;
        }
        if signals.stop() {
            app.chores.push(Chore::Suspend);
        }
        chores(app, screen)?;
    }
    Ok(())
}

/// How long to wait for input.
fn patience(app: &App, drawn: Instant, touched: Instant) -> Duration {
    let source = &app.snapshot.source;
    if app.dirty {
        FRAME.saturating_sub(drawn.elapsed())
    } else if (source.finished || source.paused) && touched.elapsed() > ANSWER {
        SELDOM
    } else {
        SOON
    }
}

fn chores(app: &mut App, screen: &mut Screen) -> io::Result<()> {
    for chore in std::mem::take(&mut app.chores) {
        match chore {
            Chore::Copy(text) => screen.copy(&text)?,
            Chore::Redraw => screen.redraw()?,
            Chore::Suspend => screen.suspend()?,
        }
        app.dirty = true;
    }
    Ok(())
}

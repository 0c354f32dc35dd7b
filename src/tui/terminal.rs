//! The terminal: taken over, and given back on every way out.

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Whether the terminal is ours; whoever turns this to `false` gives it back.
static OURS: AtomicBool = AtomicBool::new(false);
/// Whether a thread has panicked: from then on nothing is drawn.
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Held while a frame is written, so that a panic elsewhere gives the terminal back after it, not in its middle.
static DRAWING: Mutex<()> = Mutex::new(());

/// Room for a whole frame, so that it leaves in few writes.
const FRAME: usize = 256 * 1024;

type Backend = CrosstermBackend<io::BufWriter<io::Stdout>>;

/// The terminal while it is ours. Dropping it gives it back.
pub struct Screen {
    // Never dropped: on a terminal that is gone ratatui's own clean-up panics while it complains. Ours says nothing.
    terminal: ManuallyDrop<Terminal<Backend>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        take(mouse)?;
        let backend = CrosstermBackend::new(io::BufWriter::with_capacity(FRAME, io::stdout()));
        // From here on an error gives the terminal back as well.
        let guard = Restore;
        let terminal = ManuallyDrop::new(Terminal::new(backend)?);
        std::mem::forget(guard);
        Ok(Self { terminal, mouse })
    }

    /// Draws a frame, all of it at once where the terminal can.
    pub fn draw(&mut self, frame: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        let _held = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if PANICKED.load(Ordering::SeqCst) {
            return Ok(());
        }
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(frame)?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn redraw(&mut self) -> io::Result<()> {
        // `clear` would ask the terminal where its cursor is, and wait for the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
    }

    /// Puts text into the clipboard of whoever looks at the terminal, also over ssh (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let backend = self.terminal.backend_mut();
        write!(backend, "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        io::Write::flush(backend)
    }

    /// Gives the terminal back, stops as a job of the shell, and takes it over again when told to go on.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take(self.mouse)?;
        self.redraw()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        restore();
    }
}

fn take(mouse: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back, if it is ours. What fails here cannot be told to anybody any more.
pub fn restore() {
    if !OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        ResetColor,
        LeaveAlternateScreen,
        Show
    );
    let _ = terminal::disable_raw_mode();
    let _ = out.flush();
}

/// Whether some thread has panicked.
pub fn panicked() -> bool {
    PANICKED.load(Ordering::SeqCst)
}

/// From now on a panic in any thread first gives the terminal back and then speaks.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICKED.store(true, Ordering::SeqCst);
            let held = wait_for_frame();
            restore();
            drop(held);
            before(info);
        }));
    });
}

/// Waits for a frame that is being written, but not for ever: it may be the drawing itself that panicked.
fn wait_for_frame() -> Option<std::sync::MutexGuard<'static, ()>> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(100) {
        if let Ok(held) = DRAWING.try_lock() {
            return Some(held);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    None
}

/// Flags that signals raise.
pub struct Signals {
    end: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Signals {
    /// Listens from now on.
    pub fn listen() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
        let signals = Self { end: Arc::default(), stop: Arc::default() };
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGQUIT] {
            signal_hook::flag::register(signal, signals.end.clone())?;
        }
        signal_hook::flag::register(SIGTSTP, signals.stop.clone())?;
        Ok(signals)
    }

    /// Whether somebody wants the program to end.
    pub fn end(&self) -> bool {
        self.end.load(Ordering::SeqCst)
    }

    /// Whether somebody wants the program to stop for a while; asking forgets it.
    pub fn stop(&self) -> bool {
        self.stop.swap(false, Ordering::SeqCst)
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS.get((group >> (18 - 6 * i) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_as_everybody_has_it() {
        let said = ["", "f", "fo", "foo", "foob"].map(|text| super::base64(text.as_bytes()));
        assert_eq!(said, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}

//! Input on a thread of its own: on a terminal that has gone away crossterm waits inside itself for ever, and then the
//! rest must still be able to end the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crossterm::event::{self, Event};

/// How often the thread looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// Events as they come in. Dropping it ends the thread.
pub struct Inbox {
    events: Receiver<io::Result<Event>>,
    unwanted: Arc<AtomicBool>,
}

impl Inbox {
    /// Listens from now on.
    pub fn open() -> io::Result<Self> {
        let unwanted = Arc::new(AtomicBool::new(false));
        let (send, events) = mpsc::channel();
        let stop = Arc::clone(&unwanted);
        std::thread::Builder::new().name("keys".into()).spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let event = match event::poll(LOOK) {
                    Ok(false) => continue,
                    Ok(true) => event::read(),
                    Err(error) => Err(error),
                };
                let failed = event.is_err();
                if send.send(event).is_err() || failed {
                    return;
                }
            }
        })?;
        Ok(Self { events, unwanted })
    }

    /// The next event, if one comes in this time.
    pub fn next(&self, patience: Duration) -> io::Result<Option<Event>> {
        match self.events.recv_timeout(patience) {
            Ok(event) => event.map(Some),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

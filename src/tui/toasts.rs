//! Short messages: shown for some seconds, kept for the log.

use std::time::Duration;

use crate::engine::snapshot::Snapshot;

/// How long a message stays.
const STAY: Duration = Duration::from_secs(5);
/// Messages kept for the log.
const KEPT: usize = 200;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// One plain sentence.
    pub text: String,
    /// Whether something went wrong.
    pub error: bool,
    until: Duration,
}

/// The messages, newest last.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    seen: u64,
    shown: Option<Toast>,
    log: Vec<Toast>,
}

impl Toasts {
    /// None yet; what the snapshot already says is old.
    #[must_use]
    pub fn starting_after(snapshot: &Snapshot) -> Self {
        let seen = snapshot.notices.iter().map(|n| n.serial).max().unwrap_or(0);
        Self { seen, ..Self::default() }
    }

    /// The message to show now.
    #[must_use]
    pub fn current(&self) -> Option<&Toast> {
        self.shown.as_ref()
    }

    /// All messages, oldest first.
    #[must_use]
    pub fn log(&self) -> &[Toast] {
        &self.log
    }

    /// Takes what the engine says anew.
    pub fn read(&mut self, snapshot: &Snapshot, now: Duration) {
        for notice in snapshot.notices.iter().filter(|n| n.serial > self.seen).cloned().collect::<Vec<_>>() {
            self.seen = notice.serial;
            self.say(notice.text, notice.error, now);
        }
    }

    /// Shows a message.
    pub fn say(&mut self, text: String, error: bool, now: Duration) {
        let toast = Toast { text, error, until: now + STAY };
        if self.log.len() >= KEPT {
            self.log.remove(0);
        }
        self.log.push(toast.clone());
        self.shown = Some(toast);
    }

    /// Takes away what was shown long enough. Whether that changed anything.
    pub fn expire(&mut self, now: Duration) -> bool {
        let old = self.shown.as_ref().is_some_and(|t| t.until <= now);
        if old {
            self.shown = None;
        }
        old
    }
}

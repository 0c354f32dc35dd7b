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
    /// What to add to the engine's next answer, if it comes before that time and is no error.
    hint: Option<(String, Duration)>,
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
            let hint = self.hint.take().filter(|(_, until)| !notice.error && now < *until);
            let hint = hint.map_or_else(String::new, |(hint, _)| format!(": {hint}"));
            self.say(format!("{}{hint}", sentence(&notice.text)), notice.error, now);
        }
    }

    /// Adds this to what the engine will answer.
    pub fn add_to_next(&mut self, hint: String, now: Duration) {
        self.hint = Some((hint, now + STAY));
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

/// The text with a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::Notice;

    #[test]
    fn an_answer_takes_its_hint_and_goes_in_time() {
        let mut toasts = Toasts::default();
        let notice = |serial, error| Notice { serial, error, text: "blocked x".into() };
        let start = Duration::from_secs(1);
        toasts.add_to_next("u undoes".into(), start);
        toasts.read(&Snapshot { notices: vec![notice(1, false), notice(2, false)], ..Snapshot::default() }, start);
        let said: Vec<_> = toasts.log().iter().map(|t| t.text.as_str()).collect();
        assert_eq!(said, ["Blocked x: u undoes", "Blocked x"]);
        toasts.add_to_next("u undoes".into(), start);
        toasts.read(&Snapshot { notices: vec![notice(2, false), notice(3, true)], ..Snapshot::default() }, start);
        assert_eq!(toasts.current().map(|t| (t.text.as_str(), t.error)), Some(("Blocked x", true)));
        assert!(!toasts.expire(start) && toasts.expire(start + STAY) && toasts.current().is_none());
    }
}

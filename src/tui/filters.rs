//! What is shown of the flows: the filter that was typed, and the steps that one went down.

use std::sync::Arc;

use crate::engine::query::{Filter, FilterError};

/// One step down, and where it was taken.
#[derive(Debug, Clone)]
pub struct Crumb {
    /// What it is called.
    pub label: String,
    /// What it shows.
    pub text: String,
    /// The view it was taken in.
    pub view: usize,
    /// The pane of the dashboard that had the focus.
    pub board_focus: usize,
}

/// The filter that was typed, and the steps that one went down.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    typed: String,
    crumbs: Vec<Crumb>,
    applied: Option<Arc<Filter>>,
    /// Filters typed before, newest last.
    pub history: Vec<String>,
}

impl Filters {
    /// What was typed.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The steps down, outermost first.
    #[must_use]
    pub fn crumbs(&self) -> &[Crumb] {
        &self.crumbs
    }

    /// Everything together, as the filter language has it.
    #[must_use]
    pub fn text(&self) -> String {
        let typed = if self.crumbs.is_empty() || self.typed.is_empty() {
            self.typed.clone()
        } else {
            format!("({})", self.typed)
        };
        let steps = self.crumbs.iter().map(|c| c.text.clone());
        steps.chain((!typed.is_empty()).then_some(typed)).collect::<Vec<_>>().join(" and ")
    }

    /// Everything together; none if all flows are shown.
    #[must_use]
    pub fn filter(&self) -> Option<Arc<Filter>> {
        self.applied.clone()
    }

    /// Shows what the text says from now on, if it can be understood; else all stays as it was.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn set_typed(&mut self, text: &str) -> Result<(), FilterError> {
        Filter::parse(text)?;
        self.typed = text.trim().to_owned();
        self.apply();
        Ok(())
    }

    /// Keeps what was typed for the arrow keys of the next time.
    pub fn remember(&mut self) {
        if !self.typed.is_empty() {
            self.history.retain(|old| *old != self.typed);
            self.history.push(self.typed.clone());
        }
    }

    /// Goes a step down. Whether it led anywhere new.
    pub fn down(&mut self, crumb: Crumb) -> bool {
        if self.crumbs.iter().any(|c| c.text == crumb.text) || Filter::parse(&crumb.text).is_err() {
            return false;
        }
        self.crumbs.push(crumb);
        self.apply();
        true
    }

    /// Goes a step up.
    pub fn up(&mut self) -> Option<Crumb> {
        let crumb = self.crumbs.pop();
        self.apply();
        crumb
    }

    fn apply(&mut self) {
        let text = self.text();
        self.applied = if text.is_empty() { None } else { Filter::parse(&text).ok().map(Arc::new) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crumb(text: &str) -> Crumb {
        Crumb { label: text.into(), text: text.into(), view: 0, board_focus: 1 }
    }

    #[test]
    fn steps_and_words_hold_together() {
        let mut filters = Filters::default();
        assert!(filters.filter().is_none());
        filters.set_typed("tcp or udp").unwrap();
        assert_eq!(filters.text(), "tcp or udp");
        assert!(filters.down(crumb("app=\"You\"")) && !filters.down(crumb("app=\"You\"")));
        assert_eq!(filters.text(), "app=\"You\" and (tcp or udp)");
        assert!(filters.set_typed("byt>1").is_err());
        assert_eq!(filters.typed(), "tcp or udp");
        assert!(filters.up().is_some() && filters.up().is_none());
        filters.set_typed("").unwrap();
        assert!(filters.filter().is_none());
    }
}

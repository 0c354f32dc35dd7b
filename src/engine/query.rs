//! The filter language of the screen and of `--filter`.

use super::snapshot::FlowRow;

/// A parsed filter.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
}

/// Why a filter cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Offset in bytes of what was not understood.
    pub at: usize,
    /// What would be right, in words.
    pub message: String,
}

impl Filter {
    /// Parses a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_lowercase() })
    }

    /// Whether it shows this flow.
    #[must_use]
    pub fn matches(&self, row: &FlowRow) -> bool {
        row.domain.as_deref().is_some_and(|d| d.contains(&self.text))
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

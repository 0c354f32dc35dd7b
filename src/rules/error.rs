//! What is wrong with rules, in sentences.

use std::path::PathBuf;
use std::{error, fmt, io};

use super::rule::{Origin, Section};

/// Characters of somebody's text that a message repeats.
const QUOTED: usize = 60;

/// Why a rule or a rules file is refused. Its text is one line, harmless on a terminal.
#[derive(Debug)]
pub enum RuleError {
    /// A file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A line of a file is not understood.
    Line {
        /// File and line.
        origin: Origin,
        /// Character in the line, from 1.
        column: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A single rule, from the command line or a key, is not understood.
    Entry {
        /// Where it is from.
        origin: Origin,
        /// Its section.
        section: Section,
        /// Its text.
        entry: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// There are more errors in the file than are listed.
    More {
        /// The file.
        path: PathBuf,
    },
    /// There is no rule of that number.
    Unknown(u32),
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, error } => write!(f, "{}: cannot read: {error}", path.to_string_lossy().escape_debug()),
            Self::Line { origin, column, problem } => write!(f, "{origin}:{column}: {problem}"),
            Self::Entry { origin, section, entry, problem } => {
                write!(f, "{origin}: [{}] {}: {problem}", section.name(), quoted(entry))
            }
            Self::More { path } => write!(f, "{}: and more errors", path.to_string_lossy().escape_debug()),
            Self::Unknown(id) => write!(f, "there is no rule {id}"),
        }
    }
}

impl error::Error for RuleError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Read { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with one entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Offset in bytes in the entry.
    pub(super) at: usize,
    /// What is wrong and what would be right.
    pub(super) problem: String,
}

impl Wrong {
    pub(super) fn new(at: usize, problem: String) -> Self {
        Self { at, problem }
    }

    /// The same, of an entry that begins `by` bytes earlier.
    pub(super) fn moved(mut self, by: usize) -> Self {
        self.at += by;
        self
    }
}

/// Text from outside in a message: quoted, cut, without control characters.
pub(super) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(QUOTED).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("'{}{dots}'", short.escape_debug())
}

//! One rule: its number, its section, its words, where it is from.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::entry::Pattern;

/// Number of a rule: stays while the program runs, whatever comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(
    /// From 1 on.
    pub u32,
);

/// What a match says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The flow passes, whatever other rules say.
    Allow(RuleId),
    /// The flow is stopped.
    Block(RuleId),
}

impl Decision {
    /// The rule that it is from.
    #[must_use]
    pub fn rule(self) -> RuleId {
        match self {
            Self::Allow(id) | Self::Block(id) => id,
        }
    }

    /// Whether it stops the flow.
    #[must_use]
    pub fn is_block(self) -> bool {
        matches!(self, Self::Block(_))
    }
}

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Lets it pass.
    Allow,
    /// Stops it.
    Block,
}

/// What a rule looks at. In the order in which rules are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The addresses of client and server.
    Address,
    /// The server's port.
    Port,
    /// App, protocol or category.
    App,
    /// A name that the client asked for.
    Domain,
}

impl Kind {
    /// Its word: `address`, `port`, `app`, `domain`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Port => "port",
            Self::App => "app",
            Self::Domain => "domain",
        }
    }
}

/// A section of a rules file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Section {
    AllowedIps,
    AllowedApps,
    AllowedDomains,
    BlockedIps,
    BlockedPorts,
    BlockedApps,
    BlockedDomains,
}

impl Section {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 7] = [
        Self::AllowedIps,
        Self::AllowedApps,
        Self::AllowedDomains,
        Self::BlockedIps,
        Self::BlockedPorts,
        Self::BlockedApps,
        Self::BlockedDomains,
    ];

    /// Its name, without brackets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AllowedIps => "ALLOWED_IPS",
            Self::AllowedApps => "ALLOWED_APPS",
            Self::AllowedDomains => "ALLOWED_DOMAINS",
            Self::BlockedIps => "BLOCKED_IPS",
            Self::BlockedPorts => "BLOCKED_PORTS",
            Self::BlockedApps => "BLOCKED_APPS",
            Self::BlockedDomains => "BLOCKED_DOMAINS",
        }
    }

    /// The section of a name in any case.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(name))
    }

    /// What its rules look at.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::AllowedIps | Self::BlockedIps => Kind::Address,
            Self::BlockedPorts => Kind::Port,
            Self::AllowedApps | Self::BlockedApps => Kind::App,
            Self::AllowedDomains | Self::BlockedDomains => Kind::Domain,
        }
    }

    /// What its rules do.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::AllowedIps | Self::AllowedApps | Self::AllowedDomains => Action::Allow,
            _ => Action::Block,
        }
    }
}

/// Where a rule is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A rules file.
    File {
        /// Its path.
        path: Arc<Path>,
        /// The line, from 1.
        line: u32,
    },
    /// An option of the command line.
    CommandLine,
    /// A key on the screen.
    Key,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.to_string_lossy().escape_debug()),
            Self::CommandLine => f.write_str("command line"),
            Self::Key => f.write_str("key"),
        }
    }
}

/// One rule. Shown as a rules file would have it, with its section: `[BLOCKED_DOMAINS] *.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// Its section.
    pub section: Section,
    /// The entry as it was written, without comment. May hold any text: make it harmless when shown.
    pub entry: Box<str>,
    /// Where it is from.
    pub origin: Origin,
    /// Whether it acts.
    pub enabled: bool,
    pub(super) pattern: Pattern,
}

impl Rule {
    /// The decision if it matches.
    #[must_use]
    pub fn decision(&self) -> Decision {
        match self.section.action() {
            Action::Allow => Decision::Allow(self.id),
            Action::Block => Decision::Block(self.id),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.section.name(), self.entry)
    }
}

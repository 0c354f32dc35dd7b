//! Floor 4: what to stop. The grammar of rules files, the compiled matcher, and rules changed while it runs.
//!
//! A rules file has sections, `[BLOCKED_IPS]`, `[BLOCKED_PORTS]`, `[BLOCKED_APPS]`, `[BLOCKED_DOMAINS]` and
//! `[ALLOWED_IPS]`, `[ALLOWED_APPS]`, `[ALLOWED_DOMAINS]`, their names in any case, and in them one entry a line:
//!
//! | section | entries |
//! |---|---|
//! | `_IPS` | `10.0.0.1`, `2001:db8::/32`, `10.0.0.1-10.0.0.9`; with `from:` only as client, with `to:` only as server |
//! | `_PORTS` | `443`, `6000-6010`, `tcp/443`, `udp/500`: the server's port |
//! | `_APPS` | an app, protocol or category by name, in any case |
//! | `_DOMAINS` | `example.com` itself, or `*.example.com`: it and all below it; IDNs as text or punycode |
//!
//! `#` begins a comment anywhere. The file is UTF-8, with or without byte order mark, its lines end as they like.
//! Whatever is not understood is an error with its place and what would be right; nothing is ignored.
//!
//! Rules are tested in the order address, port, app, domain; of one kind what is allowed comes before what is
//! blocked, and then the rule that was there first. The first that matches is the verdict.

mod address;
mod domain;
mod entry;
mod error;
mod intervals;
mod lines;
mod load;
mod name;
mod port;
mod punycode;
mod rule;
mod set;
mod suggest;
mod text;

pub use error::RuleError;
pub use load::Loader;
pub use name::{KnownNames, NameKind};
pub use rule::{Action, Decision, Kind, Origin, Rule, RuleId, Section};
pub use set::RuleSet;
pub use suggest::closest;

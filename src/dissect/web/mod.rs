//! The web and what it rests on.

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[];

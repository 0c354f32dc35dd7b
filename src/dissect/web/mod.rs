//! The web and what it rests on.

pub mod tls;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&tls::TLS, &tls::DOH_DOT];

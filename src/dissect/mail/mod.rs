//! Mail: sending, fetching.

pub mod imap;
pub mod pop3;
pub mod smtp;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&smtp::SMTP, &pop3::POP3, &imap::IMAP];

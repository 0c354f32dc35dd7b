//! Names, addresses, time and other services of the network itself.

pub mod dns;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&dns::DNS, &dns::MDNS, &dns::LLMNR];

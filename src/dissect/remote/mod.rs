//! Terminals and desktops from afar.

pub mod dcerpc;
pub mod rdp;
pub mod ssh;
pub mod telnet;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&ssh::SSH, &telnet::TELNET, &rdp::RDP, &dcerpc::DCERPC];

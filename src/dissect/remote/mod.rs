//! Terminals and desktops from afar, and procedures called there.

pub mod dcerpc;
pub mod rdp;
pub mod small;
pub mod ssh;
pub mod telnet;
pub mod vnc;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &ssh::SSH,
    &telnet::TELNET,
    &rdp::RDP,
    &dcerpc::DCERPC,
    &vnc::VNC,
    &small::X11,
    &small::XDMCP,
    &small::RSH,
    &small::CITRIX,
    &small::TEAMVIEWER,
    &small::NOMACHINE,
    &small::RADMIN,
    &small::ANYDESK,
    &small::RMCP,
    &small::ADB,
    &small::NOTES,
];

//! Private networks across public ones.

pub mod ike;
pub mod openvpn;
pub mod small;
pub mod wireguard;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &wireguard::WIREGUARD,
    &wireguard::WARP,
    &openvpn::OPENVPN,
    &ike::IPSEC,
    &small::PPTP,
    &small::TINC,
    &small::SOFTETHER,
    &small::TAILSCALE,
    &small::CISCO,
];

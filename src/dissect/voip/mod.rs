//! Calls: signalling, media, and what brings them through address translation.

pub mod h323;
pub mod rtp;
pub mod sip;
pub mod small;
pub mod stun;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &stun::STUN,
    &sip::SIP,
    &rtp::RTP,
    &rtp::RTCP,
    &h323::H323,
    &small::MGCP,
    &small::MEGACO,
    &small::IAX,
    &small::SKINNY,
    &small::TEAMSPEAK,
    &small::MUMBLE,
    &small::BFCP,
];

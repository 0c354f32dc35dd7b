//! Messages between programs and between people.

pub mod mqtt;
pub mod xmpp;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&mqtt::MQTT, &xmpp::XMPP];

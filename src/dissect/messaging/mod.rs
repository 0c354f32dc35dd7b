//! Messages between programs and between people.

pub mod irc;
pub mod mqtt;
pub mod small;
pub mod xmpp;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &mqtt::MQTT,
    &xmpp::XMPP,
    &irc::IRC,
    &small::AMQP,
    &small::STOMP,
    &small::KAFKA,
    &small::NATS,
    &small::ZEROMQ,
    &small::OPENWIRE,
    &small::SMPP,
    &small::NNTP,
];

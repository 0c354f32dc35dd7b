//! Apps that speak a protocol of their own.

pub mod small;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &small::DISCORD,
    &small::WHATSAPP,
    &small::TELEGRAM,
    &small::VIBER,
    &small::ZOOM,
    &small::LINE_CALL,
    &small::OICQ,
    &small::SD_RTN,
    &small::ALICLOUD,
    &small::AVAST,
    &small::XIAOMI,
    &small::DINGTALK,
    &small::SPOTIFY,
    &small::NEST,
];

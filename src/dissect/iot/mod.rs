//! Things in homes and vehicles.

pub mod coap;
pub mod small;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] =
    &[&coap::COAP, &small::SOMEIP, &small::RTPS, &small::UFTP, &small::TPLINK, &small::TUYA, &small::TIVO];

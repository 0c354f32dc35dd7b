//! Sharing among equals: files, coins, and those who mine them.

pub mod bittorrent;
pub mod coins;
pub mod small;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &bittorrent::BITTORRENT,
    &coins::BITCOIN,
    &coins::ETHEREUM,
    &coins::MONERO,
    &coins::NANO,
    &coins::ZUG,
    &coins::MINING,
    &small::EDONKEY,
    &small::GNUTELLA,
    &small::SYNCTHING,
];

//! Games and what they are built on.

pub mod engines;
pub mod small;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &engines::SOURCE,
    &engines::HALF_LIFE,
    &engines::STEAM,
    &engines::SDR,
    &engines::RAKNET,
    &engines::KCP,
    &engines::GENSHIN,
    &engines::YOJIMBO,
    &engines::MINECRAFT,
    &small::AMONG_US,
    &small::CRY_NETWORK,
    &small::RIOT,
    &small::WILD_RIFT,
    &small::NINTENDO,
    &small::PATH_OF_EXILE,
    &small::COD_MOBILE,
    &small::STARCRAFT,
    &small::WOW,
    &small::WARCRAFT3,
    &small::HEROES,
    &small::TENCENT,
    &small::NETEASE,
    &small::GAIJIN,
    &small::TES_ONLINE,
    &small::ACTIVISION,
    &small::ARMAGETRON,
    &small::MAPLE_STORY,
    &small::DOFUS,
    &small::GUILD_WARS,
    &small::KUNG_FU,
    &small::CROSSFIRE,
];

//! Databases and caches.

pub mod mysql;
pub mod oracle;
pub mod postgresql;
pub mod redis;
pub mod small;
pub mod tds;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &postgresql::POSTGRESQL,
    &mysql::MYSQL,
    &redis::RESP,
    &tds::TDS,
    &oracle::ORACLE,
    &small::MONGODB,
    &small::MEMCACHED,
    &small::CASSANDRA,
    &small::DRDA,
];

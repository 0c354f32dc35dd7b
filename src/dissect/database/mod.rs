//! Databases and caches.

pub mod mysql;
pub mod postgresql;
pub mod redis;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[&postgresql::POSTGRESQL, &mysql::MYSQL, &redis::RESP];

//! Floor 5: sources, threads, channels, the collector, the snapshot. The only floor with threads and locks.

pub mod judge;
pub mod mailbox;
pub mod query;
pub mod snapshot;
pub mod source;
pub mod tracker;

//! Floor 5: sources, threads, channels, the collector, the snapshot. The only floor with threads and locks.
//!
//! A packet's way: [`source`] -> [`reader`] (decodes, picks the worker by the pair of hosts) -> [`worker`] with its
//! [`tracker`] -> [`harvest`] or the screen's collector; and, where packets are written, [`writer`].

pub mod board;
pub mod book;
pub mod filter;
pub mod harvest;
pub mod judge;
pub mod mailbox;
pub mod pipeline;
pub mod query;
pub mod reader;
pub mod record;
pub mod rows;
pub mod snapshot;
pub mod source;
pub mod sums;
pub mod timeline;
pub mod tracker;
pub mod worker;
pub mod writer;

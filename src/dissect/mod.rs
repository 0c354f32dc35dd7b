//! Floor 2: protocols, one file each, in family folders.
//!
//! A protocol is a [`Protocol`] descriptor with a `probe` that recognises it from its bytes and, where there is more to
//! learn, a [`Reading`] that takes its facts. The [`Registry`] indexes all of them by first byte, so that only the few
//! that can be meant are asked. Ports are hints: they order the candidates and never name a flow by themselves.
//!
//! A new protocol is one file and its line in its family's `PROTOCOLS`.

mod context;
pub mod inspect;
mod protocol;
mod registry;
#[cfg(test)]
pub(crate) mod testing;

pub mod apps;
pub mod auth;
pub mod common;
pub mod database;
pub mod file;
pub mod games;
pub mod industrial;
pub mod iot;
pub mod mail;
pub mod messaging;
pub mod net;
pub mod p2p;
pub mod remote;
pub mod voip;
pub mod vpn;
pub mod web;

pub use context::{Cx, Evidence, Findings, Hint, Layer};
pub use protocol::{Dissector, Fit, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
pub use registry::{ProtocolId, Registry};

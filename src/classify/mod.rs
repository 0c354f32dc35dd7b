//! Floor 3: what a flow is called, and why.
//!
//! [`apps`] knows services by host name; [`Label`] holds the name of a flow with the layer that gave it; [`Known`] is
//! everything that identification keeps of a flow.

pub mod apps;
mod known;
mod label;

pub use known::{Knowledge, Known, Packet, Scratch};
pub use label::{Label, LabelState, Layers};

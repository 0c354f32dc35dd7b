//! dpimon names what is in network traffic: protocols, apps and domains, by flow.
//!
//! # The house
//!
//! Every file uses only floors below its own.
//!
//! | floor | module | what lives there |
//! |---|---|---|
//! | 0 | [`packet`] | bytes to headers: link types, tunnels, IP fragments; [`packet::Reader`], the bounds-checked cursor |
//! | 0 | [`facts`] | an ordered, capped list of (field, value) that upper floors read without knowing the protocol |
//! | 0 | [`text`] | strings from packets made harmless for display, numbers for people |
//! | 1 | [`flow`] | flow key, bounded flow table, TCP state, in-order stream prefix, counters |
//! | 2 | [`dissect`] | protocols, one file each, and the registry with its first-byte index |
//! | 3 | [`classify`] | dissector verdict, host name, address, port to a label with its evidence |
//! | 4 | [`rules`], [`suspicion`] | what to stop; what looks wrong |
//! | 5 | [`engine`] | sources, threads, channels, the collector, the snapshot |
//! | 6 | [`report`], [`export`] | snapshot or records to bytes, one file per format |
//! | 7 | `tui` | snapshot to screen |
//!
//! Nothing below [`engine`] reads the clock: time comes with the packet.

mod classifier;
pub mod classify;
pub mod cli;
pub mod config;
pub mod dissect;
pub mod engine;
pub mod export;
pub mod facts;
pub mod flow;
pub mod headless;
pub mod limits;
pub mod lists;
pub mod packet;
pub mod report;
pub mod rules;
#[cfg(feature = "tui")]
pub mod screen;
pub mod session;
pub mod suspicion;
pub mod text;
pub mod time;
#[cfg(feature = "tui")]
pub mod tui;

pub use classifier::{Builder, Classified, Classifier, Direction, FiveTuple, LabelView};

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

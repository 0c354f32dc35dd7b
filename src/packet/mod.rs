//! Floor 0: bytes to headers.

mod reader;

pub use reader::{Incomplete, Reader};

/// A link type number as in the tcpdump.org registry (`LINKTYPE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(
    /// The registered number; 1 is Ethernet.
    pub u32,
);

//! Floor 0: bytes to headers.
//!
//! [`decode()`] walks a frame from its link type to the innermost transport payload, through VLAN tags, MPLS, PPPoE and
//! tunnels. It allocates nothing, keeps no state and never fails loudly: what cannot be decoded has a reason
//! ([`Undecoded`]) that is counted. Datagrams in fragments are put together by [`Fragments`].

mod decode;
mod fragments;
mod headers;
mod ip;
mod link;
mod reader;
mod tunnel;

pub use decode::{decode, decode_ip_payload};
pub use fragments::{Fragments, Piece};
pub use headers::{Addr, Carrier, Fragment, Headers, Key, Tcp, TcpFlags, Tunnel, Undecoded};
pub use reader::{Incomplete, Reader};

/// A link type number as in the tcpdump.org registry (`LINKTYPE_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(
    /// The registered number; 1 is Ethernet.
    pub u32,
);

//! Floor 1: which packets belong together, in what order their bytes come, and how much there was.

mod stream;
mod table;
mod tcp;

pub use stream::{Arrival, Stream};
pub use table::{Flow, FlowIndex, Inserted, Table};
pub use tcp::{TcpState, TcpTrack};

use crate::packet::{Headers, Key};

/// Packets and bytes of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, link header included.
    pub bytes: u64,
}

impl Count {
    /// Counts one packet.
    pub fn add(&mut self, wire: u32) {
        self.packets += 1;
        self.bytes += u64::from(wire);
    }
}

/// Whether the lower endpoint of the key is the client, judged by a flow's first packet: the client is whoever sent
/// the SYN, else received the SYN+ACK, else sent first.
#[must_use]
pub fn client_is_low(headers: &Headers) -> bool {
    let flags = headers.tcp.flags;
    let from_server = headers.key.proto() == TCP && flags.syn() && flags.ack();
    headers.from_low != from_server
}

/// IP protocol number of TCP.
pub const TCP: u8 = 6;

/// The client's and the server's endpoint of a flow.
#[must_use]
pub fn endpoints(key: &Key, client_is_low: bool) -> [(std::net::IpAddr, u16); 2] {
    let (low, high) = (key.low(), key.high());
    let (client, server) = if client_is_low { (low, high) } else { (high, low) };
    [(client.0.ip(), client.1), (server.0.ip(), server.1)]
}

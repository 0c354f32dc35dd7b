//! What decoding a frame yields: addresses, ports, where the payload lies, and the tunnels around it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 or IPv6 address in 16 bytes, IPv4 as `::ffff:a.b.c.d`, so that keys compare as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Addr {
    high: u64,
    low: u64,
}

impl Addr {
    /// From four bytes in network order.
    #[must_use]
    pub fn v4(bytes: [u8; 4]) -> Self {
        Self { high: 0, low: 0xffff_0000_0000 | u64::from(u32::from_be_bytes(bytes)) }
    }

    /// From sixteen bytes in network order.
    #[must_use]
    pub fn v6(bytes: [u8; 16]) -> Self {
        let whole = u128::from_be_bytes(bytes);
        #[allow(clippy::cast_possible_truncation)] // the two halves
        Self { high: (whole >> 64) as u64, low: whole as u64 }
    }

    /// As the standard library has it.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        let v6 = Ipv6Addr::from(u128::from(self.high) << 64 | u128::from(self.low));
        v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
    }

    /// Whether nobody in particular is meant: multicast or the limited broadcast address.
    #[must_use]
    pub fn is_group(self) -> bool {
        match self.ip() {
            IpAddr::V4(v4) => v4.is_multicast() || v4 == Ipv4Addr::BROADCAST,
            IpAddr::V6(v6) => v6.is_multicast(),
        }
    }
}

impl From<IpAddr> for Addr {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self::v4(v4.octets()),
            IpAddr::V6(v6) => Self::v6(v6.octets()),
        }
    }
}

/// What makes a flow one: VLAN, IP protocol and the unordered pair of endpoints, as words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    low: Addr,
    high: Addr,
    /// Ports of the lower and higher endpoint (16 bits each), VLAN tags (12 + 12), IP protocol (8).
    rest: u64,
}

impl Key {
    /// The key, and whether the source is its lower endpoint.
    #[must_use]
    pub fn new(source: (Addr, u16), target: (Addr, u16), proto: u8, vlan: u32) -> (Self, bool) {
        let from_low = source <= target;
        let (low, high) = if from_low { (source, target) } else { (target, source) };
        let rest =
            u64::from(low.1) << 48 | u64::from(high.1) << 32 | u64::from(vlan & 0xff_ffff) << 8 | u64::from(proto);
        (Self { low: low.0, high: high.0, rest }, from_low)
    }

    /// The lower endpoint.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // takes the 16 bits put there by `new`
    pub fn low(&self) -> (Addr, u16) {
        (self.low, (self.rest >> 48) as u16)
    }

    /// The higher endpoint.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // takes the 16 bits put there by `new`
    pub fn high(&self) -> (Addr, u16) {
        (self.high, (self.rest >> 32) as u16)
    }

    /// IP protocol number.
    #[must_use]
    pub fn proto(&self) -> u8 {
        self.rest as u8
    }

    /// VLAN tags: 12 bits of the outer one above 12 bits of the inner one, 0 for none.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // takes the 24 bits put there by `new`
    pub fn vlan(&self) -> u32 {
        (self.rest >> 8) as u32 & 0xff_ffff
    }

    /// One word that is the same for both directions and for every flow between the two addresses.
    #[must_use]
    pub fn pair_word(&self) -> u64 {
        let mix = |a: Addr| (a.high ^ a.low.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mix(self.low) ^ mix(self.high).rotate_left(29)
    }
}

/// TCP flags as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TcpFlags(
    /// FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
    pub u8,
);

impl TcpFlags {
    /// FIN.
    #[must_use]
    pub fn fin(self) -> bool {
        self.0 & 1 != 0
    }
    /// SYN.
    #[must_use]
    pub fn syn(self) -> bool {
        self.0 & 2 != 0
    }
    /// RST.
    #[must_use]
    pub fn rst(self) -> bool {
        self.0 & 4 != 0
    }
    /// ACK.
    #[must_use]
    pub fn ack(self) -> bool {
        self.0 & 16 != 0
    }
}

/// The fields of a TCP header that flows need (RFC 9293).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tcp {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Window as sent, not scaled.
    pub window: u16,
    /// Flags.
    pub flags: TcpFlags,
}

/// The headers of one packet: the innermost flow it belongs to and where its payload lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers {
    /// The flow.
    pub key: Key,
    /// Whether the key's lower endpoint sent it.
    pub from_low: bool,
    /// Offset of the transport payload in the bytes decoded.
    pub payload_at: u32,
    /// Bytes of transport payload captured.
    pub payload_len: u32,
    /// Bytes of transport payload on the wire; more than `payload_len` where the capture was cut.
    pub payload_wire: u32,
    /// TCP header fields (zero for others).
    pub tcp: Tcp,
    /// Whether an IPv4 header checksum was wrong.
    pub bad_checksum: bool,
}

impl Default for Headers {
    fn default() -> Self {
        let nowhere = (Addr::default(), 0);
        Self {
            key: Key::new(nowhere, nowhere, 0, 0).0,
            from_low: true,
            payload_at: 0,
            payload_len: 0,
            payload_wire: 0,
            tcp: Tcp::default(),
            bad_checksum: false,
        }
    }
}

/// A piece of an IP datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Sender.
    pub source: Addr,
    /// Receiver.
    pub target: Addr,
    /// Identification: 16 bits of IPv4, 32 of IPv6.
    pub id: u32,
    /// IP protocol of the datagram.
    pub proto: u8,
    /// VLAN tags, as in [`Key::vlan`].
    pub vlan: u32,
    /// Offset of this piece in the datagram's payload, in bytes.
    pub offset: u32,
    /// Whether more pieces follow.
    pub more: bool,
    /// Where the piece lies in the bytes decoded.
    pub at: u32,
    /// Bytes of the piece captured.
    pub len: u32,
}

/// What carries a flow inside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Tunnel {
    IpInIp,
    Gre,
    GtpU,
    Vxlan,
    Geneve,
    Teredo,
    Capwap,
    L2tp,
}

impl Tunnel {
    /// Name of its protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IpInIp => "IP_in_IP",
            Self::Gre => "GRE",
            Self::GtpU => "GTP_U",
            Self::Vxlan => "VXLAN",
            Self::Geneve => "Geneve",
            Self::Teredo => "Teredo",
            Self::Capwap => "CAPWAP",
            Self::L2tp => "L2TP",
        }
    }
}

/// An outer flow that carries the packet's innermost one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carrier {
    /// The outer flow.
    pub key: Key,
    /// Whether its lower endpoint sent the packet.
    pub from_low: bool,
    /// What it is.
    pub tunnel: Tunnel,
}

/// Why a packet belongs to no flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
#[repr(u8)]
pub enum Undecoded {
    Arp,
    Lldp,
    Stp,
    NotIp,
    Truncated,
    LinkType,
    BadIp,
    TooDeep,
    Fragment,
    Management,
}

impl Undecoded {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Arp,
        Self::Lldp,
        Self::Stp,
        Self::NotIp,
        Self::Truncated,
        Self::LinkType,
        Self::BadIp,
        Self::TooDeep,
        Self::Fragment,
        Self::Management,
    ];

    /// Its name in records and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arp => "arp",
            Self::Lldp => "lldp",
            Self::Stp => "stp",
            Self::NotIp => "not_ip",
            Self::Truncated => "truncated",
            Self::LinkType => "unknown_link_type",
            Self::BadIp => "bad_ip_header",
            Self::TooDeep => "too_many_layers",
            Self::Fragment => "orphan_fragment",
            Self::Management => "wlan_not_data",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_have_one_key() {
        let (a, b) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]));
        let (there, up) = Key::new((a, 1234), (b, 80), 6, 0x12_3456);
        let (back, down) = Key::new((b, 80), (a, 1234), 6, 0x12_3456);
        assert_eq!(there, back);
        assert!(up && !down);
        assert_eq!((there.low(), there.high(), there.proto(), there.vlan()), ((a, 1234), (b, 80), 6, 0x12_3456));
    }

    #[test]
    fn addresses_come_back() {
        for text in ["192.0.2.1", "2001:db8::1", "::", "255.255.255.255"] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(Addr::from(ip).ip(), ip);
        }
    }
}

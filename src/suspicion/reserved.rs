//! Addresses that cannot be real on a network (RFC 6890, RFC 5737, RFC 3849). Private networks are ordinary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address cannot be real, if so.
pub(super) fn why(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => why_v4(v4),
        IpAddr::V6(v6) => why_v6(v6),
    }
}

fn why_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, 0, 0, 0] | [255, 255, 255, 255] => None, // "this host" and broadcast are part of everyday protocols
        [0, ..] => Some("of \"this network\""),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("for documentation"),
        [198, 18 | 19, ..] => Some("for benchmarks"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn why_v6(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0x2001, 0xdb8, ..] => Some("for documentation"),
        [0x0100, 0, 0, 0, ..] => Some("for discarding"),
        [0x3fff, second, ..] if second < 0x1000 => Some("for documentation"),
        _ => None,
    }
}

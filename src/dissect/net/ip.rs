//! Protocols that IP itself names by their number: ICMP, IGMP, routing, tunnels. Their number is the evidence; their
//! header is looked at for a few facts.
//!
//! Extracted: types and codes of ICMP, versions and types of routing protocols. Not extracted: what they carry.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// ICMP (RFC 792).
pub static ICMP: Protocol = Protocol {
    name: "ICMP",
    eve: "icmp",
    how: "IP protocol 1",
    over: &[Transport::Ip(1)],
    fields: &[&ICMP_TYPE, &ICMP_CODE],
    reading: Reading::Stateless(|cx, data| icmp(cx, data, icmp_name)),
    ..BY_NUMBER
};

/// ICMP for IPv6 (RFC 4443).
pub static ICMPV6: Protocol = Protocol {
    name: "ICMPV6",
    eve: "icmpv6",
    how: "IP protocol 58",
    over: &[Transport::Ip(58)],
    fields: &[&ICMP_TYPE, &ICMP_CODE],
    reading: Reading::Stateless(|cx, data| icmp(cx, data, icmp6_name)),
    ..BY_NUMBER
};

/// IGMP (RFC 3376).
pub static IGMP: Protocol = Protocol {
    name: "IGMP",
    eve: "igmp",
    how: "IP protocol 2",
    over: &[Transport::Ip(2)],
    fields: &[&IGMP_TYPE, &IGMP_GROUP],
    reading: Reading::Stateless(igmp),
    ..BY_NUMBER
};

/// Exterior Gateway Protocol (RFC 904).
pub static EGP: Protocol = Protocol { name: "EGP", how: "IP protocol 8", over: &[Transport::Ip(8)], ..BY_NUMBER };

/// OSPF (RFC 2328, RFC 5340).
pub static OSPF: Protocol = Protocol {
    name: "OSPF",
    how: "IP protocol 89",
    over: &[Transport::Ip(89)],
    fields: &[&OSPF_VERSION, &OSPF_TYPE, &OSPF_ROUTER],
    reading: Reading::Stateless(ospf),
    ..BY_NUMBER
};

/// Protocol Independent Multicast (RFC 7761).
pub static PIM: Protocol =
    Protocol { name: "IP_PIM", how: "IP protocol 103", over: &[Transport::Ip(103)], ..BY_NUMBER };

/// Virtual Router Redundancy Protocol (RFC 5798) and CARP, which shares its number.
pub static VRRP: Protocol = Protocol {
    name: "VRRP",
    how: "IP protocol 112",
    over: &[Transport::Ip(112)],
    fields: &[&VRRP_VERSION, &VRRP_ROUTER, &VRRP_PRIORITY],
    reading: Reading::Stateless(vrrp),
    ..BY_NUMBER
};

/// Pragmatic General Multicast (RFC 3208).
pub static PGM: Protocol = Protocol { name: "PGM", how: "IP protocol 113", over: &[Transport::Ip(113)], ..BY_NUMBER };

/// Generic Routing Encapsulation (RFC 2784) of something that is not looked into.
pub static GRE: Protocol = Protocol { name: "GRE", how: "IP protocol 47", over: &[Transport::Ip(47)], ..BY_NUMBER };

/// IP in IP (RFC 2003, RFC 4213) of something that is not looked into.
pub static IP_IN_IP: Protocol = Protocol {
    name: "IP_in_IP",
    how: "IP protocol 4 or 41",
    over: &[Transport::Ip(4), Transport::Ip(41)],
    ..BY_NUMBER
};

const BY_NUMBER: Protocol = Protocol {
    category: "Network",
    starts: &[Start::Any],
    probe: by_number,
    reading: Reading::Nothing,
    ..Protocol::NEW
};

static ICMP_TYPE: Field = Field::list("icmp", "type");
static ICMP_CODE: Field = Field::new("icmp", "code");
static IGMP_TYPE: Field = Field::list("igmp", "type");
static IGMP_GROUP: Field = Field::list("igmp", "group");
static OSPF_VERSION: Field = Field::new("ospf", "version");
static OSPF_TYPE: Field = Field::list("ospf", "type");
static OSPF_ROUTER: Field = Field::new("ospf", "router_id");
static VRRP_VERSION: Field = Field::new("vrrp", "version");
static VRRP_ROUTER: Field = Field::new("vrrp", "virtual_router");
static VRRP_PRIORITY: Field = Field::new("vrrp", "priority");

/// The registry asks only those whose number it is.
fn by_number(_: &Seen) -> Verdict {
    Verdict::Yes("the IP protocol number")
}

/// Takes type and code; a message of the other direction may still add its own.
fn icmp(cx: &mut Cx, data: &[u8], name: fn(u8) -> Option<&'static str>) -> Step {
    if let Some([kind, code]) = data.first_chunk() {
        let _ = match name(*kind) {
            Some(word) => cx.word(&ICMP_TYPE, word),
            None => cx.number(&ICMP_TYPE, *kind),
        };
        cx.number(&ICMP_CODE, *code);
    }
    if cx.from_client { Step::Used(0) } else { Step::Done }
}

fn icmp_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "echo reply",
        3 => "destination unreachable",
        4 => "source quench",
        5 => "redirect",
        8 => "echo request",
        9 => "router advertisement",
        10 => "router solicitation",
        11 => "time exceeded",
        12 => "parameter problem",
        13 => "timestamp",
        14 => "timestamp reply",
        _ => return None,
    })
}

fn icmp6_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        130..=132 => "multicast listener",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        137 => "redirect",
        143 => "multicast listener report",
        _ => return None,
    })
}

fn igmp(cx: &mut Cx, data: &[u8]) -> Step {
    let word = match data.first() {
        Some(0x11) => "membership query",
        Some(0x12) => "membership report v1",
        Some(0x16) => "membership report v2",
        Some(0x17) => "leave group",
        Some(0x22) => "membership report v3",
        Some(0x13) => "DVMRP",
        _ => return Step::Done,
    };
    cx.word(&IGMP_TYPE, word);
    // Version 3 reports have group records behind a count: type, auxiliary length, sources, group.
    let place = if data.first() == Some(&0x22) { 12 } else { 4 };
    if let Some([a, b, c, d]) = data.get(place..).and_then(<[u8]>::first_chunk) {
        cx.address(&IGMP_GROUP, std::net::Ipv4Addr::new(*a, *b, *c, *d).into());
    }
    Step::Done
}

fn ospf(cx: &mut Cx, data: &[u8]) -> Step {
    let Some([version, kind]) = data.first_chunk() else { return Step::Done };
    let word = match kind {
        1 => "hello",
        2 => "database description",
        3 => "link state request",
        4 => "link state update",
        5 => "link state acknowledgment",
        _ => return Step::Done,
    };
    cx.number(&OSPF_VERSION, *version);
    cx.word(&OSPF_TYPE, word);
    if let Some([a, b, c, d]) = data.get(4..).and_then(<[u8]>::first_chunk) {
        cx.address(&OSPF_ROUTER, std::net::Ipv4Addr::new(*a, *b, *c, *d).into());
    }
    Step::Done
}

fn vrrp(cx: &mut Cx, data: &[u8]) -> Step {
    let (Some(first), Some(router), Some(priority)) = (at::u8(data, 0), at::u8(data, 1), at::u8(data, 2)) else {
        return Step::Done;
    };
    if matches!(first >> 4, 2 | 3) {
        cx.number(&VRRP_VERSION, first >> 4);
        cx.number(&VRRP_ROUTER, router);
        cx.number(&VRRP_PRIORITY, priority);
    }
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn a_ping() {
        let talk = Talk::over(Transport::Ip(1), 0, 0).client(&[8, 0, 0, 0]).server(&[0, 0, 0, 0]).run();
        assert_eq!(talk.names(), ["ICMP"]);
        assert_eq!(facts(&talk, &ICMP_TYPE), ["echo request", "echo reply"]);
    }

    #[test]
    fn the_number_is_enough() {
        for (number, name) in [(89, "OSPF"), (103, "IP_PIM"), (112, "VRRP"), (113, "PGM"), (8, "EGP"), (47, "GRE")] {
            assert_eq!(Talk::over(Transport::Ip(number), 0, 0).client(&[]).run().names(), [name]);
        }
    }

    #[test]
    fn damaged_messages() {
        survives(&ICMP, &[&[8, 0, 0, 0]]);
        survives(&IGMP, &[b"\x22\0\0\0\0\0\0\x01\x04\0\0\0\xe0\0\0\xfb"]);
        survives(&OSPF, &[b"\x02\x01\0\x2c\x01\x01\x01\x01"]);
        survives(&VRRP, &[b"\x31\x01\x64\x01"]);
    }
}

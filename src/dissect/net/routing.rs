//! Routing and redundancy: BGP (RFC 4271), LDP (RFC 5036), RIP (RFC 2453), HSRP (RFC 2281), BFD (RFC 5880), LISP
//! (RFC 9300, RFC 9301).
//!
//! Extracted: nothing.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// BGP.
pub static BGP: Protocol = Protocol {
    name: "BGP",
    eve: "bgp",
    how: "the marker of sixteen bytes, a length and a type",
    over: &[Transport::Tcp],
    ports: &[179],
    starts: &[Start::At(0, &[0xff; 16])],
    probe: |seen| match (at::u16(seen.data, 16), at::u8(seen.data, 18)) {
        (Some(19..=4096), Some(1..=5)) => Verdict::Yes("BGP header"),
        (None, _) | (_, None) => Verdict::More,
        _ => Verdict::No,
    },
    ..NETWORK
};

/// LDP.
pub static LDP: Protocol = Protocol {
    name: "LDP",
    how: "a header of version 1 with a known message whose lengths fit",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[646],
    starts: &[Start::At(0, &[0, 1])],
    probe: ldp,
    ..NETWORK
};

/// RIP, versions 1 and 2.
pub static RIP: Protocol = Protocol {
    name: "RIP",
    how: "entries of twenty bytes with an address family and a metric",
    ports: &[520],
    starts: &[
        Start::At(0, &[1, 1, 0, 0]),
        Start::At(0, &[2, 1, 0, 0]),
        Start::At(0, &[1, 2, 0, 0]),
        Start::At(0, &[2, 2, 0, 0]),
    ],
    probe: rip,
    ..NETWORK
};

/// Hot Standby Router Protocol.
pub static HSRP: Protocol = Protocol {
    name: "HSRP",
    how: "a header whose state and times fit",
    ports: &[1985],
    starts: &[Start::At(8, b"cisco\0\0\0"), Start::At(0, &[1, 40, 2]), Start::Port],
    probe: hsrp,
    ..NETWORK
};

/// Bidirectional Forwarding Detection.
pub static BFD: Protocol = Protocol {
    name: "BFD",
    how: "a control packet whose length, multiplier and intervals fit",
    ports: &[3784, 3785, 4784],
    starts: &[Start::Mask(0, 0xe001_00c0, 0x2000_0000), Start::Port],
    probe: bfd,
    ..NETWORK
};

/// Locator/ID Separation Protocol.
pub static LISP: Protocol = Protocol {
    name: "LISP",
    category: "Cloud",
    how: "a control message with its records, or an encapsulated IP header",
    ports: &[4341, 4342],
    starts: &[Start::Port],
    probe: lisp,
    ..NETWORK
};

const NETWORK: Protocol = Protocol { category: "Network", over: &[Transport::Udp], ..Protocol::NEW };

fn ldp(seen: &Seen) -> Verdict {
    let (Some(length), Some(kind), Some(inner)) =
        (at::u16(seen.data, 2), at::u16(seen.data, 10), at::u16(seen.data, 12))
    else {
        return if seen.datagram() { Verdict::No } else { Verdict::More };
    };
    // Notification, hello, initialization, keep alive, addresses, labels.
    let known = matches!(kind & 0x7fff, 0x0001 | 0x0100 | 0x0200 | 0x0201 | 0x0300 | 0x0301 | 0x0400..=0x0404);
    let fits = usize::from(length) + 4 == seen.wire || !seen.datagram() && usize::from(length) + 4 <= 4096;
    let nested = inner >= 4 && u32::from(inner) + 10 <= u32::from(length);
    if known && fits && nested { Verdict::Yes("LDP message") } else { Verdict::No }
}

fn rip(seen: &Seen) -> Verdict {
    if seen.wire < 24 || seen.wire % 20 != 4 || seen.wire > 504 + 20 {
        return Verdict::No;
    }
    let family = at::u16(seen.data, 4);
    let metric = at::u32(seen.data, 20);
    match (family, metric) {
        // Authentication, an address, or a request for everything.
        (Some(0xffff), _) if at::u16(seen.data, 6).is_some_and(|kind| kind <= 3) => Verdict::Yes("RIP authentication"),
        (Some(2), Some(0..=16)) | (Some(0), Some(16)) => Verdict::Yes("RIP entries"),
        _ => Verdict::No,
    }
}

fn hsrp(seen: &Seen) -> Verdict {
    if seen.data.first() == Some(&1) {
        // Version 2: a group state of 40 bytes: version, operation, state, IP version.
        let sound = matches!(seen.data.get(3..6), Some([0..=2, 0..=6, 4 | 6]));
        return if sound && seen.wire >= 42 { Verdict::Yes("HSRP version 2 state") } else { Verdict::No };
    }
    let Some([0, operation, state, hello, hold, _, _, 0]) = seen.data.first_chunk() else { return Verdict::No };
    let states = *operation <= 2 && matches!(state, 0 | 1 | 2 | 4 | 8 | 16) && hello < hold && seen.wire == 20;
    match states {
        true if seen.data.get(8..16) == Some(b"cisco\0\0\0") => Verdict::Yes("HSRP state, default password"),
        true => Verdict::Weak("HSRP state"),
        false if *operation == 3 && seen.usual => Verdict::Weak("HSRP advertisement"),
        false => Verdict::No,
    }
}

fn bfd(seen: &Seen) -> Verdict {
    // Echo packets come back as they were sent; what is in them is the sender's affair.
    if seen.server_port == 3785 || seen.client_port == 3785 {
        let echo = seen.wire <= 64 && (seen.data == seen.previous || seen.data == seen.other);
        return if echo { Verdict::Weak("the same packet again on the echo port") } else { Verdict::More };
    }
    let Some([first, _, multiplier, length]) = seen.data.first_chunk() else { return Verdict::No };
    let fits = usize::from(*length) == seen.wire && (24..=64).contains(&seen.wire);
    let interval = |place| at::u32(seen.data, place).is_some_and(|n| n <= 60_000_000);
    let numbered = at::u32(seen.data, 4).is_some_and(|n| n != 0);
    let sound = fits && first & 0x1f <= 9 && *multiplier > 0 && numbered;
    if sound && interval(12) && interval(16) && interval(20) { Verdict::Yes("BFD control packet") } else { Verdict::No }
}

fn lisp(seen: &Seen) -> Verdict {
    let Some([first, _, third, records]) = seen.data.first_chunk() else { return Verdict::No };
    if seen.server_port == 4341 || seen.client_port == 4341 {
        // Data: eight bytes of header, then IP.
        let ip = seen.data.get(8).is_some_and(|b| matches!(b >> 4, 4 | 6));
        return if ip { Verdict::Weak("LISP data") } else { Verdict::No };
    }
    match first >> 4 {
        8 if matches!(seen.data.get(4), Some(0x45..=0x4f | 0x60..=0x6f)) => Verdict::Yes("LISP encapsulated message"),
        1..=4 if (1..=32).contains(records) && *third <= 3 => Verdict::Weak("LISP control message"),
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let mut keepalive = vec![0xff; 16];
        keepalive.extend([0, 19, 4]);
        assert_eq!(Talk::tcp(4000, 9999).client(&keepalive[..17]).client(&keepalive[17..]).run().names(), ["BGP"]);
        let hello = b"\0\x01\0\x1e\x0a\0\0\x06\0\0\x01\0\0\x14\0\0\0\0\x04\0\0\x04\0\x0f\0\0\x04\x01\0\x04\x0a\0\0\x06";
        let rip = b"\x02\x02\0\0\0\x02\0\0\x0a\0\0\0\xff\0\0\0\0\0\0\0\0\0\0\x01";
        let hsrp = b"\0\0\x10\x03\x0a\x78\x01\0cisco\0\0\0\x0a\0\0\x01";
        let bfd = b"\x20\xc0\x03\x18\0\0\0\x01\0\0\0\x02\0\x0f\x42\x40\0\x0f\x42\x40\0\0\0\0";
        for (message, name) in [(&hello[..], "LDP"), (rip, "RIP"), (hsrp, "HSRP"), (bfd, "BFD")] {
            assert_eq!(Talk::udp(4000, 9999).client(message).run().names(), [name]);
            survives(&BGP, &[message]);
        }
    }
}

//! IPsec: ESP and AH by their IP protocol number (RFC 4303, RFC 4302), ESP in UDP (RFC 3948), and the key exchange:
//! IKEv2 (RFC 7296), IKEv1 (RFC 2408).
//!
//! Extracted: version, exchange type, whether the peer answered. Not extracted: proposals, vendor ids.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// IPsec.
pub static IPSEC: Protocol = Protocol {
    name: "IPSec",
    eve: "ike",
    category: "VPN",
    how: "IP protocol 50 or 51, or an IKE header whose length is the datagram's",
    over: &[Transport::Ip(50), Transport::Ip(51), Transport::Udp],
    ports: &[500, 4500],
    starts: &[
        // Version 1.0 or 2, at its place in the header or behind the non-ESP marker.
        Start::Mask(16, 0x00ff_0000, 0x0010_0000),
        Start::Mask(16, 0x00fe_0000, 0x0020_0000),
        Start::Mask(20, 0x00ff_0000, 0x0010_0000),
        Start::Mask(20, 0x00fe_0000, 0x0020_0000),
        Start::Port,
    ],
    fields: &[&MAJOR, &EXCHANGE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static MAJOR: Field = Field::new("ike", "version_major");
static EXCHANGE: Field = Field::list("ike", "exchange_type");

fn probe(seen: &Seen) -> Verdict {
    match seen.transport {
        Transport::Ip(_) => Verdict::Yes("the IP protocol number"),
        _ => udp(seen),
    }
}

fn udp(seen: &Seen) -> Verdict {
    if seen.data == [0xff] {
        // One octet keeps an address translation alive.
        return if seen.usual { Verdict::Weak("NAT keepalive") } else { Verdict::No };
    }
    if header(seen.data, seen.wire).is_some() {
        return Verdict::Yes("IKE header");
    }
    let marked = seen.data.strip_prefix(&[0; 4]);
    if marked.is_some_and(|rest| header(rest, seen.wire.saturating_sub(4)).is_some()) {
        return Verdict::Yes("IKE header behind the non-ESP marker");
    }
    esp(seen)
}

/// ESP has only an index that stays and a number that counts.
fn esp(seen: &Seen) -> Verdict {
    let on_port = seen.usual && (seen.client_port == 4500 || seen.server_port == 4500);
    let (Some(index), Some(number)) = (at::u32(seen.data, 0), at::u32(seen.data, 4)) else { return Verdict::No };
    let before = (at::u32(seen.previous, 0), at::u32(seen.previous, 4));
    let counts = before.1.is_some_and(|n| number.wrapping_sub(n).wrapping_sub(1) < 64);
    if on_port && index > 255 && seen.wire >= 24 && before.0 == Some(index) && counts {
        return Verdict::Yes("ESP in UDP: the same index, the next number");
    }
    if on_port && index > 255 && number < 0x0100_0000 && seen.wire >= 32 && seen.wire.is_multiple_of(4) {
        return Verdict::Weak("ESP in UDP");
    }
    Verdict::No
}

/// Version and exchange type of an IKE header whose parts agree.
fn header(data: &[u8], wire: usize) -> Option<(u8, u8)> {
    let [next, version, exchange, flags] = *data.get(16..)?.first_chunk()?;
    let length = usize::try_from(at::u32(data, 24)?).ok()?;
    let initiator_set = data.get(..8)?.iter().any(|b| *b != 0);
    let fits = match version >> 4 {
        1 => version & 15 == 0 && (next <= 33 || next >= 128) && flags & !7 == 0 && known_v1(exchange),
        2 => {
            version & 15 <= 1
                && (next == 0 || (33..=54).contains(&next))
                && flags & !0x38 == 0
                && (34..=44).contains(&exchange)
        }
        _ => false,
    };
    (fits && initiator_set && length == wire && length >= 28).then_some((version >> 4, exchange))
}

fn known_v1(exchange: u8) -> bool {
    exchange <= 6 || matches!(exchange, 32..=34)
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if !matches!(cx.transport, Transport::Udp) {
        return Step::Done;
    }
    let (bytes, wire) = match data.strip_prefix(&[0; 4]) {
        Some(rest) => (rest, cx.wire.saturating_sub(4)),
        None => (data, cx.wire),
    };
    let Some((major, exchange)) = header(bytes, wire) else { return Step::Done };
    cx.number(&MAJOR, major);
    cx.number(&EXCHANGE, exchange);
    Step::Used(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const INIT: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\0\x21\x20\x22\x08\0\0\0\0\0\0\0\x20\0\0\0\x04";

    #[test]
    fn the_first_message() {
        let talk = Talk::udp(500, 9999).client(INIT).run();
        assert_eq!(talk.names(), ["IPSec"]);
        assert_eq!(facts(&talk, &MAJOR), ["2"]);
        let marked = [&[0; 4], INIT].concat();
        assert_eq!(Talk::udp(4000, 4500).client(&marked).run().names(), ["IPSec"]);
    }

    #[test]
    fn a_wrong_length_is_not_ike() {
        assert!(Talk::udp(500, 9999).client(&[INIT, b"x"].concat()).run().names().is_empty());
    }

    #[test]
    fn damaged() {
        survives(&IPSEC, &[INIT]);
    }
}

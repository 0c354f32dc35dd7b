//! IPsec's key exchange: ISAKMP (RFC 2408), IKEv1 and IKEv2 (RFC 7296), and ESP in UDP (RFC 3948).
//!
//! Extracted: versions, exchange, security parameter indexes. Not extracted: proposals, certificates, anything encrypted.

use std::fmt::Write;

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// IPsec.
pub static IPSEC: Protocol = Protocol {
    name: "IPSec",
    eve: "ike",
    category: "VPN",
    how: "an ISAKMP header whose length fills the datagram, or ESP in sequence",
    over: &[Transport::Udp, Transport::Tcp, Transport::Ip(50), Transport::Ip(51)],
    ports: &[500, 4500],
    starts: &[
        // Version 1.0 or 2.0, at its place in the header or behind the non-ESP marker.
        Start::Mask(16, 0x00ff_0000, 0x0010_0000),
        Start::Mask(16, 0x00ff_0000, 0x0020_0000),
        Start::Mask(20, 0x00ff_0000, 0x0010_0000),
        Start::Mask(20, 0x00ff_0000, 0x0020_0000),
        Start::At(0, b"IKETCP"),
        Start::Port,
    ],
    fields: &[&MAJOR, &MINOR, &EXCHANGE, &NUMBER, &INITIATOR, &RESPONDER],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static MAJOR: Field = Field::new("ike", "version_major");
static MINOR: Field = Field::new("ike", "version_minor");
static EXCHANGE: Field = Field::new("ike", "exchange_type");
static NUMBER: Field = Field::new("ike", "message_id");
static INITIATOR: Field = Field::new("ike", "init_spi");
static RESPONDER: Field = Field::new("ike", "resp_spi");

fn probe(seen: &Seen) -> Verdict {
    // Without ports there is nothing else to see.
    match seen.transport {
        Transport::Ip(50) => return Verdict::Yes("ESP"),
        Transport::Ip(51) => return Verdict::Yes("AH"),
        _ => {}
    }
    if !seen.datagram() {
        return match seen.data {
            [b'I', b'K', b'E', b'T', b'C', b'P', ..] => Verdict::Yes("IKETCP"),
            short if b"IKETCP".starts_with(short) => Verdict::More,
            _ => Verdict::No,
        };
    }
    match Header::new(seen.data) {
        Ok(header) if header.length == seen.wire => Verdict::Yes("ISAKMP header that fills the datagram"),
        Ok(header) if header.length > 28 && header.length < seen.wire && seen.usual => Verdict::Weak("ISAKMP header"),
        _ if seen.usual => esp(seen),
        _ => Verdict::No,
    }
}

/// Only where port 4500 says so too: keepalives, and ESP whose numbers follow one another.
fn esp(seen: &Seen) -> Verdict {
    if seen.client_port != 4500 && seen.server_port != 4500 {
        return Verdict::No;
    }
    let head = |data| {
        let mut r = Reader::new(data);
        Ok::<_, Incomplete>((r.u32("SPI")?, r.u32("sequence")?))
    };
    match (seen.data, head(seen.data), head(seen.previous)) {
        ([0xff], ..) => Verdict::Weak("keepalive of a NAT mapping"),
        (_, Ok((spi, now)), Ok((before_spi, before)))
            if spi > 255
                && spi == before_spi
                && (1..64).contains(&now.wrapping_sub(before))
                && seen.wire.is_multiple_of(2) =>
        {
            Verdict::Yes("ESP packets of one SPI in sequence")
        }
        (_, Ok((spi, 1..=64)), _) if spi > 255 && seen.wire > 28 => Verdict::Weak("ESP with a small sequence number"),
        _ => Verdict::No,
    }
}

struct Header {
    spis: [u64; 2],
    version: u8,
    exchange: u8,
    number: u32,
    length: usize,
}

impl Header {
    /// Reads the header, behind the four zeros that tell it from ESP or without them. Its length counts those in.
    fn new(data: &[u8]) -> Result<Self, Incomplete> {
        let marked = data.starts_with(&[0; 4]) && data.get(4..8).is_some_and(|b| b != [0; 4]);
        let mut r = Reader::new(data);
        r.skip(if marked { 4 } else { 0 }, "marker")?;
        let spis = [r.u64("initiator SPI")?, r.u64("responder SPI")?];
        let (next, version) = (r.u8("next payload")?, r.u8("version")?);
        let (exchange, flags) = (r.u8("exchange type")?, r.u8("flags")?);
        let number = r.u32("message id")?;
        let length = usize::try_from(r.u32("length")?).unwrap_or(usize::MAX);
        let sound = match version {
            0x10 => matches!(exchange, 1..=6 | 32..=34 | 240..) && flags & 0xf8 == 0 && matches!(next, 0..=33 | 128..),
            0x20 => matches!(exchange, 34..=44 | 240..) && flags & 0xc7 == 0 && matches!(next, 0 | 33..=55 | 128..),
            _ => false,
        };
        if !sound || length < 28 || spis == [0, 0] {
            return Err(Incomplete("ISAKMP header"));
        }
        Ok(Self { spis, version, exchange, number, length: length.saturating_add(if marked { 4 } else { 0 }) })
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Ok(header) = Header::new(data) else { return Step::Done };
    cx.number(&MAJOR, header.version >> 4);
    cx.number(&MINOR, header.version & 0x0f);
    cx.number(&EXCHANGE, header.exchange);
    cx.number(&NUMBER, header.number);
    for (field, spi) in [&INITIATOR, &RESPONDER].into_iter().zip(header.spis) {
        let mut text = String::new();
        let _ = write!(text, "{spi:016x}");
        cx.text(field, text.as_bytes());
    }
    cx.note_fact("initiator SPI", &INITIATOR);
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn init() -> Vec<u8> {
        [&[7; 8][..], &[0; 8], &[33, 0x20, 34, 8], &[0; 4], &[0, 0, 0, 32], &[0, 0, 0, 4]].concat()
    }

    #[test]
    fn both_forms() {
        let talk = Talk::udp(4000, 9998).client(&init()).run();
        assert_eq!(talk.names(), ["IPSec"]);
        assert_eq!(facts(&talk, &INITIATOR), ["0707070707070707"]);
        let marked = [&[0; 4][..], &init()].concat();
        assert_eq!(Talk::udp(4000, 9998).client(&marked).run().names(), ["IPSec"]);
        assert!(Talk::udp(4000, 9998).client(&init()[..31]).run().names().is_empty());
    }

    #[test]
    fn esp_in_sequence_on_its_port() {
        let esp = |n: u8| [&[1, 2, 3, 4, 0, 0, 9, n][..], &[0xa7; 60]].concat();
        assert_eq!(Talk::udp(4000, 4500).client(&esp(1)).client(&esp(2)).run().names(), ["IPSec"]);
        assert!(Talk::udp(4000, 9998).client(&esp(1)).client(&esp(2)).run().names().is_empty());
        survives(&IPSEC, &[&init()]);
    }
}

//! DTLS 1.0, 1.2 and 1.3 (RFC 4347, 6347, 9147), and the version before the standard that Cisco's AnyConnect speaks.
//!
//! Extracted as for TLS: server name, versions, ALPN, cipher, JA4, certificate. Fragments are put together in any order.
//! Not extracted: records whose header is encrypted (DTLS 1.3 after its hellos).

use super::tls::{ClientHello, Fields, ServerHello, first_certificate};
use crate::dissect::common::pieces::Pieces;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// DTLS.
pub static DTLS: Protocol = Protocol {
    name: "DTLS",
    eve: "dtls",
    category: "Web",
    how: "records whose lengths fill the datagram",
    over: &[Transport::Udp, Transport::Sctp],
    ports: &[443, 4433, 5684],
    // Content types 20 to 23 (25 has a connection id), versions fexx and 0100.
    starts: &[
        Start::Mask(0, 0xfcff_ff00, 0x14fe_ff00),
        Start::Mask(0, 0xfcff_ff00, 0x14fe_fd00),
        Start::Mask(0, 0xfcff_ff00, 0x1401_0000),
        Start::At(0, &[25, 0xfe, 0xfd]),
    ],
    fields: &ALL,
    probe,
    reading: Reading::Machine(|| Box::<Dtls>::default()),
    ..Protocol::NEW
};

static FIELDS: Fields = Fields::new("dtls");
static ALL: [&Field; 17] = FIELDS.all();

const HANDSHAKE: u8 = 22;
const CONNECTION_ID: u8 = 25;

fn probe(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    for count in 0..MAX_RECORDS {
        let before = r;
        match record(&mut r) {
            Ok(record) if r.is_empty() => return strength(&record),
            Ok(record) if record.kind == HANDSHAKE && record.epoch == 0 && !seen.complete() => {
                return strength(&record);
            }
            // What follows may have an encrypted header.
            Ok(record) if r.rest().first().is_some_and(|b| b >> 5 == 1) => return strength(&record),
            Ok(_) => {}
            Err(_) if count > 0 && !seen.complete() => return Verdict::Yes("DTLS records"),
            Err(_) if !seen.complete() && before.left() > 13 => return Verdict::Weak("beginning of a DTLS record"),
            Err(_) => return Verdict::No,
        }
    }
    Verdict::Yes("DTLS records")
}

fn strength(record: &Record) -> Verdict {
    match (record.kind, record.epoch) {
        (HANDSHAKE, 0) => Verdict::Yes("DTLS handshake"),
        (_, 0 | 1) => Verdict::Yes("DTLS record"),
        _ => Verdict::Weak("DTLS record of a late epoch"),
    }
}

struct Record<'a> {
    kind: u8,
    epoch: u16,
    body: &'a [u8],
}

/// Reads one record. A handshake in the clear must begin with a sound header.
fn record<'a>(r: &mut Reader<'a>) -> Result<Record<'a>, Incomplete> {
    let kind = r.u8("content type")?;
    let version = r.u16("version")?;
    let sound = (20..=23).contains(&kind) || kind == CONNECTION_ID;
    if !sound || !matches!(version, 0xfeff | 0xfefd | 0x0100) {
        return Err(Incomplete("record"));
    }
    let epoch = r.u16("epoch")?;
    r.skip(6, "sequence number")?;
    if kind == CONNECTION_ID {
        // The length of the connection id is not in the record.
        return Ok(Record { kind, epoch, body: r.take(r.left(), "body")? });
    }
    let length = usize::from(r.u16("length")?);
    let body = r.take(length, "body")?;
    let record = Record { kind, epoch, body };
    let sound = match (kind, epoch) {
        (_, 0..) if body.is_empty() => false,
        (HANDSHAKE, 0) => Fragment::new(&mut Reader::new(body)).is_ok(),
        (20, 0) => body.first() == Some(&1) && length <= 3,
        (21, 0) => length == 2,
        _ => true,
    };
    if sound { Ok(record) } else { Err(Incomplete("record")) }
}

/// A piece of a handshake message.
struct Fragment<'a> {
    kind: u8,
    length: usize,
    sequence: u16,
    at: usize,
    body: &'a [u8],
}

impl<'a> Fragment<'a> {
    fn new(r: &mut Reader<'a>) -> Result<Self, Incomplete> {
        let kind = r.u8("message type")?;
        let [length, sequence, at, size] =
            [r.u24("length")?, u32::from(r.u16("sequence")?), r.u24("offset")?, r.u24("fragment length")?];
        if at.saturating_add(size) > length || kind > 25 || length > MAX_MESSAGE {
            return Err(Incomplete("sound fragment"));
        }
        let whole = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let body = r.take(whole(size).min(r.left()), "fragment")?;
        let sequence = u16::try_from(sequence).unwrap_or_default();
        Ok(Self { kind, length: whole(length), sequence, at: whole(at), body })
    }
}

/// The state of a connection until its names are known.
#[derive(Default)]
struct Dtls {
    halves: [Vec<Message>; 2],
    packets: u8,
}

/// A message that is not complete.
struct Message {
    sequence: u16,
    pieces: Pieces,
}

impl Dissector for Dtls {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        self.packets = self.packets.saturating_add(1);
        let mut r = Reader::new(data);
        for _ in 0..MAX_RECORDS {
            let Ok(record) = record(&mut r) else { break };
            if record.kind == HANDSHAKE && record.epoch == 0 {
                let mut fragments = Reader::new(record.body);
                while let Ok(fragment) = Fragment::new(&mut fragments) {
                    if self.fragment(cx, &fragment) {
                        return Step::Done;
                    }
                }
            } else if record.epoch > 0 && !cx.from_client {
                return Step::Done;
            }
        }
        if self.packets > MAX_PACKETS { Step::Done } else { Step::Used(0) }
    }
}

impl Dtls {
    /// Takes a fragment. Whether there is nothing more to learn.
    fn fragment(&mut self, cx: &mut Cx, fragment: &Fragment) -> bool {
        if fragment.at == 0 && fragment.body.len() == fragment.length {
            return message(cx, fragment.kind, fragment.body);
        }
        let [client, server] = &mut self.halves;
        let half = if cx.from_client { client } else { server };
        let place = half.iter().position(|m| m.sequence == fragment.sequence).unwrap_or_else(|| {
            if half.len() >= MAX_WAITING {
                half.remove(0);
            }
            half.push(Message { sequence: fragment.sequence, pieces: Pieces::default() });
            half.len() - 1
        });
        let Some(waiting) = half.get_mut(place) else { return false };
        waiting.pieces.add(fragment.at, fragment.body);
        if waiting.pieces.prefix().len() < fragment.length {
            return false;
        }
        let whole = half.remove(place);
        message(cx, fragment.kind, whole.pieces.prefix())
    }
}

/// Takes a whole message. Whether there is nothing more to learn.
fn message(cx: &mut Cx, kind: u8, body: &[u8]) -> bool {
    match kind {
        1 => {
            if let Ok(hello) = ClientHello::new(body, true) {
                FIELDS.client(cx, &hello, 'd');
            }
            false
        }
        2 => {
            let Ok(hello) = ServerHello::new(body) else { return false };
            if !hello.retry {
                FIELDS.server(cx, &hello, 'd');
            }
            !hello.retry && hello.chosen_version() == 0xfefc
        }
        11 if !cx.from_client => {
            if let Some(certificate) = first_certificate(body) {
                FIELDS.certificate(cx, &certificate);
            }
            true
        }
        // ServerHelloDone, ClientKeyExchange, Finished.
        14 | 16 | 20 => true,
        _ => false,
    }
}

const MAX_RECORDS: usize = 16;
const MAX_WAITING: usize = 4;
const MAX_MESSAGE: u32 = 1 << 17;
/// Handshakes are over by then, or are none.
const MAX_PACKETS: u8 = 40;

#[cfg(test)]
mod tests {
    use super::super::tls::tests::client_hello;
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0][..], &length, body].concat()
    }

    /// The ClientHello of TLS with an empty cookie, as fragments of this size.
    fn hello(size: usize) -> Vec<Vec<u8>> {
        let message = client_hello("www.example.org", &["webrtc"]);
        let (head, rest) = message[4..].split_at(2 + 32 + 33);
        let body = [head, &[0], rest].concat();
        let number = |n: usize| u32::try_from(n).unwrap().to_be_bytes()[1..].to_vec();
        let fragment = |(i, piece): (usize, &[u8])| {
            let place = [number(i * size), number(piece.len())].concat();
            record(HANDSHAKE, &[&[1][..], &number(body.len()), &[0, 0], &place, piece].concat())
        };
        body.chunks(size).enumerate().map(fragment).collect()
    }

    #[test]
    fn a_hello_whole_and_in_fragments_backwards() {
        let whole = Talk::udp(4000, 9999).client(&hello(9999)[0]).run();
        assert_eq!(whole.names(), ["DTLS"]);
        assert_eq!(facts(&whole, &FIELDS.sni), ["www.example.org"]);
        assert!(facts(&whole, &FIELDS.ja4)[0].starts_with("d13d0306wc_"));
        let pieces = hello(50).into_iter().rev().fold(Talk::udp(4000, 9999), |talk, p| talk.client(&p)).run();
        assert_eq!(facts(&pieces, &FIELDS.sni), ["www.example.org"]);
    }

    #[test]
    fn lengths_must_fill_the_datagram() {
        let data = record(23, &[7; 30]);
        assert_eq!(Talk::udp(4000, 9999).client(&data).run().names(), ["DTLS"]);
        assert!(!Talk::udp(4000, 9999).client(&data[..40]).run().names().contains(&"DTLS"));
        assert!(!Talk::udp(4000, 9999).client(b"\x16\xfe\xffsomething else entirely").run().names().contains(&"DTLS"));
    }

    #[test]
    fn damage_is_survived() {
        let fragments = hello(120);
        survives(&DTLS, &[&fragments[0], &fragments[1]]);
    }
}

//! OpenVPN over UDP and TCP: plain, with tls-auth, tls-crypt and tls-crypt-v2 (doc/doxygen/doc_protocol_overview.h).
//!
//! Extracted: the kind of protection. Not extracted: the TLS handshake inside the control channel.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// OpenVPN.
pub static OPENVPN: Protocol = Protocol {
    name: "OpenVPN",
    eve: "openvpn",
    category: "VPN",
    how: "a reset whose numbers are the first, an answer with the peer's session id, or data packets in sequence",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[1194],
    starts: &[
        Start::Range(0x20, 0x58),
        Start::At(2, &[0x20]),
        Start::At(2, &[0x28]),
        Start::At(2, &[0x38]),
        Start::At(2, &[0x40]),
        Start::At(2, &[0x50]),
    ],
    fields: &[&PROTECTION],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static PROTECTION: Field = Field::new("openvpn", "protection");

const CONTROL: u8 = 4;
const ACK: u8 = 5;
const DATA: u8 = 6;
const CLIENT: u8 = 7;
const SERVER: u8 = 8;
const DATA_V2: u8 = 9;
const CLIENT_V3: u8 = 10;

fn probe(seen: &Seen) -> Verdict {
    if seen.datagram() {
        return match Packet::new(seen.data) {
            Ok(packet) => judge(&packet, Packet::new(seen.other).ok().as_ref(), seen.wire)
                .map(Verdict::Yes)
                .unwrap_or_else(|| data_in_sequence(seen)),
            Err(_) => Verdict::No,
        };
    }
    let Some((packet, whole)) = framed(seen.data) else {
        // Frames of the control channel are small.
        let short =
            seen.data.len() < 2048 && matches!(seen.data, [] | [0..=7] | [0..=7, _] | [0..=7, _, 0x20..=0x58, ..]);
        return if short { Verdict::More } else { Verdict::No };
    };
    let other = framed(seen.other).map(|(packet, _)| packet);
    match judge(&packet, other.as_ref(), whole - 2) {
        Some(what) => Verdict::Yes(what),
        None if matches!(packet.opcode, CLIENT | SERVER | CLIENT_V3) && whole < 400 => Verdict::More,
        None => Verdict::No,
    }
}

/// The first packet of a TCP stream, and its length with what states it.
fn framed(data: &[u8]) -> Option<(Packet<'_>, usize)> {
    let mut r = Reader::new(data);
    let length = usize::from(r.u16("length").ok()?);
    let packet = Packet::new(r.take(length, "packet").ok()?).ok()?;
    Some((packet, length + 2))
}

/// What all packets of the control channel begin with.
struct Packet<'a> {
    opcode: u8,
    key: u8,
    session: [u8; 8],
    rest: &'a [u8],
}

impl<'a> Packet<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(data);
        let first = r.u8("opcode")?;
        let session = r.array("session id")?;
        let packet = Self { opcode: first >> 3, key: first & 7, session, rest: r.rest() };
        if session == [0; 8] || !(CONTROL..=CLIENT_V3).contains(&packet.opcode) {
            return Err(Incomplete("OpenVPN packet"));
        }
        Ok(packet)
    }

    /// tls-crypt: a packet number and a time before the keyed hash.
    fn number_and_time(&self) -> Option<(u32, u32)> {
        let mut r = Reader::new(self.rest);
        Some((r.u32("number").ok()?, r.u32("time").ok()?))
    }
}

/// Whether the numbers of the control channel can only be those of OpenVPN. `length` is that of the whole packet.
fn judge(packet: &Packet, other: Option<&Packet>, length: usize) -> Option<&'static str> {
    let (first, rest) = (packet.key == 0, packet.rest);
    if packet.opcode == CLIENT && first && rest == [0; 5] {
        return Some("client reset with nothing acknowledged");
    }
    if let (SERVER, [1, 0, 0, 0, 0, peer @ ..]) = (packet.opcode, rest)
        && peer.len() == 12
        && peer.ends_with(&[0; 4])
    {
        return Some("server reset that acknowledges message 0");
    }
    if matches!(packet.opcode, CLIENT | CLIENT_V3)
        && first
        && let Some(what) = authenticated_reset(rest, length)
    {
        return Some(what);
    }
    let other = other.filter(|o| o.session != packet.session)?;
    if acknowledges(rest, other) {
        return Some("answer with the session id of the peer");
    }
    let numbers = (packet.number_and_time()?, other.number_and_time()?);
    match numbers {
        ((1, now), (_, before))
            if packet.opcode == SERVER
                && matches!(other.opcode, CLIENT | CLIENT_V3)
                && now.abs_diff(before) < DAY
                && now > YEAR_2005 =>
        {
            Some("server reset with the client's time (tls-crypt)")
        }
        _ => None,
    }
}

/// tls-auth: keyed hash, packet number 1, time, nothing acknowledged, message 0. tls-crypt: number, time, hash, five bytes.
fn authenticated_reset(rest: &[u8], length: usize) -> Option<&'static str> {
    for hash in [16, 20, 28, 32, 48, 64] {
        if length == 9 + hash + 8 + 5
            && let Some([0, 0, 0, 1, _, _, _, _, 0, 0, 0, 0, 0]) = rest.get(hash..)
        {
            return Some("client reset with a keyed hash (tls-auth)");
        }
    }
    match rest {
        [0 | 0x0f, 0, 0, 1, time @ ..] if length == 9 + 8 + 32 + 5 || (length > 200 && rest.first() == Some(&0x0f)) => {
            let time = u32::from_be_bytes(*time.first_chunk()?);
            (time > YEAR_2005).then_some("client reset, encrypted (tls-crypt)")
        }
        _ => None,
    }
}

/// Whether it acknowledges messages of the session of the other direction, with a keyed hash before or without.
fn acknowledges(rest: &[u8], other: &Packet) -> bool {
    [0, 16 + 8, 20 + 8, 28 + 8, 32 + 8, 48 + 8, 64 + 8].into_iter().any(|skip| {
        let Some([count @ 1..=8, ids @ ..]) = rest.get(skip..) else { return false };
        ids.get(usize::from(*count) * 4..).is_some_and(|s| s.starts_with(&other.session))
    })
}

/// Data packets of one peer whose numbers follow one another.
fn data_in_sequence(seen: &Seen) -> Verdict {
    let numbers = |data: &[u8]| {
        let mut r = Reader::new(data);
        let first = r.u8("opcode").ok()?;
        let peer = if first >> 3 == DATA_V2 { r.u24("peer").ok()? } else { 0 };
        matches!(first >> 3, DATA | DATA_V2).then_some((first, peer, r.u32("number").ok()?))
    };
    match (numbers(seen.data), numbers(seen.previous)) {
        (Some((a, p, n)), Some((b, q, m)))
            if a == b && p == q && (1..=8).contains(&n.wrapping_sub(m)) && seen.wire > 40 =>
        {
            if a >> 3 == DATA_V2 && n < 1 << 24 {
                Verdict::Yes("data packets of one peer in sequence")
            } else {
                Verdict::Weak("data packets in sequence")
            }
        }
        _ => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let data = if cx.transport == Transport::Tcp { data.get(2..).unwrap_or_default() } else { data };
    let word = match data.get(9..) {
        Some([0, 0, 0, 0, 0]) => "none",
        Some([0..=8, ..]) if matches!(data.first().map(|b| b >> 3), Some(CONTROL | ACK)) => "none",
        Some([0 | 0x0f, 0, 0, 1, ..]) => "tls-crypt",
        Some(rest) if matches!(rest.last_chunk(), Some([0, 0, 0, 0, 0])) => "tls-auth",
        _ => return Step::Done,
    };
    cx.word(&PROTECTION, word);
    cx.note_fact("protection", &PROTECTION);
    Step::Done
}

const DAY: u32 = 86_400;
const YEAR_2005: u32 = 0x41d5_e180;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const RESET: &[u8] = &[0x38, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0];
    const ANSWER: &[u8] = &[0x40, 9, 9, 9, 9, 9, 9, 9, 9, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0];

    #[test]
    fn resets() {
        let talk = Talk::udp(4000, 9998).client(RESET).run();
        assert_eq!(talk.names(), ["OpenVPN"]);
        assert_eq!(facts(&talk, &PROTECTION), ["none"]);
        let keyed =
            [&[0x38, 1, 2, 3, 4, 5, 6, 7, 8][..], &[7; 20], &[0, 0, 0, 1, 0x60, 1, 2, 3, 0, 0, 0, 0, 0]].concat();
        assert_eq!(facts(&Talk::udp(4000, 9998).client(&keyed).run(), &PROTECTION), ["tls-auth"]);
        let framed = [&[0, 14][..], RESET].concat();
        assert_eq!(Talk::tcp(4000, 9998).client(&framed[..1]).client(&framed[1..]).run().names(), ["OpenVPN"]);
    }

    #[test]
    fn answers_name_what_they_answer() {
        let reset = [&[0x38, 1, 2, 3, 4, 5, 6, 7, 8][..], &[7; 50]].concat();
        assert_eq!(Talk::udp(4000, 9998).client(&reset).server(ANSWER).run().names(), ["OpenVPN"]);
        assert!(Talk::udp(4000, 9998).client(&reset).run().names().is_empty());
    }

    #[test]
    fn damage_is_survived() {
        survives(&OPENVPN, &[RESET, ANSWER]);
    }
}

//! QUIC (RFC 9000, 9001, 9369), its drafts, Facebook's and Google's versions.
//!
//! Extracted: version, and from the client's Initial packets the ClientHello: server name, ALPN, JA3, JA4, key shares,
//! Google's user agent; the CHLO of Google's own handshake. CRYPTO frames may come in any number of packets and in any
//! order. Not extracted: the server's side, which has nothing in the clear but its choice of cipher.

mod google;
mod initial;
mod packet;

use self::initial::Keys;
use self::packet::{Long, Version, is_google, is_greased, length, number};
use super::tls::{ClientHello, DOH_DOT, Fields};
use crate::dissect::common::pieces::Pieces;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// QUIC.
pub static QUIC: Protocol = Protocol {
    name: "QUIC",
    eve: "quic",
    category: "Web",
    how: "a long header with a known version",
    over: &[Transport::Udp],
    ports: &[443, 8443, 4433],
    starts: &[
        // Long headers: version 1, version 2, drafts, Facebook's, Google's, greased ones, version negotiation.
        Start::Mask(1, 0xffff_ffff, 1),
        Start::Mask(1, 0xffff_ffff, 0x6b33_43cf),
        Start::Mask(1, 0xffff_ff00, 0xff00_0000),
        Start::Mask(1, 0xffff_ff00, 0xface_b000),
        Start::Mask(1, 0x0f0f_0f0f, 0x0a0a_0a0a),
        Start::Mask(1, 0xffff_ffff, 0),
        Start::At(1, b"Q0"),
        Start::At(1, b"T0"),
        // Google's first header: flags, connection id, version.
        Start::At(9, b"Q0"),
        Start::Port,
    ],
    fields: &ALL,
    probe,
    reading: Reading::Machine(|| Box::<Quic>::default()),
    ..Protocol::NEW
};

/// HTTP/3, known by the ALPN of QUIC.
pub static HTTP3: Protocol = Protocol {
    name: "HTTP3",
    eve: "",
    category: "Web",
    how: "QUIC whose ALPN says h3",
    over: &[Transport::Udp],
    ..Protocol::NEW
};

static FIELDS: Fields = Fields::new("quic");
static AGENT: Field = Field::new("quic", "ua").role(Role::Agent);
static ALL: [&Field; 18] = {
    let mut all = [&AGENT; 18];
    let common = FIELDS.all();
    let mut i = 0;
    while i < common.len() {
        all[i] = common[i];
        i += 1;
    }
    all
};

fn probe(seen: &Seen) -> Verdict {
    let Some(first) = seen.data.first() else { return Verdict::No };
    if first & 0x80 != 0 {
        return long(seen).unwrap_or(Verdict::No);
    }
    let at = if first & 0x08 != 0 { 9 } else { 1 };
    let version = seen.data.get(at..).and_then(<[u8]>::first_chunk::<4>).map(|v| u32::from_be_bytes(*v));
    if first & 0xc1 == 1 && version.is_some_and(is_google) {
        return Verdict::Yes("Google QUIC version");
    }
    if seen.usual && google::is_answer(seen.data) {
        return Verdict::Yes("Google QUIC handshake answer");
    }
    short(seen)
}

/// What a long header says.
fn long(seen: &Seen) -> Result<Verdict, Incomplete> {
    let mut r = Reader::new(seen.data);
    let header = Long::new(&mut r)?;
    if header.version == 0 {
        return Ok(negotiation(&header, r.rest()));
    }
    let fixed = header.first & 0x40 != 0;
    let Some(version) = Version::new(header.version) else {
        let padded = seen.wire >= 1200 && header.destination.len() >= 8 && fixed;
        let greased = padded && is_greased(header.version);
        return Ok(if greased { Verdict::Yes("QUIC with a greased version") } else { Verdict::No });
    };
    if version.salt.is_some() && fixed && header.kind(version) != 3 {
        if header.kind(version) == 0 {
            let token = length(&mut r)?;
            r.skip(token, "token")?;
        }
        let stated = length(&mut r)?;
        let left = r.left() + seen.wire.saturating_sub(seen.data.len());
        return Ok(if (16..=left).contains(&stated) { Verdict::Yes("QUIC long header") } else { Verdict::No });
    }
    let enough = r.left() >= 16 && (fixed || is_google(header.version));
    Ok(if enough { Verdict::Yes("QUIC long header") } else { Verdict::No })
}

/// The versions that a server knows; one of them must be known here.
fn negotiation(header: &Long, list: &[u8]) -> Verdict {
    let versions = list.chunks(4).map(|v| v.first_chunk::<4>().map_or(0, |v| u32::from_be_bytes(*v)));
    let known = versions.clone().any(|v| Version::new(v).is_some());
    let sound = versions.clone().all(|v| v != 0) && versions.count() <= 32;
    let named = header.destination.len() + header.source.len() >= 8;
    if known && sound && named { Verdict::Yes("QUIC version negotiation") } else { Verdict::No }
}

/// Short headers have no mark but the connection id, which is the same in every packet of a direction. All around it is
/// encrypted and changes.
fn short(seen: &Seen) -> Verdict {
    let (Some(here), Some(before)) = (seen.data.first_chunk::<17>(), seen.previous.first_chunk::<17>()) else {
        return Verdict::No;
    };
    let ([a, here @ ..], [b, before @ ..]) = (here, before);
    let (id, rest) = here.split_at(8);
    let mut different = id.to_vec();
    different.sort_unstable();
    different.dedup();
    let fixed = a & 0xc0 == 0x40 && b & 0xc0 == 0x40 && a != b;
    let moves = rest.iter().zip(before.iter().skip(8)).all(|(a, b)| a != b);
    match seen.usual && fixed && before.starts_with(id) && different.len() >= 6 && moves {
        true => Verdict::Weak("QUIC connection id in two packets"),
        false => Verdict::No,
    }
}

/// The state of a connection until its name is known.
#[derive(Default)]
struct Quic {
    keys: Option<Keys>,
    crypto: Pieces,
    packets: u8,
}

impl Dissector for Quic {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        self.packets = self.packets.saturating_add(1);
        let done = match data.first() {
            Some(first) if first & 0x80 != 0 => self.datagram(cx, data).unwrap_or(false),
            Some(first) => self.short(cx, *first, data),
            None => false,
        };
        if done || self.packets > MAX_PACKETS {
            self.rest(cx);
            return Step::Done;
        }
        Step::Used(0)
    }
}

impl Quic {
    /// Takes a datagram of packets with long headers. Whether there is nothing more to learn.
    fn datagram(&mut self, cx: &mut Cx, data: &[u8]) -> Result<bool, Incomplete> {
        let mut r = Reader::new(data);
        for _ in 0..MAX_COALESCED {
            let header = Long::new(&mut r)?;
            let Some(version) = Version::new(header.version) else { return Ok(false) };
            if cx.text(&FIELDS.version, version.name().as_bytes()) {
                cx.note_fact("version", &FIELDS.version);
            }
            if version.salt.is_none() {
                return Ok(chlo(cx, data));
            }
            let kind = header.kind(version);
            match kind {
                0 => {
                    let token = length(&mut r)?;
                    r.skip(token, "token")?;
                }
                // After a Retry the client asks anew, with keys from the server's connection id.
                3 => {
                    self.keys = None;
                    return Ok(false);
                }
                // The client got the server's answer: there is no more of its hello.
                2 if cx.from_client => return Ok(true),
                _ => {}
            }
            let stated = length(&mut r)?;
            let protected = r.take(stated.min(r.left()), "payload")?;
            if kind == 0 && self.initial(cx, version, &header, protected) {
                return Ok(true);
            }
            if r.is_empty() {
                break;
            }
        }
        Ok(false)
    }

    /// Takes an Initial packet of the client. Whether the hello is complete.
    fn initial(&mut self, cx: &mut Cx, version: Version, header: &Long, protected: &[u8]) -> bool {
        let cut = cx.wire;
        let open =
            |keys: &Keys| keys.open(header.first, protected).filter(|p| is_google(version.number) || sound(p, cut));
        let mut plain = self.keys.as_ref().and_then(open);
        if plain.is_none() {
            let keys = Keys::new(version, header.destination);
            plain = keys.as_ref().and_then(open);
            if plain.is_some() {
                self.keys = keys;
            }
        }
        let Some(plain) = plain else { return false };
        if is_google(version.number) && chlo(cx, &plain) {
            return true;
        }
        let _ = frames(&plain, |at, piece| self.crypto.add(at, piece));
        self.hello(cx, false)
    }

    /// Takes the hello if it is complete, or as far as it goes. Whether it was taken.
    fn hello(&self, cx: &mut Cx, partly: bool) -> bool {
        let [1, a, b, c, body @ ..] = self.crypto.prefix() else { return false };
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
        let body = body.get(..length).or(partly.then_some(body));
        let Some(hello) = body.and_then(|body| ClientHello::new(body, false).ok()) else { return false };
        FIELDS.client(cx, &hello, 'q');
        let alpn = hello.alpn();
        if alpn.iter().any(|p| p.starts_with(b"h3")) {
            cx.layer(&HTTP3);
        } else if alpn.iter().any(|p| p.starts_with(b"doq")) {
            cx.layer(&DOH_DOT);
        }
        let parameters = hello.extensions.iter().find(|e| matches!(e.kind, 57 | 0xffa5));
        if let Some(agent) = parameters.and_then(|e| parameter(e.data, USER_AGENT)) {
            cx.text(&AGENT, agent);
        }
        true
    }

    /// The end: what there is of a hello that never became complete.
    fn rest(&self, cx: &mut Cx) {
        if cx.facts().get(&FIELDS.ja4).is_none() {
            let _ = self.hello(cx, true);
        }
    }

    /// Takes a packet without long header: Google's first kind, or one of an established connection.
    fn short(&mut self, cx: &mut Cx, first: u8, data: &[u8]) -> bool {
        let at = if first & 0x08 != 0 { 9 } else { 1 };
        let version = data.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(0, |v| u32::from_be_bytes(*v));
        if first & 1 == 1 && is_google(version) {
            if cx.text(&FIELDS.version, &version.to_be_bytes()) {
                cx.note_fact("version", &FIELDS.version);
            }
            return chlo(cx, data);
        }
        first & 0x40 != 0 && !cx.from_client
    }
}

/// Takes Google's hello. Whether there was one.
fn chlo(cx: &mut Cx, packet: &[u8]) -> bool {
    let Some(chlo) = google::find_chlo(packet) else { return false };
    if cx.host(&FIELDS.sni, chlo.sni) {
        cx.note_fact("CHLO, SNI", &FIELDS.sni);
    }
    if !chlo.agent.is_empty() {
        cx.text(&AGENT, chlo.agent);
    }
    true
}

/// Whether what was decrypted is frames that an Initial packet may have, to its end.
fn sound(plain: &[u8], wire: usize) -> bool {
    let mut crypto = false;
    match frames(plain, |_, _| crypto = true) {
        Ok(whole) => whole && (crypto || plain.len() > 4),
        // A frame may be cut where the capture is.
        Err(_) => crypto && wire > plain.len(),
    }
}

/// Walks over the frames. False at a frame that no Initial packet has.
fn frames(plain: &[u8], mut crypto: impl FnMut(usize, &[u8])) -> Result<bool, Incomplete> {
    let mut r = Reader::new(plain);
    while !r.is_empty() {
        match r.u8("frame type")? {
            0 | 1 => {}
            kind @ (2 | 3) => {
                let (_largest, _delay) = (number(&mut r)?, number(&mut r)?);
                let ranges = number(&mut r)?;
                let counts = ranges.min(MAX_RANGES) * 2 + if kind == 3 { 4 } else { 1 };
                for _ in 0..counts {
                    number(&mut r)?;
                }
            }
            // Google's drafts number it 8.
            6 | 8 => {
                let (at, size) = (length(&mut r)?, length(&mut r)?);
                crypto(at, r.take(size, "crypto data")?);
            }
            0x1c => {
                let (_error, _frame) = (number(&mut r)?, number(&mut r)?);
                let size = length(&mut r)?;
                r.skip(size, "reason")?;
            }
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// A transport parameter (RFC 9000 section 18).
fn parameter(list: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut r = Reader::new(list);
    for _ in 0..MAX_PARAMETERS {
        let id = number(&mut r).ok()?;
        let size = length(&mut r).ok()?;
        let value = r.take(size, "parameter").ok()?;
        if id == wanted {
            return Some(value);
        }
    }
    None
}

/// Google's transport parameter with the client's name.
const USER_AGENT: u64 = 0x3129;
const MAX_PARAMETERS: usize = 64;
const MAX_RANGES: u64 = 64;
const MAX_COALESCED: usize = 8;
/// Packets after which a hello that is not complete never will be.
const MAX_PACKETS: u8 = 40;

#[cfg(test)]
mod tests {
    use super::super::tls::tests::client_hello;
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const ID: [u8; 8] = *b"\x83\x94\xc8\xf0\x3e\x51\x57\x08";

    fn crypto(at: u8, piece: &[u8]) -> Vec<u8> {
        let length = u16::try_from(piece.len()).unwrap() | 0x4000;
        [&[6, at][..], &length.to_be_bytes(), piece].concat()
    }

    fn packet(version: u32, id: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
        let known = Version::new(version).unwrap();
        let first = if known.second { 0xd0 } else { 0xc0 };
        let (first, protected) = initial::tests::protect(known, id, first, number, frames);
        let length = u16::try_from(protected.len()).unwrap() | 0x4000;
        let ids = [&[u8::try_from(id.len()).unwrap()][..], id, &[0, 0]].concat();
        [&[first][..], &version.to_be_bytes(), &ids, &length.to_be_bytes(), &protected].concat()
    }

    #[test]
    fn a_hello_in_every_version() {
        for version in [1, 0x6b33_43cf, 0xff00_001d, 0xff00_001b, 0xface_b002] {
            let hello = client_hello("www.example.org", &["h3"]);
            let talk = Talk::udp(4000, 9999).client(&packet(version, &ID, 0, &crypto(0, &hello))).run();
            assert_eq!(talk.names(), ["QUIC", "HTTP3"]);
            assert_eq!(facts(&talk, &FIELDS.sni), ["www.example.org"]);
            assert!(talk.done && facts(&talk, &FIELDS.ja4)[0].starts_with("q13d0306h3_"));
        }
    }

    #[test]
    fn crypto_frames_in_any_order_after_a_retry() {
        let hello = client_hello("www.example.org", &["doq"]);
        let retry = [&[0xf0, 0, 0, 0, 1, 0, 8][..], &[7; 8], &[9; 40]].concat();
        let talk = Talk::udp(4000, 9999)
            .client(&packet(1, &ID, 0, &crypto(0, &hello[..50])))
            .server(&retry)
            .client(&packet(1, &[7; 8], 1, &[&[0, 1][..], &crypto(60, &hello[60..])].concat()))
            .client(&packet(1, &[7; 8], 2, &crypto(40, &hello[40..80])))
            .run();
        assert_eq!(talk.names(), ["QUIC", "DoH_DoT"]);
        assert_eq!(facts(&talk, &FIELDS.sni), ["www.example.org"]);
    }

    #[test]
    fn google_before_tls() {
        let chlo = google::tests::message(&[(b"SNI\0", b"www.example.org"), (b"UAID", b"Chrome/50")]);
        let packet = [&b"\x09"[..], &ID, b"Q035\x01", &[0; 12], &[0xa4, 1], &chlo].concat();
        let talk = Talk::udp(4000, 9999).client(&packet).run();
        assert_eq!(talk.names(), ["QUIC"]);
        assert_eq!(facts(&talk, &AGENT), ["Chrome/50"]);
        survives(&QUIC, &[&packet]);
    }

    #[test]
    fn version_negotiation_and_what_is_not_quic() {
        let negotiation = [&[0x80, 0, 0, 0, 0, 8][..], &ID, &[0, 0, 0, 0, 1]].concat();
        assert_eq!(Talk::udp(4000, 9999).server(&negotiation).run().names(), ["QUIC"]);
        let other = [&[0xc0, 0, 0, 0, 1, 8][..], &ID, &[0xff; 20]].concat();
        assert!(!Talk::udp(4000, 443).client(&other).run().names().contains(&"QUIC"));
    }

    #[test]
    fn damage_is_survived() {
        survives(&QUIC, &[&packet(1, &ID, 0, &crypto(0, &client_hello("a.b", &["h3"])))]);
    }
}

//! BitTorrent: the peer protocol (BEP 3), uTP (BEP 29), the distributed hash table (BEP 5), trackers over UDP (BEP 15),
//! local discovery (BEP 14).
//!
//! Extracted: info hash, the client by its peer id, what is asked of the hash table. Not extracted: pieces. Encrypted
//! handshakes (MSE) have no mark and are not named.

use std::fmt::Write;

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::Reader;

/// BitTorrent.
pub static BITTORRENT: Protocol = Protocol {
    name: "BitTorrent",
    eve: "bittorrent-dht",
    category: "Download",
    how: "the handshake, a bencoded message of the hash table, a uTP packet that answers another, a tracker's magic",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[6771, 6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 6969, 51413],
    starts: &[
        Start::At(0, HANDSHAKE),
        Start::At(0, b"BT-SEARCH * HTTP/1.1\r\n"),
        Start::Mask(0, 0xfff0_0000, 0x6430_0000),
        Start::At(0, &TRACKER),
        Start::Mask(0, 0x8ffc_0000, 0x0100_0000),
        Start::Port,
    ],
    fields: &[&INFO_HASH, &PEER, &REQUEST, &VERSION],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static INFO_HASH: Field = Field::new("bittorrent", "info_hash");
static PEER: Field = Field::new("bittorrent", "client");
static REQUEST: Field = Field::new("bittorrent_dht", "request_type");
static VERSION: Field = Field::new("bittorrent_dht", "client_version");

const HANDSHAKE: &[u8] = b"\x13BitTorrent protocol";
/// The connection id that opens the talk with a tracker.
const TRACKER: [u8; 8] = [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80];

fn probe(seen: &Seen) -> Verdict {
    let data = seen.data;
    if data.starts_with(HANDSHAKE) {
        return Verdict::Yes("BitTorrent handshake");
    }
    if !seen.datagram() {
        let within = seen.usual && seen.midstream && memchr::memmem::find(data, HANDSHAKE).is_some();
        return if within { Verdict::Yes("BitTorrent handshake within the stream") } else { Verdict::No };
    }
    match data.first() {
        Some(b'd') => hash_table(data),
        Some(b'B') if data.starts_with(b"BT-SEARCH") => Verdict::Yes("BT-SEARCH"),
        Some(0) if data.starts_with(&TRACKER) && seen.wire == 16 && data.get(8..12) == Some(&[0; 4]) => {
            Verdict::Yes("question to a tracker")
        }
        _ => utp(seen),
    }
}

fn hash_table(data: &[u8]) -> Verdict {
    let begins = data.starts_with(b"d1:ad2:id20:") || data.starts_with(b"d1:rd2:id20:");
    let ends = data.ends_with(b"1:y1:qe") || data.ends_with(b"1:y1:re") || data.ends_with(b"1:y1:ee");
    match data {
        _ if begins => Verdict::Yes("message of the hash table"),
        [b'd', b'1'..=b'9', b':', ..] if ends => Verdict::Yes("message of the hash table"),
        _ => Verdict::No,
    }
}

/// A uTP packet: it answers one of the other direction, or brings the handshake.
fn utp(seen: &Seen) -> Verdict {
    let Some(here) = Utp::new(seen.data) else { return Verdict::No };
    if here.kind == 0 && memchr::memmem::find(here.payload.get(..64).unwrap_or(here.payload), HANDSHAKE).is_some() {
        return Verdict::Yes("BitTorrent handshake over uTP");
    }
    let Some(there) = Utp::new(seen.other) else { return Verdict::No };
    let ids = here.connection.wrapping_sub(there.connection);
    let opens = there.kind == SYN && ids <= 1 && here.acknowledges == there.sequence;
    let near = |a: u16, b: u16| a.wrapping_sub(b).wrapping_add(64) < 128;
    let goes_on = matches!(ids, 1 | u16::MAX) && near(here.acknowledges, there.sequence);
    if (opens && here.kind == STATE) || (goes_on && near(here.sequence, there.acknowledges)) {
        Verdict::Yes("uTP packet that answers another")
    } else {
        Verdict::No
    }
}

struct Utp<'a> {
    kind: u8,
    connection: u16,
    sequence: u16,
    acknowledges: u16,
    payload: &'a [u8],
}

impl<'a> Utp<'a> {
    fn new(data: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(data);
        let first = r.u8("type").ok()?;
        let mut extension = r.u8("extension").ok()?;
        if first & 0x0f != 1 || first >> 4 > 4 || extension > 2 {
            return None;
        }
        let connection = r.u16("connection").ok()?;
        r.skip(12, "times, window").ok()?;
        let (sequence, acknowledges) = (r.u16("sequence").ok()?, r.u16("acknowledges").ok()?);
        for _ in 0..4 {
            if extension == 0 {
                break;
            }
            extension = r.u8("extension").ok()?;
            let length = r.u8("length").ok()?;
            r.skip(usize::from(length), "extension").ok()?;
        }
        Some(Self { kind: first >> 4, connection, sequence, acknowledges, payload: r.rest() })
    }
}

const STATE: u8 = 2;
const SYN: u8 = 4;

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let start = memchr::memmem::find(data.get(..128).unwrap_or(data), HANDSHAKE);
    if let Some(handshake) = start.and_then(|at| data.get(at..)) {
        let Some(ids) = handshake.get(28..68) else {
            return if cx.transport == Transport::Tcp { Step::Used(0) } else { Step::Done };
        };
        let (hash, peer) = ids.split_at(20);
        cx.text(&INFO_HASH, hex(hash).as_bytes());
        cx.note_fact("info hash", &INFO_HASH);
        if let Some(client) = peer.get(1..7).filter(|c| peer.starts_with(b"-") && c.is_ascii()) {
            cx.text(&PEER, client);
        }
        return Step::Done;
    }
    if data.starts_with(b"d") {
        if let Some(word) = value(data, b"1:q").filter(|w| w.is_ascii()) {
            cx.text(&REQUEST, word);
            cx.note_fact("asks", &REQUEST);
        }
        if let Some(version) = value(data, b"1:v") {
            cx.text(&VERSION, hex(version).as_bytes());
        }
        if let Some(hash) = value(data, b"9:info_hash").filter(|h| h.len() == 20) {
            cx.text(&INFO_HASH, hex(hash).as_bytes());
        }
    }
    Step::Done
}

/// The byte string behind a key, at its first place.
fn value<'a>(data: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(data, key)? + key.len();
    let rest = data.get(at..)?;
    let digits = rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let length = crate::dissect::common::text::number(rest.get(..digits)?)?;
    let value = rest.get(digits..)?.strip_prefix(b":")?;
    value.get(..usize::try_from(length).ok()?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const PING: &[u8] = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:v4:UT\x01\x021:y1:qe";

    fn handshake() -> Vec<u8> {
        [HANDSHAKE, &[0; 8], &[0xab; 20], b"-TR4040-xxxxxxxxxxxx"].concat()
    }

    #[test]
    fn peers() {
        let talk = Talk::tcp(4000, 9999).client(&handshake()[..1]).client(&handshake()[1..]).run();
        assert_eq!(talk.names(), ["BitTorrent"]);
        assert_eq!(facts(&talk, &INFO_HASH), ["ab".repeat(20)]);
        assert_eq!(facts(&talk, &PEER), ["TR4040"]);
    }

    #[test]
    fn hash_table_and_tracker() {
        let talk = Talk::udp(4000, 9999).client(PING).run();
        assert_eq!(facts(&talk, &REQUEST), ["ping"]);
        let question = [&TRACKER[..], &[0, 0, 0, 0, 9, 9, 9, 9]].concat();
        assert_eq!(Talk::udp(4000, 9999).client(&question).run().names(), ["BitTorrent"]);
    }

    #[test]
    fn utp_needs_both_directions() {
        let packet = |kind: u8, sequence: u8, acknowledges: u8| {
            [&[kind, 0, 7, 7][..], &[1, 2, 3, 4, 0, 0, 0, 0, 0, 4, 0, 0], &[50, sequence, 60, acknowledges]].concat()
        };
        let (syn, mut state) = (packet(0x41, 1, 0), packet(0x21, 9, 0));
        state[18..20].copy_from_slice(&syn[16..18]);
        assert_eq!(Talk::udp(4000, 9999).client(&syn).server(&state).run().names(), ["BitTorrent"]);
        assert!(Talk::udp(4000, 9999).client(&syn).server(&packet(0x21, 9, 9)).run().names().is_empty());
    }

    #[test]
    fn damage_is_survived() {
        survives(&BITTORRENT, &[&handshake(), PING]);
    }
}

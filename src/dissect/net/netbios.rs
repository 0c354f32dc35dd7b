//! NetBIOS over TCP and UDP (RFC 1001, RFC 1002): name service, datagram service, and the session service, which frames
//! SMB.
//!
//! Extracted: the names asked and announced. What a session carries is looked at anew. Not extracted: node status.

use crate::dissect::common::at;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// NetBIOS.
pub static NETBIOS: Protocol = Protocol {
    name: "NetBIOS",
    eve: "nbns",
    category: "System",
    how: "names in half-octet encoding at the place of their service",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[137, 138, 139],
    starts: &[
        // Name service: the encoded name of 32 letters behind the header.
        Start::At(12, &[0x20]),
        Start::Port,
        // Datagram service: types 0x10 to 0x16, flags of four bits.
        Start::Mask(0, 0xf8f0_0000, 0x1000_0000),
        // Session request, with the length of two encoded names.
        Start::At(0, &[SESSION_REQUEST, 0, 0]),
        Start::At(0, &[SESSION_CONFIRM, 0, 0, 0]),
        Start::At(0, &[KEEP_ALIVE, 0, 0, 0]),
    ],
    framing: true,
    fields: &[&NAME, &CALLED],
    probe,
    reading: Reading::Machine(|| Box::new(NetBios)),
    ..Protocol::NEW
};

static NAME: Field = Field::list("netbios", "name").role(Role::Asked);
static CALLED: Field = Field::list("netbios", "called");

const SESSION_REQUEST: u8 = 0x81;
const SESSION_CONFIRM: u8 = 0x82;
const KEEP_ALIVE: u8 = 0x85;

fn probe(seen: &Seen) -> Verdict {
    if !seen.datagram() {
        return session(seen);
    }
    if name_service(seen.data).is_some() {
        return Verdict::Yes("NetBIOS name service: an encoded name");
    }
    if datagram_service(seen.data).is_some() {
        return Verdict::Yes("NetBIOS datagram service: encoded names");
    }
    // Broken names behind a header that is sound.
    let length = at::u16(seen.data, 10).map(usize::from);
    if at::u16(seen.data, 8) == Some(138) && length.is_some_and(|n| n + 14 == seen.wire) {
        return Verdict::Yes("NetBIOS datagram service: port and length");
    }
    let question = at::u8(seen.data, 12) == Some(0x20) && matches!(at::u16(seen.data, 46), Some(0x20 | 0x21));
    let one = at::u32(seen.data, 4) == Some(0x0001_0000) || at::u32(seen.data, 4) == Some(1);
    if question || one && seen.server_port == 137 && seen.wire >= 50 {
        return Verdict::Weak("NetBIOS name service header");
    }
    Verdict::No
}

/// A session request is followed by what it frames, so it is enough to know that it is one.
fn session(seen: &Seen) -> Verdict {
    match seen.data.first() {
        Some(&SESSION_REQUEST) if seen.data.len() < 4 + 34 => Verdict::More,
        Some(&SESSION_REQUEST) if decode(seen.data.get(5..).unwrap_or_default()).is_some() => {
            Verdict::Yes("NetBIOS session request")
        }
        // A server answers a request; a lone keepalive says little.
        Some(&SESSION_CONFIRM) if seen.other.first() == Some(&SESSION_REQUEST) => Verdict::More,
        Some(&(SESSION_CONFIRM | KEEP_ALIVE)) if seen.data.len() == 4 => Verdict::Weak("NetBIOS session message"),
        _ => Verdict::No,
    }
}

/// The name in the first question or record of a name service message.
fn name_service(data: &[u8]) -> Option<Name> {
    let flags = at::u16(data, 2)?;
    let opcode = flags >> 11 & 15;
    let counts = (at::u16(data, 4)?, at::u16(data, 6)?, at::u16(data, 8)?, at::u16(data, 10)?);
    let sane = matches!(opcode, 0 | 5..=9 | 15) && counts.0 <= 16 && counts.1 <= 64 && counts.2 <= 16 && counts.3 <= 16;
    let some = counts != (0, 0, 0, 0);
    (sane && some && at::u8(data, 12)? == 0x20).then(|| decode(data.get(13..)?)).flatten()
}

/// The source's name in a datagram that is sent directly, to a group or to all.
fn datagram_service(data: &[u8]) -> Option<(Name, Option<Name>)> {
    if !(0x10..=0x16).contains(&at::u8(data, 0)?) {
        return None;
    }
    // Queries have only the destination, right behind the header.
    let names = if at::u8(data, 0)? >= 0x14 { 10 } else { 14 };
    if at::u8(data, names)? != 0x20 {
        return None;
    }
    let source = decode(data.get(names + 1..)?)?;
    let target = data.get(names + 34..).and_then(|rest| decode(rest.strip_prefix(&[0x20])?));
    Some((source, target))
}

/// A name of 16 bytes, of which the last says what kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    bytes: [u8; 15],
}

impl Name {
    fn trimmed(&self) -> &[u8] {
        let end = self.bytes.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |p| p + 1);
        self.bytes.get(..end).unwrap_or_default()
    }
}

/// Each half octet is a letter from A to P.
fn decode(encoded: &[u8]) -> Option<Name> {
    let encoded = encoded.first_chunk::<32>()?;
    if !encoded.iter().all(|b| (b'A'..=b'P').contains(b)) {
        return None;
    }
    let mut bytes = [0; 15];
    for (byte, pair) in bytes.iter_mut().zip(encoded.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |n, half| n << 4 | (half - b'A'));
    }
    Some(Name { bytes })
}

struct NetBios;

impl Dissector for NetBios {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.transport != Transport::Tcp {
            return datagram(cx, data);
        }
        match data.first_chunk::<4>() {
            Some([SESSION_REQUEST, ..]) => request(cx, data),
            Some([SESSION_CONFIRM | KEEP_ALIVE, 0, 0, 0]) => Step::Inner(4),
            // The client goes on without waiting, or the answer was lost.
            Some([0, ..]) => Step::Inner(0),
            Some(_) => Step::Done,
            None => Step::Used(0),
        }
    }
}

fn request(cx: &mut Cx, data: &[u8]) -> Step {
    let length = usize::from(at::u16(data, 2).unwrap_or(0)) + 4;
    let Some(body) = data.get(4..length) else { return Step::Used(0) };
    if let Some(called) = body.get(1..).and_then(decode) {
        cx.text(&CALLED, called.trimmed());
    }
    Step::Used(length)
}

fn datagram(cx: &mut Cx, data: &[u8]) -> Step {
    if let Some(name) = name_service(data) {
        if name.trimmed() != b"*" && cx.host(&NAME, name.trimmed()) {
            cx.note_fact("NetBIOS name", &NAME);
        }
    } else if let Some((source, target)) = datagram_service(data) {
        if cx.host(&NAME, source.trimmed()) {
            cx.note_fact("NetBIOS datagram from", &NAME);
        }
        if let Some(target) = target.filter(|t| at::printable(t.trimmed())) {
            cx.text(&CALLED, target.trimmed());
        }
    }
    Step::Used(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const QUERY: &[u8] = b"\x80\x01\x01\x10\0\x01\0\0\0\0\0\0\x20FDEFFCFGEFFCCACACACACACACACACACA\0\0\x20\0\x01";

    #[test]
    fn a_name_query_is_not_dns() {
        let talk = Talk::udp(137, 137).client(QUERY).run();
        assert_eq!(talk.names(), ["NetBIOS"]);
        assert_eq!(facts(&talk, &NAME), ["server"]);
        assert_eq!(Talk::udp(1500, 53).client(QUERY).run().names(), ["NetBIOS"]);
    }

    #[test]
    fn a_session_gives_way() {
        let request = b"\x81\0\0\x44\x20CKFDENECFDEFFCFGEFFCCACACACACACA\0\x20EKEDFEEIEDCACACACACACACACACACAAA\0";
        let talk = Talk::tcp(1500, 139).client(request).server(b"\x82\0\0\0").run();
        assert_eq!(talk.names(), ["NetBIOS"]);
        assert_eq!(facts(&talk, &CALLED), ["*SMBSERVER"]);
    }

    #[test]
    fn damaged() {
        survives(&NETBIOS, &[QUERY]);
    }
}

//! Remote Desktop Protocol (MS-RDPBCGR): the connection request in TPKT and COTP (RFC 1006), and RDP over UDP
//! (MS-RDPEUDP).
//!
//! Extracted: the cookie's user name, the security asked and chosen, the client's name. After the confirmation TLS is
//! looked for. Not extracted: capabilities, channels.

use crate::dissect::common::text::{holds, split};
use crate::dissect::common::{at, tpkt, utf16};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// RDP.
pub static RDP: Protocol = Protocol {
    name: "RDP",
    eve: "rdp",
    category: "RemoteAccess",
    how: "a COTP connection request with RDP's cookie or negotiation",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[3389],
    starts: &[
        Start::At(0, &[3, 0]),
        Start::At(0, &[0xff; 4]),
        Start::Mask(4, 0x0000_c1fb, 0x0000_0001),
        Start::Mask(4, 0x0000_ffff, 0x0000_000c),
    ],
    fields: &[&COOKIE, &ASKED, &CHOSEN, &CLIENT_NAME],
    probe,
    reading: Reading::Machine(|| Box::new(Rdp)),
    ..Protocol::NEW
};

static COOKIE: Field = Field::new("rdp", "cookie");
static ASKED: Field = Field::list("rdp", "requested_protocols");
static CHOSEN: Field = Field::new("rdp", "protocol");
static CLIENT_NAME: Field = Field::new("rdp", "client_name");

const NEGOTIATION_REQUEST: u8 = 1;
const NEGOTIATION_RESPONSE: u8 = 2;
const NEGOTIATION_FAILURE: u8 = 3;

fn probe(seen: &Seen) -> Verdict {
    if seen.datagram() {
        return udp(seen);
    }
    let Some(tpdu) = tpkt::tpdu(seen.data) else {
        return if seen.data.len() < 11 || cut(seen.data) { Verdict::More } else { Verdict::No };
    };
    match tpdu.kind {
        tpkt::CONNECT if is_request(tpdu.parameters) => Verdict::Yes("RDP connection request"),
        tpkt::CONNECT if tpdu.parameters.is_empty() => Verdict::Weak("COTP connection request without parameters"),
        tpkt::CONFIRM if negotiation(tpdu.parameters, NEGOTIATION_RESPONSE).is_some() => {
            Verdict::Yes("RDP negotiation response")
        }
        tpkt::CONFIRM if negotiation(tpdu.parameters, NEGOTIATION_FAILURE).is_some() => {
            Verdict::Yes("RDP negotiation failure")
        }
        // A conference request of T.124 names Microsoft's client, the answer its server.
        tpkt::DATA if holds(tpdu.body, b"duca") || holds(tpdu.body, b"mcdn") => Verdict::Yes("RDP conference"),
        tpkt::DATA if tpdu.body.len() + 7 < tpdu.whole && matches!(tpdu.body, [0x7f, 0x65 | 0x66, ..]) => Verdict::More,
        _ => Verdict::No,
    }
}

/// Whether a packet's header is not all there.
fn cut(data: &[u8]) -> bool {
    at::u8(data, 4).is_none_or(|header| data.len() < usize::from(header) + 5)
}

/// A cookie or routing token, a negotiation request, or both.
fn is_request(parameters: &[u8]) -> bool {
    parameters.starts_with(b"Cookie: ms") || negotiation(parameters, NEGOTIATION_REQUEST).is_some()
}

/// The protocols in the negotiation structure of this type; it stands at the end.
fn negotiation(parameters: &[u8], kind: u8) -> Option<u32> {
    let place = match parameters.windows(2).position(|w| w == b"\r\n") {
        Some(end) if parameters.starts_with(b"Cookie: ") => end + 2,
        _ => 0,
    };
    let structure = parameters.get(place..)?;
    let sound = at::u8(structure, 0)? == kind && at::u16_le(structure, 2)? == 8;
    at::u32_le(structure, 4).filter(|protocols| sound && *protocols <= 0x1f)
}

/// The SYN of RDP over UDP: no acknowledgement, flags, an initial number, and two packet sizes.
fn udp(seen: &Seen) -> Verdict {
    let (Some(acknowledged), Some(flags)) = (at::u32(seen.data, 0), at::u16(seen.data, 6)) else { return Verdict::No };
    // Later packets: an acknowledgement of one element, the number of the packet twice, and a TLS or DTLS record.
    let data = flags == 12 && at::u16(seen.data, 8) == Some(1) && at::u32(seen.data, 12) == at::u32(seen.data, 16);
    if data && matches!(seen.data.get(20..22), Some([20..=23, 3 | 0xfe])) {
        return Verdict::Yes("RDP over UDP: a record");
    }
    let sizes = (at::u16(seen.data, 12).unwrap_or(0), at::u16(seen.data, 14).unwrap_or(0));
    let in_range = |size| (1132..=1232).contains(&size);
    let syn = flags & 1 != 0 && flags & !0x3201 & !0x0c04 == 0;
    match syn && in_range(sizes.0) && in_range(sizes.1) {
        true if acknowledged == u32::MAX => Verdict::Yes("RDP over UDP: SYN"),
        true if flags & 4 != 0 => Verdict::Yes("RDP over UDP: SYN, ACK"),
        _ => Verdict::No,
    }
}

struct Rdp;

impl Dissector for Rdp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.transport != Transport::Tcp {
            return Step::Done;
        }
        let Some(whole) = at::u16(data, 2).map(usize::from) else { return Step::Used(0) };
        if data.len() < whole {
            return Step::Used(0);
        }
        let Some(tpdu) = tpkt::tpdu(data) else { return Step::Done };
        match tpdu.kind {
            tpkt::CONNECT => {
                request(cx, tpdu.parameters);
                Step::Used(whole)
            }
            tpkt::CONFIRM => confirm(cx, &tpdu),
            tpkt::DATA if cx.from_client => {
                conference(cx, tpdu.body);
                Step::Done
            }
            _ => Step::Used(whole),
        }
    }
}

fn request(cx: &mut Cx, parameters: &[u8]) {
    if let Some((cookie, _)) = split(parameters, b'\r')
        && let Some(user) = cookie.strip_prefix(b"Cookie: mstshash=")
        && cx.text(&COOKIE, user)
    {
        cx.note_fact("RDP cookie", &COOKIE);
    }
    for word in names(negotiation(parameters, NEGOTIATION_REQUEST).unwrap_or(0)) {
        cx.word(&ASKED, word);
    }
}

/// With anything but RDP's own security TLS follows.
fn confirm(cx: &mut Cx, tpdu: &tpkt::Tpdu) -> Step {
    match negotiation(tpdu.parameters, NEGOTIATION_RESPONSE) {
        Some(protocol @ 1..) => {
            if let Some(word) = names(protocol).next() {
                cx.word(&CHOSEN, word);
            }
            Step::Inner(tpdu.whole)
        }
        _ => {
            cx.word(&CHOSEN, "rdp");
            Step::Used(tpdu.whole)
        }
    }
}

fn names(protocols: u32) -> impl Iterator<Item = &'static str> {
    let known = [(1, "ssl"), (2, "hybrid"), (4, "rdstls"), (8, "hybrid_ex"), (16, "rdsaad")];
    known.into_iter().filter(move |(bit, _)| protocols & bit != 0).map(|(_, name)| name)
}

/// The core data of a client: a block of type 0xc001 whose name of 32 bytes stands behind 24 others.
fn conference(cx: &mut Cx, body: &[u8]) {
    let Some(start) = memchr::memmem::find(body, b"Duca") else { return };
    let body = body.get(start..).unwrap_or_default();
    let Some(core) = body.windows(2).position(|w| w == [0x01, 0xc0]) else { return };
    let Some(name) = body.get(core + 24..core + 56) else { return };
    let text = utf16::le(name);
    if !text.is_empty() {
        cx.text(&CLIENT_NAME, text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REQUEST: &[u8] = b"\x03\0\0\x27\x22\xe0\0\0\0\0\0Cookie: mstshash=x\r\n\x01\0\x08\0\x03\0\0\0";
    const CONFIRM: &[u8] = b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0";

    #[test]
    fn a_cookie_and_a_choice() {
        let talk = Talk::tcp(4000, 9999).client(&REQUEST[..7]).client(&REQUEST[7..]).server(CONFIRM).run();
        assert_eq!(talk.names(), ["RDP"]);
        assert_eq!(facts(&talk, &COOKIE), ["x"]);
        assert_eq!(facts(&talk, &CHOSEN), ["hybrid"]);
    }

    #[test]
    fn other_users_of_tpkt() {
        let s7 = b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02";
        assert!(Talk::tcp(4000, 9999).client(s7).run().names().is_empty());
        survives(&RDP, &[REQUEST, CONFIRM]);
    }
}

//! SNMP versions 1, 2c and 3 (RFC 1157, RFC 3416, RFC 3412), in BER.
//!
//! Extracted: version, community, kind of message, the first object asked, user of version 3. Not extracted: values.

use crate::dissect::common::asn1::{self, INTEGER, OCTET_STRING, OID, SEQUENCE};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// SNMP.
pub static SNMP: Protocol = Protocol {
    name: "SNMP",
    eve: "snmp",
    category: "Network",
    how: "a BER sequence of version, community and a known message",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[161, 162],
    starts: &[Start::At(0, &[SEQUENCE])],
    fields: &[&VERSION, &COMMUNITY, &PDU, &VARS, &USER],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static VERSION: Field = Field::new("snmp", "version");
static COMMUNITY: Field = Field::new("snmp", "community");
static PDU: Field = Field::list("snmp", "pdu_type");
static VARS: Field = Field::list("snmp", "vars");
static USER: Field = Field::new("snmp", "usm");

fn probe(seen: &Seen) -> Verdict {
    match message(seen.data) {
        Ok(Message { version: 3, .. }) => Verdict::Yes("SNMPv3 header"),
        Ok(Message { pdu: Some(_), .. }) => Verdict::Yes("SNMP message"),
        Ok(_) if seen.datagram() && seen.data.get(1).is_some_and(|n| usize::from(*n) + 2 == seen.wire) => {
            Verdict::Weak("SNMP version and community")
        }
        Ok(_) => Verdict::No,
        Err(_) if !seen.datagram() && seen.data.len() < 24 => Verdict::More,
        Err(_) => Verdict::No,
    }
}

/// What the head of a message says.
struct Message<'a> {
    version: u64,
    community: &'a [u8],
    pdu: Option<(u8, Reader<'a>)>,
    security: Option<Reader<'a>>,
}

/// Reads as far as the kind of message; what follows may be cut.
fn message(data: &[u8]) -> Result<Message<'_>, Incomplete> {
    let mut r = Reader::new(data);
    let whole = asn1::header(&mut r)?;
    if whole.tag != SEQUENCE || whole.length < 8 {
        return Err(Incomplete("sequence"));
    }
    let version = asn1::expect(&mut r, INTEGER, "version")?.rest().small();
    match version {
        0 | 1 => {
            let community = asn1::expect(&mut r, OCTET_STRING, "community")?.rest();
            let pdu = asn1::header(&mut r)?;
            let known = matches!(pdu.tag, 0xa0..=0xa8) && community.len() <= 255;
            Ok(Message { version: version + 1, community, pdu: known.then_some((pdu.tag, r)), security: None })
        }
        3 => {
            let mut global = asn1::expect(&mut r, SEQUENCE, "global data")?;
            asn1::expect(&mut global, INTEGER, "message id")?;
            asn1::expect(&mut global, INTEGER, "largest size")?;
            asn1::expect(&mut global, OCTET_STRING, "flags")?;
            asn1::expect(&mut global, INTEGER, "security model")?;
            let security = asn1::expect(&mut r, OCTET_STRING, "security parameters").ok();
            Ok(Message { version, community: &[], pdu: None, security })
        }
        _ => Err(Incomplete("known version")),
    }
}

/// A number of one byte; anything else is no version.
trait Small {
    fn small(&self) -> u64;
}

impl Small for [u8] {
    fn small(&self) -> u64 {
        if let [n] = self { u64::from(*n) } else { u64::MAX }
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if let Ok(message) = message(data) {
        facts(cx, &message);
    }
    if cx.transport == Transport::Tcp { Step::Done } else { Step::Used(0) }
}

fn facts(cx: &mut Cx, message: &Message) {
    cx.number(&VERSION, message.version);
    if message.version < 3 && cx.text(&COMMUNITY, message.community) {
        cx.note_fact("SNMP message, community", &COMMUNITY);
    }
    if let Some((tag, body)) = message.pdu {
        cx.word(&PDU, pdu_name(tag));
        let _ = first_object(cx, tag, body);
    }
    if let Some(security) = message.security {
        let _ = user(cx, security);
    }
}

/// The first variable of a binding list.
fn first_object(cx: &mut Cx, tag: u8, mut r: Reader) -> Result<(), Incomplete> {
    if tag == TRAP_V1 {
        let enterprise = asn1::expect(&mut r, OID, "enterprise")?;
        object(cx, enterprise.rest());
        return Ok(());
    }
    for field in ["request id", "error status", "error index"] {
        asn1::expect(&mut r, INTEGER, field)?;
    }
    asn1::header(&mut r)?;
    asn1::header(&mut r)?;
    let name = asn1::expect(&mut r, OID, "object")?;
    object(cx, name.rest());
    Ok(())
}

/// The user name of the user-based security model (RFC 3414).
fn user(cx: &mut Cx, mut security: Reader) -> Result<(), Incomplete> {
    let mut model = asn1::expect(&mut security, SEQUENCE, "security model")?;
    asn1::expect(&mut model, OCTET_STRING, "engine id")?;
    asn1::expect(&mut model, INTEGER, "engine boots")?;
    asn1::expect(&mut model, INTEGER, "engine time")?;
    let name = asn1::expect(&mut model, OCTET_STRING, "user name")?.rest();
    if !name.is_empty() {
        cx.text(&USER, name);
    }
    Ok(())
}

/// An object identifier with dots; long ones are cut.
fn object(cx: &mut Cx, bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let mut text = format!("{}.{}", (first / 40).min(2), first - (first / 40).min(2) * 40);
    let mut number = 0_u64;
    for byte in rest.iter().take(64) {
        number = number << 7 & u64::from(u32::MAX) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            text.push('.');
            text.push_str(&number.to_string());
            number = 0;
        }
    }
    cx.text(&VARS, text.as_bytes());
}

fn pdu_name(tag: u8) -> &'static str {
    match tag {
        0xa0 => "get_request",
        0xa1 => "get_next_request",
        0xa2 => "response",
        0xa3 => "set_request",
        TRAP_V1 => "trap_v1",
        0xa5 => "get_bulk_request",
        0xa6 => "inform_request",
        0xa7 => "trap_v2",
        _ => "report",
    }
}

const TRAP_V1: u8 = 0xa4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{self, Talk, survives};

    const GET: &[u8] = b"\x30\x29\x02\x01\x01\x04\x06public\xa0\x1c\x02\x04\x12\x34\x56\x78\x02\x01\0\x02\x01\0\
                         \x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\0\x05\0";

    #[test]
    fn a_request() {
        let talk = Talk::udp(4000, 9999).client(GET).run();
        assert_eq!(talk.names(), ["SNMP"]);
        assert_eq!(testing::facts(&talk, &COMMUNITY), ["public"]);
        assert_eq!(testing::facts(&talk, &VARS), ["1.3.6.1.2.1.1.5.0"]);
    }

    #[test]
    fn damaged() {
        survives(&SNMP, &[GET]);
    }
}

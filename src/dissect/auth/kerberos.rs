//! Kerberos version 5 (RFC 4120), over UDP and TCP, and its password change protocol (RFC 3244).
//!
//! Extracted: kind of message, client, realm, service, error. Not extracted: tickets, encryption types.

use crate::dissect::common::asn1::{self, Element, INTEGER, SEQUENCE};
use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// Kerberos.
pub static KERBEROS: Protocol = Protocol {
    name: "Kerberos",
    eve: "krb5",
    category: "Network",
    how: "a DER message of Kerberos' application class with version 5",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[88, 464],
    starts: &[
        // The sequence inside the tag and one, two or three bytes of length; over TCP behind four more bytes.
        Start::At(2, &[SEQUENCE]),
        Start::At(3, &[SEQUENCE]),
        Start::At(4, &[SEQUENCE]),
        Start::At(6, &[SEQUENCE]),
        Start::At(7, &[SEQUENCE]),
        Start::At(8, &[SEQUENCE]),
        // Version of a password change.
        Start::At(2, &[0, 1]),
        Start::At(2, &[0xff, 0x80]),
        Start::At(6, &[0, 1]),
        Start::At(6, &[0xff, 0x80]),
    ],
    fields: &[&KIND, &CLIENT, &REALM, &SERVICE, &ERROR],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static KIND: Field = Field::list("krb5", "msg_type");
static CLIENT: Field = Field::new("krb5", "cname");
static REALM: Field = Field::new("krb5", "realm");
static SERVICE: Field = Field::list("krb5", "sname");
static ERROR: Field = Field::list("krb5", "error_code");

const TICKET: u8 = 0x61;
const ERROR_MESSAGE: u8 = 30;

fn probe(seen: &Seen) -> Verdict {
    if seen.datagram() {
        if kind(seen.data).is_some() {
            return Verdict::Yes("Kerberos message");
        }
        return if password(seen.data, seen.wire) { Verdict::Yes("Kerberos password change") } else { Verdict::No };
    }
    let Some(length) = at::u32(seen.data, 0) else { return Verdict::More };
    if !(16..1 << 20).contains(&length) {
        return Verdict::No;
    }
    match seen.data.get(4..) {
        Some(message) if kind(message).is_some() => Verdict::Yes("Kerberos message"),
        Some(message) if message.len() < 24 && message.first().is_none_or(|b| (0x6a..=0x7e).contains(b)) => {
            Verdict::More
        }
        Some(message) if password(message, usize::try_from(length).unwrap_or(0)) => {
            Verdict::Yes("Kerberos password change")
        }
        _ => Verdict::No,
    }
}

/// Length, version 1 or 0xff80, length of the request; then a request of the application class.
fn password(data: &[u8], wire: usize) -> bool {
    let length = at::u16(data, 0).map(usize::from);
    let version = at::u16(data, 2);
    let inner = at::u8(data, 6);
    length == Some(wire) && matches!(version, Some(1 | 0xff80)) && matches!(inner, Some(0x6e | 0x6f | 0x7e))
}

/// The number of a message whose tag, version and type agree.
fn kind(data: &[u8]) -> Option<u8> {
    let mut r = Reader::new(data);
    let outer = asn1::header(&mut r).ok()?;
    let number = outer.tag.checked_sub(0x60)?;
    let sequence = asn1::header(&mut r).ok()?;
    if sequence.tag != SEQUENCE || !matches!(number, 10..=15 | 20..=22 | 25 | 30) {
        return None;
    }
    // Version and type are the first two fields, [1] and [2] in requests of a key centre, [0] and [1] elsewhere.
    let version = context(&mut r)?;
    let kind = context(&mut r)?;
    (version == 5 && kind == u64::from(number)).then_some(number)
}

/// A number in a context tag.
fn context(r: &mut Reader) -> Option<u64> {
    let outer = asn1::element(r).ok()?;
    if outer.tag & 0xe0 != 0xa0 {
        return None;
    }
    let inner = asn1::element(&mut outer.reader()).ok()?;
    inner.number().filter(|_| inner.tag == INTEGER)
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if cx.transport != Transport::Tcp {
        let _ = message(cx, data);
        return Step::Used(0);
    }
    let Some(length) = at::u32(data, 0).and_then(|n| usize::try_from(n).ok()) else { return Step::Used(0) };
    if length > 1 << 16 {
        return Step::Done;
    }
    let Some(bytes) = data.get(4..4 + length) else { return Step::Used(0) };
    let _ = message(cx, bytes);
    Step::Used(4 + length)
}

fn message(cx: &mut Cx, data: &[u8]) -> Result<(), Incomplete> {
    let Some(number) = kind(data) else { return Ok(()) };
    cx.word(&KIND, kind_name(number));
    cx.note_fact("Kerberos", &KIND);
    let mut r = Reader::new(data);
    asn1::header(&mut r)?;
    asn1::header(&mut r)?;
    for _ in 0..MAX_FIELDS {
        if r.is_empty() {
            break;
        }
        let field = asn1::element(&mut r)?;
        let place = field.tag & 0x1f;
        match (number, place) {
            // Body of a request.
            (10 | 12, 4) => request(cx, &field)?,
            // Realm and client of a reply; the ticket has the service.
            (11 | 13, 3) => realm(cx, &field)?,
            (11 | 13, 4) => name(cx, &CLIENT, &field)?,
            (11 | 13, 5) | (14, 3) => ticket(cx, &field)?,
            (ERROR_MESSAGE, 6) => error(cx, &field)?,
            (ERROR_MESSAGE, 8) => name(cx, &CLIENT, &field)?,
            (ERROR_MESSAGE, 9) => realm(cx, &field)?,
            (ERROR_MESSAGE, 10) => name(cx, &SERVICE, &field)?,
            _ => {}
        }
    }
    Ok(())
}

fn request(cx: &mut Cx, body: &Element) -> Result<(), Incomplete> {
    let mut fields = asn1::expect(&mut body.reader(), SEQUENCE, "request body")?;
    for _ in 0..MAX_FIELDS {
        if fields.is_empty() {
            break;
        }
        let field = asn1::element(&mut fields)?;
        match field.tag & 0x1f {
            1 => name(cx, &CLIENT, &field)?,
            2 => realm(cx, &field)?,
            3 => name(cx, &SERVICE, &field)?,
            _ => {}
        }
    }
    Ok(())
}

fn ticket(cx: &mut Cx, field: &Element) -> Result<(), Incomplete> {
    let ticket = asn1::expect(&mut field.reader(), TICKET, "ticket")?;
    let mut fields = asn1::expect(&mut { ticket }, SEQUENCE, "ticket")?;
    for _ in 0..3 {
        let field = asn1::element(&mut fields)?;
        match field.tag & 0x1f {
            1 => realm(cx, &field)?,
            2 => name(cx, &SERVICE, &field)?,
            _ => {}
        }
    }
    Ok(())
}

fn realm(cx: &mut Cx, field: &Element) -> Result<(), Incomplete> {
    let text = asn1::element(&mut field.reader())?;
    cx.text(&REALM, text.body);
    Ok(())
}

/// A principal's name: its type, then its parts.
fn name(cx: &mut Cx, into: &'static Field, field: &Element) -> Result<(), Incomplete> {
    let mut principal = asn1::expect(&mut field.reader(), SEQUENCE, "principal name")?;
    asn1::element(&mut principal)?;
    let parts = asn1::element(&mut principal)?;
    let mut parts = asn1::expect(&mut parts.reader(), SEQUENCE, "name parts")?;
    let mut text = Vec::new();
    for _ in 0..8 {
        let Ok(part) = asn1::element(&mut parts) else { break };
        if !text.is_empty() {
            text.push(b'/');
        }
        text.extend_from_slice(part.body);
    }
    cx.text(into, &text);
    Ok(())
}

fn error(cx: &mut Cx, field: &Element) -> Result<(), Incomplete> {
    if let Some(code) = asn1::element(&mut field.reader())?.number() {
        cx.number(&ERROR, code);
    }
    Ok(())
}

fn kind_name(number: u8) -> &'static str {
    match number {
        10 => "KRB_AS_REQ",
        11 => "KRB_AS_REP",
        12 => "KRB_TGS_REQ",
        13 => "KRB_TGS_REP",
        14 => "KRB_AP_REQ",
        15 => "KRB_AP_REP",
        20 => "KRB_SAFE",
        21 => "KRB_PRIV",
        22 => "KRB_CRED",
        ERROR_MESSAGE => "KRB_ERROR",
        _ => "other",
    }
}

const MAX_FIELDS: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REQUEST: &[u8] = b"\x6a\x3a\x30\x38\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x2c\x30\x2a\
        \xa0\x07\x03\x05\0\0\0\0\0\xa1\x0f\x30\x0d\xa0\x03\x02\x01\x01\xa1\x06\x30\x04\x1b\x02me\xa2\x0e\x1b\x0cEXAMPLE.COM!";

    #[test]
    fn a_request() {
        let talk = Talk::udp(4000, 9999).client(REQUEST).run();
        assert_eq!(talk.names(), ["Kerberos"]);
        assert_eq!(facts(&talk, &CLIENT), ["me"]);
        assert_eq!(facts(&talk, &REALM), ["EXAMPLE.COM!"]);
    }

    #[test]
    fn over_tcp_in_pieces() {
        let framed = [&[0, 0, 0, u8::try_from(REQUEST.len()).unwrap()], REQUEST].concat();
        let talk = framed.chunks(5).fold(Talk::tcp(4000, 9999), Talk::client).run();
        assert_eq!(talk.names(), ["Kerberos"]);
        assert_eq!(facts(&talk, &CLIENT), ["me"]);
        survives(&KERBEROS, &[REQUEST, &framed]);
    }
}

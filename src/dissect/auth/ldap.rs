//! LDAP (RFC 4511), over TCP and, connectionless, over UDP (MS-ADTS), with StartTLS.
//!
//! Extracted: operations, names of binds and searches, results. After StartTLS what follows is looked at anew. Not
//! extracted: entries, passwords.

use crate::dissect::common::asn1::{self, ENUMERATED, Header, INTEGER, OCTET_STRING, SEQUENCE};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// LDAP.
pub static LDAP: Protocol = Protocol {
    name: "LDAP",
    eve: "ldap",
    category: "System",
    how: "a BER sequence of message number and a known operation whose first field fits",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[389, 3268],
    starts: &[Start::At(0, &[SEQUENCE])],
    fields: &[&OPERATION, &NAME, &BASE, &RESULT],
    probe,
    reading: Reading::Machine(|| Box::<Ldap>::default()),
    ..Protocol::NEW
};

static OPERATION: Field = Field::list("ldap", "operation");
static NAME: Field = Field::new("ldap", "bind_name");
static BASE: Field = Field::list("ldap", "base_object");
static RESULT: Field = Field::list("ldap", "result_code");

const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

fn probe(seen: &Seen) -> Verdict {
    match message(seen.data) {
        Ok(message) if seen.datagram() && message.whole != seen.wire => Verdict::No,
        Ok(message) => match message.verdict() {
            // The first field may not have come yet.
            Verdict::No if !seen.datagram() && seen.data.len() < message.whole.min(20) => Verdict::More,
            verdict => verdict,
        },
        Err(_) if !seen.datagram() && seen.data.len() < 20 => Verdict::More,
        Err(_) => Verdict::No,
    }
}

/// The head of a message: its operation, and the fields of the operation as far as they are there.
struct Message<'a> {
    whole: usize,
    operation: Header,
    body: Reader<'a>,
}

fn message(data: &[u8]) -> Result<Message<'_>, Incomplete> {
    let mut r = Reader::new(data);
    let outer = asn1::header(&mut r)?;
    let whole = outer.length.saturating_add(r.position());
    let number = asn1::expect(&mut r, INTEGER, "message number")?;
    if outer.tag != SEQUENCE || !(1..=4).contains(&number.left()) {
        return Err(Incomplete("LDAP message"));
    }
    let operation = asn1::header(&mut r)?;
    if operation.length > outer.length {
        return Err(Incomplete("LDAP operation"));
    }
    Ok(Message { whole, operation, body: r })
}

impl Message<'_> {
    /// Whether the first field of the operation is what it must be.
    fn verdict(&self) -> Verdict {
        let mut body = self.body;
        let fits = match self.operation.tag {
            // Bind: version 2 or 3.
            0x60 => asn1::expect(&mut body, INTEGER, "version").is_ok_and(|v| matches!(v.rest(), [2 | 3])),
            // Unbind has no body.
            0x42 => return if self.operation.length == 0 { Verdict::Yes("LDAP unbind") } else { Verdict::No },
            // Results: a code, then a name.
            0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | EXTENDED_RESPONSE => {
                asn1::expect(&mut body, ENUMERATED, "result").is_ok_and(|code| code.left() <= 2)
                    && asn1::header(&mut body).is_ok_and(|h| h.tag == OCTET_STRING)
            }
            // Search: base, scope.
            0x63 => {
                asn1::expect(&mut body, OCTET_STRING, "base").is_ok()
                    && asn1::expect(&mut body, ENUMERATED, "scope").is_ok_and(|s| matches!(s.rest(), [0..=3]))
            }
            // Entries, references, changes: a name.
            0x64 | 0x66 | 0x68 | 0x6c | 0x6e | 0x73 => {
                asn1::header(&mut body).is_ok_and(|h| h.tag == OCTET_STRING && h.length <= self.operation.length)
            }
            EXTENDED_REQUEST => asn1::header(&mut body).is_ok_and(|h| h.tag == 0x80),
            _ => false,
        };
        if fits { Verdict::Yes("LDAP operation") } else { Verdict::No }
    }
}

#[derive(Default)]
struct Ldap {
    asked_tls: bool,
    messages: u16,
}

impl Dissector for Ldap {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.asked_tls {
            return Step::Used(0);
        }
        let Ok(message) = message(data) else {
            return if data.len() > 64 { Step::Done } else { Step::Used(0) };
        };
        if cx.transport == Transport::Tcp && data.len() < message.whole.min(MOST) {
            return Step::Used(0);
        }
        self.messages += 1;
        let tls = self.facts(cx, &message).unwrap_or(false);
        match () {
            () if tls => {
                cx.note("StartTLS accepted");
                Step::Inner(message.whole)
            }
            () if self.messages >= MESSAGES => Step::Done,
            () if cx.transport == Transport::Tcp => Step::Skip(message.whole),
            () => Step::Used(0),
        }
    }
}

impl Ldap {
    /// Whether this accepts StartTLS.
    fn facts(&mut self, cx: &mut Cx, message: &Message) -> Result<bool, Incomplete> {
        let tag = message.operation.tag;
        if let Some(word) = operation_name(tag) {
            cx.word(&OPERATION, word);
        }
        let mut body = message.body;
        match tag {
            0x60 => {
                asn1::element(&mut body)?;
                let name = asn1::expect(&mut body, OCTET_STRING, "name")?.rest();
                if !name.is_empty() && cx.text(&NAME, name) {
                    cx.note_fact("LDAP bind as", &NAME);
                }
            }
            0x63 => {
                let base = asn1::expect(&mut body, OCTET_STRING, "base")?.rest();
                if !base.is_empty() && cx.text(&BASE, base) {
                    cx.note_fact("LDAP search below", &BASE);
                }
            }
            EXTENDED_REQUEST => {
                let name = asn1::element(&mut body)?;
                self.asked_tls = name.body == START_TLS;
            }
            0x61 | 0x65 | EXTENDED_RESPONSE => {
                let code = asn1::element(&mut body)?.number().unwrap_or(0);
                cx.number(&RESULT, code);
                let accepted = tag == EXTENDED_RESPONSE && self.asked_tls && code == 0;
                self.asked_tls &= tag != EXTENDED_RESPONSE;
                return Ok(accepted);
            }
            _ => {}
        }
        Ok(false)
    }
}

fn operation_name(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0x60 => "bind_request",
        0x61 => "bind_response",
        0x42 => "unbind_request",
        0x63 => "search_request",
        0x64 => "search_result_entry",
        0x65 => "search_result_done",
        0x66 => "modify_request",
        0x67 => "modify_response",
        0x68 => "add_request",
        0x69 => "add_response",
        0x4a => "del_request",
        0x6b => "del_response",
        0x6c => "mod_dn_request",
        0x6d => "mod_dn_response",
        0x6e => "compare_request",
        0x6f => "compare_response",
        0x50 => "abandon_request",
        0x73 => "search_result_reference",
        EXTENDED_REQUEST => "extended_request",
        EXTENDED_RESPONSE => "extended_response",
        _ => return None,
    })
}

/// Bytes of a message that are waited for.
const MOST: usize = 4 << 10;
/// Messages after which nothing more is looked for.
const MESSAGES: u16 = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{self, Talk, survives};

    const BIND: &[u8] = b"\x30\x15\x02\x01\x01\x60\x10\x02\x01\x03\x04\x05cn=me\x80\x04pass";

    #[test]
    fn a_bind() {
        let talk = Talk::tcp(4000, 9999).client(&BIND[..1]).client(&BIND[1..]).run();
        assert_eq!(talk.names(), ["LDAP"]);
        assert_eq!(testing::facts(&talk, &NAME), ["cn=me"]);
    }

    #[test]
    fn start_tls() {
        let request = [b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16", START_TLS].concat();
        let accepted = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0";
        let talk = Talk::tcp(4000, 9999).client(&request).server(accepted).client(b"SSH-2.0-x\r\n").run();
        assert_eq!(talk.names(), ["LDAP", "SSH"]);
        survives(&LDAP, &[BIND, &request, accepted]);
    }
}

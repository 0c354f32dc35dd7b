//! XMPP (RFC 6120), once called Jabber.
//!
//! Extracted: the domain that the stream is to. After STARTTLS what follows is looked at anew. Not extracted: stanzas.

use crate::dissect::common::text::{begins, holds};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// XMPP.
pub static XMPP: Protocol = Protocol {
    name: "Jabber",
    eve: "xmpp",
    category: "Web",
    how: "a stream's opening tag, or a stanza",
    over: &[Transport::Tcp],
    ports: &[5222, 5269, 5223],
    starts: &[Start::At(0, b"<")],
    fields: &[&TO, &FROM],
    probe,
    reading: Reading::Machine(|| Box::<Xmpp>::default()),
    ..Protocol::NEW
};

static TO: Field = Field::new("xmpp", "to");
static FROM: Field = Field::new("xmpp", "from");

fn probe(seen: &Seen) -> Verdict {
    let data = seen.data.trim_ascii_start();
    let head = data.get(..HEAD).unwrap_or(data);
    if !head.starts_with(b"<") {
        return if head.is_empty() { Verdict::More } else { Verdict::No };
    }
    if holds(head, b"<stream:")
        || head.starts_with(b"</stream:stream")
        || holds(head, b"http://etherx.jabber.org/streams")
    {
        return Verdict::Yes("XMPP stream");
    }
    if begins(head, b"<?xml") {
        return if data.len() < HEAD { Verdict::More } else { Verdict::No };
    }
    let stanza = [&b"<iq "[..], b"<presence", b"<message "].iter().any(|s| head.starts_with(s));
    let attribute = [&b"jabber:"[..], b" type=", b" to=", b" from=", b" id="].iter().any(|a| holds(head, a));
    let managed = holds(head, b"urn:xmpp:") || holds(head, b"urn:ietf:params:xml:ns:xmpp");
    match stanza && attribute || managed {
        true => Verdict::Yes("XMPP stanza"),
        false if data.len() < 24 => Verdict::More,
        false => Verdict::No,
    }
}

#[derive(Default)]
struct Xmpp {
    asked_tls: bool,
}

impl Dissector for Xmpp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.asked_tls {
            return Step::Used(0);
        }
        // Tags are taken one by one; a long one is none of those that matter.
        let Some(end) = memchr::memchr(b'>', data) else {
            return if data.len() > HEAD { Step::Used(data.len()) } else { Step::Used(0) };
        };
        let tag = data.get(..end).unwrap_or_default();
        if holds(tag, b"<stream:stream") {
            take(cx, &TO, tag, b" to=");
            take(cx, &FROM, tag, b" from=");
            if cx.from_client {
                cx.note_fact("XMPP stream to", &TO);
            }
        }
        self.asked_tls |= cx.from_client && holds(tag, b"<starttls");
        if !cx.from_client && holds(tag, b"<proceed") {
            cx.note("STARTTLS accepted");
            return Step::Inner(end + 1);
        }
        let over = [&b"<message"[..], b"<success", b"<presence"].iter().any(|w| holds(tag, w));
        if over { Step::Done } else { Step::Used(end + 1) }
    }
}

/// The value of an attribute in either kind of quotes.
fn take(cx: &mut Cx, field: &'static Field, tag: &[u8], name: &[u8]) {
    let Some(start) = memchr::memmem::find(tag, name) else { return };
    let Some((quote, rest)) = tag.get(start + name.len()..).and_then(<[u8]>::split_first) else { return };
    if matches!(quote, b'"' | b'\'')
        && let Some(end) = memchr::memchr(*quote, rest)
    {
        cx.text(field, rest.get(..end).unwrap_or_default());
    }
}

/// Bytes that are looked at.
const HEAD: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const OPEN: &[u8] = b"<?xml version='1.0'?><stream:stream to='example.org' version='1.0'>";

    #[test]
    fn a_stream_and_starttls() {
        let talk = Talk::tcp(4000, 9999)
            .client(&OPEN[..1])
            .client(&OPEN[1..])
            .server(b"<?xml version='1.0'?><stream:stream from='example.org'><stream:features/>")
            .client(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            .server(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            .client(b"SSH-2.0-x\r\n")
            .run();
        assert_eq!(talk.names(), ["Jabber", "SSH"]);
        assert_eq!(facts(&talk, &TO), ["example.org"]);
    }

    #[test]
    fn other_markup() {
        assert!(
            Talk::tcp(4000, 9999).client(b"<html><head><title>hello</title></head></html>").run().names().is_empty()
        );
        survives(&XMPP, &[OPEN]);
    }
}

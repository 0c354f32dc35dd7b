//! SIP (RFC 3261) over UDP and TCP.
//!
//! Extracted: method, URI, version, status, agent, caller and callee. SDP bodies announce the media between the same
//! two hosts. Not extracted: other headers, multipart bodies.

use std::net::IpAddr;

use super::rtp::{RTCP, RTP};
use crate::dissect::common::text::{begins, header, line, number, split};
use crate::dissect::{Cx, Dissector, Hint, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// SIP.
pub static SIP: Protocol = Protocol {
    name: "SIP",
    eve: "sip",
    category: "VoIP",
    how: "a request or status line with SIP/2.0",
    over: &[Transport::Udp, Transport::Tcp, Transport::Sctp],
    ports: &[5060, 5061],
    starts: &[Start::Range(b'A', b'Z'), Start::At(0, b"\r\n"), Start::Text(b"sip/2.0 ")],
    fields: &[&METHOD, &URI, &VERSION, &REQUEST, &CODE, &REASON, &RESPONSE, &AGENT, &FROM, &TO],
    probe,
    reading: Reading::Machine(|| Box::<Sip>::default()),
    ..Protocol::NEW
};

static METHOD: Field = Field::new("sip", "method");
static URI: Field = Field::new("sip", "uri");
static VERSION: Field = Field::new("sip", "version");
static REQUEST: Field = Field::new("sip", "request_line");
static CODE: Field = Field::new("sip", "code");
static REASON: Field = Field::new("sip", "reason");
static RESPONSE: Field = Field::new("sip", "response_line");
static AGENT: Field = Field::new("sip", "user_agent").role(Role::Agent);
static FROM: Field = Field::new("sip", "from");
static TO: Field = Field::new("sip", "to");

fn probe(seen: &Seen) -> Verdict {
    let data = skip_keepalive(seen.data);
    if begins(data, b"SIP/2.0 ") && data.get(8..11).is_some_and(|c| c.iter().all(u8::is_ascii_digit)) {
        return Verdict::Yes("SIP status line");
    }
    let Some((first, _)) = line(data) else {
        let wait = !seen.datagram() && data.len() < MAX_LINE && data.iter().take(8).all(|b| (b' '..=b'~').contains(b));
        let known = METHODS.iter().any(|m| m.starts_with(data.get(..m.len().min(data.len())).unwrap_or_default()));
        return if wait && (known || b"SIP/2.0 ".starts_with(data) || data.is_empty()) {
            Verdict::More
        } else {
            Verdict::No
        };
    };
    match split(first, b' ') {
        Some((method, rest)) if is_method(method) && rest.ends_with(b" SIP/2.0") => Verdict::Yes("SIP request line"),
        Some((method, rest)) if METHODS.contains(&method) && (begins(rest, b"sip:") || begins(rest, b"sips:")) => {
            Verdict::Yes("SIP request to a SIP address")
        }
        _ => Verdict::No,
    }
}

fn is_method(word: &[u8]) -> bool {
    (3..=16).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase)
}

/// Empty lines between messages keep a path open.
fn skip_keepalive(data: &[u8]) -> &[u8] {
    let empty = data.iter().take(64).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    data.get(empty..).unwrap_or_default()
}

#[derive(Default)]
struct Sip {
    messages: u16,
}

impl Dissector for Sip {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let message = skip_keepalive(data);
        let before = data.len() - message.len();
        let Some((head, body)) = head_and_body(message) else {
            if cx.transport != Transport::Tcp {
                take(cx, message, &[]);
            } else if before > 0 {
                return Step::Used(before);
            }
            return Step::Used(0);
        };
        self.messages += 1;
        if cx.transport != Transport::Tcp {
            take(cx, head, body);
        } else {
            let length = header_value(head, b"content-length", b"l").and_then(number).unwrap_or(0);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if length > MAX_BODY {
                take(cx, head, &[]);
                return Step::Skip((data.len() - body.len()).saturating_add(length));
            }
            let Some(body) = body.get(..length) else { return Step::Used(0) };
            take(cx, head, body);
            if self.messages < MAX_MESSAGES {
                return Step::Used(before + head.len() + BLANK + body.len());
            }
        }
        if self.messages < MAX_MESSAGES { Step::Used(0) } else { Step::Done }
    }

    fn gap(&mut self, _: &mut Cx) -> Step {
        Step::Used(0)
    }
}

fn head_and_body(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memmem::find(message, b"\r\n\r\n")?;
    Some((message.get(..end)?, message.get(end + BLANK..)?))
}

fn header_value<'a>(head: &'a [u8], name: &[u8], short: &[u8]) -> Option<&'a [u8]> {
    let mut headers = head.split(|b| *b == b'\n').skip(1).take(MAX_HEADERS).filter_map(header);
    headers.find(|(n, _)| n.eq_ignore_ascii_case(name) || n.eq_ignore_ascii_case(short)).map(|(_, value)| value)
}

fn take(cx: &mut Cx, head: &[u8], body: &[u8]) {
    let first = head.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end();
    let Some((word, rest)) = split(first, b' ') else { return };
    if begins(word, b"SIP/") {
        let (code, reason) = split(rest, b' ').unwrap_or((rest, b""));
        cx.text(&VERSION, word);
        cx.text(&CODE, code);
        cx.text(&REASON, reason);
        cx.text(&RESPONSE, first);
    } else if let Some((uri, version)) = split(rest, b' ').filter(|_| is_method(word)) {
        if cx.text(&METHOD, word) {
            cx.text(&URI, uri);
            cx.text(&VERSION, version);
            cx.text(&REQUEST, first);
            cx.note_fact("request", &REQUEST);
        }
    } else {
        return;
    }
    for (field, name, short) in [(&FROM, &b"from"[..], &b"f"[..]), (&TO, b"to", b"t")] {
        if let Some(value) = header_value(head, name, short) {
            cx.text(field, value);
        }
    }
    if let Some(agent) = header_value(head, b"user-agent", b"server") {
        cx.text(&AGENT, agent);
    }
    if header_value(head, b"content-type", b"c").is_some_and(|t| begins(t, b"application/sdp")) {
        media(cx, body);
    }
}

/// What a session description announces: `c=IN IP4 address`, `m=audio port RTP/...`.
pub(super) fn media(cx: &mut Cx, sdp: &[u8]) {
    let mut session = None;
    let mut port = None;
    for text in sdp.split(|b| *b == b'\n').take(MAX_HEADERS).map(<[u8]>::trim_ascii) {
        if let Some(connection) = text.strip_prefix(b"c=IN IP4 ").or_else(|| text.strip_prefix(b"c=IN IP6 ")) {
            let address: Option<IpAddr> = std::str::from_utf8(connection).ok().and_then(|a| a.parse().ok());
            match port.take() {
                Some(port) => announce(cx, address, port),
                None => session = address,
            }
        } else if let Some(stream) = text.strip_prefix(b"m=") {
            if let Some(port) = port.take() {
                announce(cx, session, port);
            }
            let mut words = stream.split(|b| *b == b' ');
            let wanted = words.nth(1).and_then(number).and_then(|p| u16::try_from(p).ok());
            let is_rtp = words.next().is_some_and(|w| w.starts_with(b"RTP/") || w.starts_with(b"UDP/TLS/RTP"));
            port = wanted.filter(|p| *p > 0 && is_rtp);
        }
    }
    if let Some(port) = port {
        announce(cx, session, port);
    }
}

fn announce(cx: &mut Cx, address: Option<IpAddr>, port: u16) {
    if let Some(address) = address {
        cx.hint(Hint::Expect(Transport::Udp, address, port, &RTP));
        if let Some(control) = port.checked_add(1) {
            cx.hint(Hint::Expect(Transport::Udp, address, control, &RTCP));
        }
    }
}

static METHODS: &[&[u8]] = &[
    b"INVITE",
    b"REGISTER",
    b"OPTIONS",
    b"ACK",
    b"BYE",
    b"CANCEL",
    b"SUBSCRIBE",
    b"NOTIFY",
    b"MESSAGE",
    b"PUBLISH",
    b"INFO",
    b"PRACK",
    b"UPDATE",
    b"REFER",
];

const BLANK: usize = 4;
const MAX_LINE: usize = 1024;
const MAX_HEADERS: usize = 128;
const MAX_BODY: usize = 32 << 10;
const MAX_MESSAGES: u16 = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const INVITE: &[u8] = b"INVITE sip:bob@example.org SIP/2.0\r\nFrom: <sip:a@example.org>\r\nUser-Agent: phone/1\r\n\
        Content-Type: application/sdp\r\nContent-Length: 72\r\n\r\n\
        v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4004 RTP/AVP 0\r\nm=video 4006 RTP/AVP 9\r\n";

    #[test]
    fn request_and_media() {
        let talk = Talk::udp(5062, 9999).client(INVITE).server(b"SIP/2.0 200 OK\r\n\r\n").run();
        assert_eq!(talk.names(), ["SIP"]);
        assert_eq!(facts(&talk, &METHOD), ["INVITE"]);
        assert_eq!(facts(&talk, &AGENT), ["phone/1"]);
        assert_eq!(facts(&talk, &CODE), ["200"]);
        assert_eq!(talk.hints.len(), 4);
        let stream = INVITE.chunks(20).fold(Talk::tcp(4000, 9999), Talk::client).run();
        assert_eq!(facts(&stream, &URI), ["sip:bob@example.org"]);
        assert_eq!(stream.hints.len(), 4);
    }

    #[test]
    fn others_and_damage() {
        let other = Talk::tcp(4000, 9999).client(b"OPTIONS rtsp://x/ RTSP/1.0\r\n\r\n").run();
        assert!(!other.names().contains(&"SIP"));
        survives(&SIP, &[INVITE]);
    }
}

//! RTSP 1.0 and 2.0 (RFC 2326, RFC 7826): requests and responses as in HTTP, and media interleaved between them.
//!
//! Extracted: method, target, host asked for, agent, server, status, transport. Not extracted: session descriptions.

use crate::dissect::common::text::{begins, header, host, line, number, split};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// RTSP.
pub static RTSP: Protocol = Protocol {
    name: "RTSP",
    eve: "rtsp",
    category: "Media",
    how: "a request or status line with RTSP's version",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[554, 8554, 322],
    starts: &[
        Start::At(0, b"RTSP/"),
        Start::At(0, b"OPTIONS "),
        Start::At(0, b"DESCRIBE "),
        Start::At(0, b"SETUP "),
        Start::At(0, b"PLAY "),
        Start::At(0, b"PAUSE "),
        Start::At(0, b"TEARDOWN "),
        Start::At(0, b"ANNOUNCE "),
        Start::At(0, b"RECORD "),
        Start::At(0, b"REDIRECT "),
        Start::At(0, b"GET_PARAMETER "),
        Start::At(0, b"SET_PARAMETER "),
        Start::At(0, b"PLAY_NOTIFY "),
    ],
    fields: &[&METHOD, &URL, &HOST, &AGENT, &SERVER, &STATUS, &TRANSPORT],
    probe,
    reading: Reading::Machine(|| Box::<Rtsp>::default()),
    ..Protocol::NEW
};

static METHOD: Field = Field::list("rtsp", "method");
static URL: Field = Field::new("rtsp", "url");
static HOST: Field = Field::new("rtsp", "hostname").role(Role::Asked);
static AGENT: Field = Field::new("rtsp", "user_agent").role(Role::Agent);
static SERVER: Field = Field::new("rtsp", "server");
static STATUS: Field = Field::new("rtsp", "status");
static TRANSPORT: Field = Field::list("rtsp", "transport");

fn probe(seen: &Seen) -> Verdict {
    let Some((line, _)) = line(seen.data) else {
        let scheme = split(seen.data, b' ').is_some_and(|(_, target)| begins(target, b"rtsp"));
        return match () {
            () if scheme || begins(seen.data, b"rtsp/1.0 ") => Verdict::Yes("RTSP line"),
            () if seen.datagram() || seen.data.len() > MAX_LINE => Verdict::No,
            () => Verdict::More,
        };
    };
    let version = |text: &[u8]| matches!(text, b"RTSP/1.0" | b"RTSP/2.0" | b"RTSP/1.1");
    let [first, last] = [line.split(|b| *b == b' ').next(), line.rsplit(|b| *b == b' ').next()];
    match (first, last) {
        (Some(first), _) if version(first) => Verdict::Yes("RTSP status line"),
        (_, Some(last)) if version(last) => Verdict::Yes("RTSP request line"),
        _ => Verdict::No,
    }
}

/// A connection.
#[derive(Default)]
struct Rtsp {
    sides: [Side; 2],
}

/// One direction.
#[derive(Default)]
struct Side {
    in_headers: bool,
    body: usize,
}

impl Dissector for Rtsp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let [client, server] = &mut self.sides;
        let side = if cx.from_client { client } else { server };
        if cx.transport != Transport::Tcp {
            *side = Side::default();
        }
        let mut used = 0;
        loop {
            let rest = data.get(used..).unwrap_or_default();
            // Interleaved media: channel and length.
            if !side.in_headers
                && let [b'$', _channel, high, low, ..] = rest
            {
                return Step::Skip(used + 4 + usize::from(u16::from_be_bytes([*high, *low])));
            }
            let Some((line, n)) = line(rest) else {
                return if rest.len() > MAX_LINE { Step::Done } else { Step::Used(used) };
            };
            used += n;
            match (line.is_empty(), side.in_headers) {
                (true, true) => {
                    side.in_headers = false;
                    let body = std::mem::take(&mut side.body);
                    return Step::Skip(used.saturating_add(body));
                }
                (true, false) => {}
                (false, false) => {
                    side.in_headers = true;
                    first_line(cx, line);
                }
                (false, true) => {
                    if let Some((name, value)) = header(line) {
                        side.body = take_header(cx, name, value).unwrap_or(side.body);
                    }
                }
            }
        }
    }
}

fn first_line(cx: &mut Cx, line: &[u8]) {
    let mut words = line.split(|b| *b == b' ');
    let (Some(first), Some(second)) = (words.next(), words.next()) else { return };
    if begins(first, b"rtsp/") {
        if let Some(status) = number(second) {
            cx.number(&STATUS, status);
        }
        return;
    }
    cx.text(&METHOD, first);
    cx.text(&URL, second);
    let authority = split(second, b'/').and_then(|(_, rest)| rest.strip_prefix(b"/"));
    if let Some(authority) = authority {
        let end = authority.iter().position(|b| *b == b'/').unwrap_or(authority.len());
        let name = authority.get(..end).unwrap_or_default();
        let name = split(name, b'@').map_or(name, |(_, host)| host);
        if cx.host(&HOST, host(name)) {
            cx.note_fact("request, host", &HOST);
        }
    }
}

/// Takes a header; gives the length of the body if it states that.
fn take_header(cx: &mut Cx, name: &[u8], value: &[u8]) -> Option<usize> {
    match name.to_ascii_lowercase().as_slice() {
        b"user-agent" => drop(cx.text(&AGENT, value)),
        b"server" => drop(cx.text(&SERVER, value)),
        b"transport" => drop(cx.text(&TRANSPORT, value)),
        b"content-length" => return number(value).and_then(|n| usize::try_from(n).ok()),
        _ => {}
    }
    None
}

const MAX_LINE: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REQUEST: &[u8] = b"DESCRIBE rtsp://u:p@cam.example:554/a RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: VLC\r\n\r\n";
    const RESPONSE: &[u8] = b"RTSP/1.0 200 OK\r\nServer: GStreamer\r\nContent-Length: 4\r\n\r\nv=0\n$\0\0\x02ab";

    #[test]
    fn a_request_and_its_response_in_pieces() {
        let talk = Talk::tcp(4000, 9999).client(&REQUEST[..1]).client(&REQUEST[1..]).server(RESPONSE).run();
        assert_eq!(talk.names(), ["RTSP"]);
        assert_eq!(facts(&talk, &HOST), ["cam.example"]);
        assert_eq!(facts(&talk, &AGENT), ["VLC"]);
        assert_eq!(facts(&talk, &SERVER), ["GStreamer"]);
    }

    #[test]
    fn damage_is_survived_and_others_are_not_it() {
        survives(&RTSP, &[REQUEST, RESPONSE]);
        let sip = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n";
        assert!(!Talk::tcp(4000, 554).client(sip).run().names().contains(&"RTSP"));
    }
}

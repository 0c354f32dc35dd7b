//! HTTP/2 in the clear (RFC 9113): with prior knowledge, after an upgrade, or the server's side alone.
//!
//! Extracted as for HTTP/1: hosts, path, method, agent, status, types; gRPC by its content type. Not extracted: bodies,
//! pushed responses.

mod hpack;
mod huffman;

use self::hpack::Decoder;
use super::http::{self, services};
use crate::dissect::common::text::number;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::packet::Reader;

/// HTTP/2.
pub static HTTP2: Protocol = Protocol {
    name: "HTTP2",
    eve: "http2",
    category: "Web",
    how: "the connection preface, or a SETTINGS frame first",
    over: &[Transport::Tcp],
    ports: &[50051],
    starts: &[Start::At(0, PREFACE), Start::At(3, &[SETTINGS, 0, 0, 0, 0, 0])],
    fields: &[
        &http::HOST,
        &http::HOSTS,
        &http::URL,
        &http::METHOD,
        &http::AGENT,
        &http::STATUS,
        &http::TYPE,
        &http::REQUEST_TYPE,
        &http::SERVER,
        &http::REFERRER,
    ],
    probe,
    reading: Reading::Machine(|| Box::<Http2>::default()),
    ..Protocol::NEW
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

fn probe(seen: &Seen) -> Verdict {
    if seen.data.starts_with(PREFACE) {
        return Verdict::Yes("HTTP/2 connection preface");
    }
    match settings(seen.data) {
        Some(true) => Verdict::Yes("HTTP/2 SETTINGS frame"),
        Some(false) => Verdict::No,
        None => Verdict::More,
    }
}

/// Whether a direction begins with sound settings; none if more bytes would tell.
fn settings(data: &[u8]) -> Option<bool> {
    let mut r = Reader::new(data);
    let length = usize::try_from(r.u24("length").ok()?).unwrap_or(usize::MAX);
    r.skip(6, "rest of the header").ok()?;
    if length % 6 != 0 || length > MAX_SETTINGS {
        return Some(false);
    }
    let mut list = r.sub(length, "settings").ok()?;
    while let (Ok(id), Ok(_)) = (list.u16("identifier"), list.u32("value")) {
        if !matches!(id, 1..=16) && id & 0x0f0f != 0x0a0a {
            return Some(false);
        }
    }
    if length > 0 {
        return Some(true);
    }
    // Without settings all is zeros: the next frame must tell.
    let next = r.array::<9>("next frame").ok()?;
    Some(matches!(next, [0, 0, 0, SETTINGS, 1, 0, 0, 0, 0] | [0, 0, 4, 8, 0, 0, 0, 0, 0]))
}

/// A connection.
#[derive(Default)]
struct Http2 {
    sides: [Side; 2],
}

/// One direction.
#[derive(Default)]
struct Side {
    decoder: Decoder,
    /// Header block that goes on in CONTINUATION frames.
    block: Vec<u8>,
}

impl Dissector for Http2 {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if PREFACE.starts_with(data.get(..PREFACE.len()).unwrap_or(data)) {
            return if data.len() < PREFACE.len() { Step::Used(0) } else { Step::Used(PREFACE.len()) };
        }
        let mut r = Reader::new(data);
        let (Ok(length), Ok([kind, flags]), Ok(_stream)) = (r.u24("length"), r.array("type"), r.u32("stream")) else {
            return Step::Used(0);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if kind != HEADERS && kind != CONTINUATION {
            return if kind > 0x20 { Step::DoneHere } else { Step::Skip(length.saturating_add(9)) };
        }
        if length > MAX_FRAME {
            return Step::DoneHere;
        }
        match r.take(length, "frame") {
            Err(_) => Step::Used(0),
            Ok(body) if self.frame(cx, kind, flags, body) => Step::Used(length + 9),
            Ok(_) => Step::DoneHere,
        }
    }
}

impl Http2 {
    /// Takes a frame with headers. False if its direction cannot be read any more.
    fn frame(&mut self, cx: &mut Cx, kind: u8, flags: u8, body: &[u8]) -> bool {
        let [client, server] = &mut self.sides;
        let side = if cx.from_client { client } else { server };
        let Some(fragment) = fragment(kind, flags, body) else { return false };
        side.block.extend_from_slice(fragment);
        if side.block.len() > MAX_FRAME {
            return false;
        }
        // END_HEADERS.
        if flags & 4 == 0 {
            return true;
        }
        let block = std::mem::take(&mut side.block);
        let response = !cx.from_client;
        side.decoder.block(&block, |name, value| header(cx, response, name, value)).is_ok()
    }
}

/// The header block within a frame: without padding and priority.
fn fragment(kind: u8, flags: u8, body: &[u8]) -> Option<&[u8]> {
    if kind == CONTINUATION {
        return Some(body);
    }
    let mut r = Reader::new(body);
    let padding = if flags & 8 != 0 { usize::from(r.u8("padding").ok()?) } else { 0 };
    if flags & 0x20 != 0 {
        r.skip(5, "priority").ok()?;
    }
    r.take(r.left().checked_sub(padding)?, "block").ok()
}

fn header(cx: &mut Cx, response: bool, name: &[u8], value: &[u8]) {
    match name {
        b":authority" => http::asked_for(cx, value),
        b"host" if !response => http::asked_for(cx, value),
        b":path" => drop(cx.text(&http::URL, value)),
        b":method" => drop(cx.text(&http::METHOD, value)),
        b":status" => {
            if let Some(status) = number(value) {
                cx.number(&http::STATUS, status);
            }
        }
        b"user-agent" => drop(cx.text(&http::AGENT, value)),
        b"referer" => drop(cx.text(&http::REFERRER, value)),
        b"server" => drop(cx.text(&http::SERVER, value)),
        b"content-type" => drop(cx.text(if response { &http::TYPE } else { &http::REQUEST_TYPE }, value)),
        _ => {}
    }
    if let Some(service) = services::of_header(name, value) {
        http::layer(cx, service);
    }
}

const MAX_SETTINGS: usize = 6 * 32;
const MAX_FRAME: usize = 48 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn frame(kind: u8, flags: u8, stream: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[0][..], &length, &[kind, flags, 0, 0, 0, stream], body].concat()
    }

    fn client() -> Vec<u8> {
        let (one, two) = hpack::tests::FIRST.split_at(20);
        let parts = [frame(SETTINGS, 0, 0, &[]), frame(HEADERS, 0, 1, one), frame(CONTINUATION, 4, 1, two)];
        let data = frame(0, 1, 1, &[0, 0, 0, 0, 2, 8, 1]);
        let second = frame(HEADERS, 5, 3, hpack::tests::SECOND);
        [PREFACE, &parts.concat(), &data, &second].concat()
    }

    #[test]
    fn grpc_with_prior_knowledge() {
        let client = client();
        let talk = Talk::tcp(4000, 9999).client(&client[..1]).client(&client[1..30]).client(&client[30..]).run();
        assert_eq!(talk.names(), ["HTTP2", "gRPC"]);
        assert_eq!(facts(&talk, &http::HOST), ["www.example.org"]);
        assert_eq!(facts(&talk, &http::URL), ["/a?b"]);
    }

    #[test]
    fn the_server_alone() {
        let settings = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]);
        let status = frame(HEADERS, 4, 1, b"\x88\x76\x84\xaa\x63\x55\xe7");
        let talk = Talk::tcp(4000, 9999).server(&[settings, status].concat()).run();
        assert_eq!(talk.names(), ["HTTP2"]);
        assert_eq!(facts(&talk, &http::SERVER), ["nginx"]);
        let zeros = [0; 40];
        assert!(!Talk::tcp(4000, 9999).server(&zeros).run().names().contains(&"HTTP2"));
    }

    #[test]
    fn damage_is_survived() {
        survives(&HTTP2, &[&client()]);
    }
}

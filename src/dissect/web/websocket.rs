//! WebSocket (RFC 6455): a layer of HTTP, and the protocol of connections whose upgrade was not captured.
//!
//! Nothing is extracted. In the middle of a connection only text tells: the length must fill the segment, and what
//! clients masked must come out as text.

use crate::dissect::common::text::begins;
use crate::dissect::messaging::{mqtt::MQTT, small::AMQP, small::NATS, small::STOMP, xmpp::XMPP};
use crate::dissect::voip::sip::SIP;
use crate::dissect::{Protocol, Reading, Seen, Start, Transport, Verdict};
use crate::packet::{Incomplete, Reader};

/// WebSocket.
pub static WEBSOCKET: Protocol = Protocol {
    name: "WebSocket",
    eve: "websocket",
    category: "Web",
    how: "an HTTP upgrade that the server accepts, or text frames both ways",
    over: &[Transport::Tcp],
    starts: &[Start::At(0, &[TEXT])],
    probe,
    reading: Reading::Nothing,
    ..Protocol::NEW
};

/// The protocol inside that client and server agreed upon by the name IANA registers, if it is known.
pub(super) fn inside(name: &[u8]) -> Option<&'static Protocol> {
    SUBPROTOCOLS.iter().find(|(known, _)| begins(name.trim_ascii(), known)).map(|(_, protocol)| *protocol)
}

/// How names of subprotocols begin; versions follow.
static SUBPROTOCOLS: &[(&[u8], &Protocol)] = &[
    (b"mqtt", &MQTT),
    (b"xmpp", &XMPP),
    (b"sip", &SIP),
    (b"amqp", &AMQP),
    (b"nats", &NATS),
    (b"v10.stomp", &STOMP),
    (b"v11.stomp", &STOMP),
    (b"v12.stomp", &STOMP),
];

/// First byte of a text frame that is whole.
const TEXT: u8 = 0x81;

fn probe(seen: &Seen) -> Verdict {
    if !seen.midstream {
        return Verdict::No;
    }
    let (here, there) = (text_frame(seen.data), text_frame(seen.other));
    match (here, there) {
        (Err(_), _) => Verdict::More,
        (Ok(None), _) => Verdict::No,
        (Ok(Some(here)), Ok(Some(there))) if here.masked != there.masked => {
            Verdict::Yes("WebSocket text frames both ways")
        }
        (Ok(Some(here)), _) if here.masked && here.length >= 12 => Verdict::Yes("masked WebSocket text frame"),
        _ => Verdict::More,
    }
}

struct Frame {
    masked: bool,
    length: usize,
}

/// A frame at the start whose payload is text and that ends the data or is followed by another frame.
fn text_frame(data: &[u8]) -> Result<Option<Frame>, Incomplete> {
    let mut r = Reader::new(data);
    let [first, second] = r.array("header")?;
    let length = match second & 0x7f {
        126 => usize::from(r.u16("length")?),
        127 => return Ok(None),
        short => usize::from(short),
    };
    let masked = second & 0x80 != 0;
    let mask: [u8; 4] = if masked { r.array("mask")? } else { [0; 4] };
    if first != TEXT || length == 0 || length > MAX_TEXT {
        return Ok(None);
    }
    let payload = r.take(length, "payload")?;
    let text: Vec<u8> = payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
    let readable =
        text.iter().all(|b| *b >= b' ' || matches!(b, b'\n' | b'\r' | b'\t')) && std::str::from_utf8(&text).is_ok();
    let ends = r.rest().first().is_none_or(|b| matches!(b, 0x81 | 0x82 | 0x88..=0x8a));
    Ok((readable && ends).then_some(Frame { masked, length }))
}

const MAX_TEXT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const SERVER: &[u8] = b"\x81\x05hello";
    const CLIENT: &[u8] = b"\x81\x84\x01\x02\x03\x04\x68\x69\x21\x25";

    #[test]
    fn text_both_ways() {
        assert_eq!(Talk::tcp(4000, 9999).server(SERVER).client(CLIENT).run().names(), ["WebSocket"]);
        assert!(Talk::tcp(4000, 9999).server(SERVER).run().names().is_empty());
        assert!(Talk::tcp(4000, 9999).server(b"\x81\x05\x00\x01\x02\x03\x04").client(CLIENT).run().names().is_empty());
        survives(&WEBSOCKET, &[SERVER, CLIENT]);
    }
}

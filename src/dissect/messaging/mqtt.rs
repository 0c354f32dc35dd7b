//! MQTT 3.1, 3.1.1 and 5 (OASIS).
//!
//! Extracted: version, client id, user, topics. Not extracted: messages.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// MQTT.
pub static MQTT: Protocol = Protocol {
    name: "MQTT",
    eve: "mqtt",
    category: "RPC",
    how: "CONNECT with the protocol's name, or a chain of packets whose lengths fit",
    over: &[Transport::Tcp],
    ports: &[1883, 8883],
    starts: &[
        // CONNECT with its name, behind one or two bytes of length.
        Start::At(2, b"\0\x04MQTT"),
        Start::At(3, b"\0\x04MQTT"),
        Start::At(2, b"\0\x06MQIsdp"),
        Start::At(3, b"\0\x06MQIsdp"),
        // CONNACK, PUBLISH, acknowledgements, SUBSCRIBE, pings.
        Start::At(0, &[0x20, 2]),
        Start::Range(0x30, 0x3d),
        Start::At(0, &[0x40, 2]),
        Start::At(0, &[0x50, 2]),
        Start::At(0, &[0x62, 2]),
        Start::At(0, &[0x70, 2]),
        Start::At(0, &[0x82]),
        Start::At(0, &[0x90]),
        Start::At(0, &[0xc0, 0]),
        Start::At(0, &[0xd0, 0]),
        Start::At(0, &[0xe0, 0]),
    ],
    fields: &[&VERSION, &CLIENT, &USER, &TOPIC],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static VERSION: Field = Field::new("mqtt", "protocol_version");
static CLIENT: Field = Field::new("mqtt", "client_id").role(Role::Agent);
static USER: Field = Field::new("mqtt", "username");
static TOPIC: Field = Field::list("mqtt", "topic");

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const SUBSCRIBE: u8 = 8;

fn probe(seen: &Seen) -> Verdict {
    let Some(packet) = packet(seen.data) else {
        let may_grow = seen.data.len() < 5 && seen.data.first().is_some_and(|b| flags_fit(*b));
        return if may_grow { Verdict::More } else { Verdict::No };
    };
    match packet.kind {
        CONNECT => connect_probe(&packet),
        CONNACK => match (packet.body, seen.other.first()) {
            ([0 | 1, 0..=5], Some(0x10)) => Verdict::Yes("MQTT CONNACK"),
            ([0 | 1, 0..=5], _) if packet.whole == seen.data.len() => Verdict::Weak("MQTT CONNACK"),
            _ => Verdict::No,
        },
        PUBLISH | SUBSCRIBE => published(seen, &packet),
        _ => small(seen, &packet),
    }
}

/// A packet's type, flags, and as much of its body as is there.
struct Packet<'a> {
    kind: u8,
    flags: u8,
    body: &'a [u8],
    length: usize,
    whole: usize,
}

fn packet(data: &[u8]) -> Option<Packet<'_>> {
    let first = at::u8(data, 0).filter(|b| flags_fit(*b))?;
    let mut length = 0;
    for place in 0..4 {
        let byte = at::u8(data, 1 + place)?;
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let body = data.get(2 + place..)?;
            let whole = 2 + place + length;
            return Some(Packet {
                kind: first >> 4,
                flags: first & 15,
                body: body.get(..length).unwrap_or(body),
                length,
                whole,
            });
        }
    }
    None
}

/// All types but PUBLISH have fixed flags.
fn flags_fit(first: u8) -> bool {
    match first >> 4 {
        PUBLISH => first & 6 != 6,
        6 | 8 | 10 => first & 15 == 2,
        0 => false,
        _ => first & 15 == 0,
    }
}

fn connect_probe(packet: &Packet) -> Verdict {
    let names = [&b"\0\x04MQTT\x04"[..], b"\0\x04MQTT\x05", b"\0\x06MQIsdp\x03"];
    match () {
        () if names.iter().any(|n| packet.body.starts_with(n)) => Verdict::Yes("MQTT CONNECT"),
        () if names.iter().any(|n| n.starts_with(packet.body)) => Verdict::More,
        () => Verdict::No,
    }
}

/// A topic of readable text in a packet that ends where the data does, or where another packet begins.
fn published(seen: &Seen, packet: &Packet) -> Verdict {
    let topic_at = if packet.kind == PUBLISH { 0 } else { 2 };
    let Some(length) = at::u16(packet.body, topic_at).map(usize::from) else { return Verdict::No };
    let Some(topic) = packet.body.get(topic_at + 2..topic_at + 2 + length) else { return Verdict::No };
    let readable = std::str::from_utf8(topic).is_ok_and(|t| !t.chars().any(char::is_control));
    if !readable || length + topic_at + 2 > packet.length {
        return Verdict::No;
    }
    match length {
        4.. if packet.whole == seen.data.len() => Verdict::Yes("MQTT topic"),
        1.. if packet.whole <= seen.data.len() && seen.usual => Verdict::Weak("MQTT topic"),
        _ => Verdict::No,
    }
}

/// Acknowledgements and pings say little alone; four in a row, or one in each direction, are enough.
fn small(seen: &Seen, packet: &Packet) -> Verdict {
    let sound = match packet.kind {
        12..=13 => packet.length == 0,
        14 => packet.length <= 2,
        4..=7 | 11 => (2..=4).contains(&packet.length),
        9 => (3..=64).contains(&packet.length),
        _ => false,
    };
    if !sound || packet.whole > seen.data.len() {
        return Verdict::No;
    }
    let answered = match packet.kind {
        12 => seen.other == [0xd0, 0],
        13 => seen.other == [0xc0, 0],
        _ => false,
    };
    match (packet.flags, answered) {
        (_, true) => Verdict::Yes("MQTT ping and its answer"),
        _ if packet.whole == seen.data.len() && seen.usual => Verdict::Weak("MQTT packet"),
        _ => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some(packet) = packet(data) else {
        return if data.len() < 5 { Step::Used(0) } else { Step::Done };
    };
    if data.len() < packet.whole.min(MOST) {
        return Step::Used(0);
    }
    let _ = match packet.kind {
        CONNECT => connect(cx, packet.body),
        PUBLISH => topic(cx, packet.body, 0),
        SUBSCRIBE => {
            let version_5 = matches!(cx.facts().get(&VERSION), Some(crate::facts::Value::Number(5)));
            topic(cx, packet.body, if version_5 { 3 } else { 2 })
        }
        _ => Ok(()),
    };
    if cx.facts().len() > MANY { Step::Done } else { Step::Skip(packet.whole) }
}

fn connect(cx: &mut Cx, body: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(body);
    let name = r.u16("length of name")?;
    r.skip(usize::from(name), "name")?;
    let version = r.u8("version")?;
    cx.number(&VERSION, version);
    let flags = r.u8("flags")?;
    r.skip(2, "keep alive")?;
    if version == 5 {
        properties(&mut r)?;
    }
    let client = string(&mut r)?;
    if !client.is_empty() && cx.text(&CLIENT, client) {
        cx.note_fact("MQTT client", &CLIENT);
    }
    if flags & 4 != 0 {
        if version == 5 {
            properties(&mut r)?;
        }
        string(&mut r)?;
        string(&mut r)?;
    }
    if flags & 0x80 != 0 {
        cx.text(&USER, string(&mut r)?);
    }
    Ok(())
}

/// Properties of version 5, by their length of up to four bytes.
fn properties(r: &mut Reader) -> Result<(), Incomplete> {
    let mut length = 0;
    for place in 0..4 {
        let byte = r.u8("property length")?;
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return r.skip(length, "properties");
        }
    }
    Err(Incomplete("property length"))
}

fn string<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Incomplete> {
    let length = r.u16("length of text")?;
    r.take(usize::from(length), "text")
}

fn topic(cx: &mut Cx, body: &[u8], at: usize) -> Result<(), Incomplete> {
    let mut r = Reader::new(body);
    r.skip(at, "packet id")?;
    let topic = string(&mut r)?;
    if !topic.is_empty() && cx.text(&TOPIC, topic) {
        cx.note_fact("MQTT topic", &TOPIC);
    }
    Ok(())
}

/// Bytes of a packet that are waited for.
const MOST: usize = 4 << 10;
/// Facts after which further topics are not looked at.
const MANY: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const HELLO: &[u8] = b"\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04me-1";
    const MESSAGE: &[u8] = b"\x30\x0a\0\x05a/b/chey";

    #[test]
    fn a_session_in_single_bytes() {
        let all = [HELLO, MESSAGE].concat();
        let talk = all.iter().fold(Talk::tcp(4000, 9999), |t, b| t.client(&[*b])).run();
        assert_eq!(talk.names(), ["MQTT"]);
        assert_eq!(facts(&talk, &CLIENT), ["me-1"]);
        assert_eq!(facts(&talk, &TOPIC), ["a/b/c"]);
    }

    #[test]
    fn from_the_middle() {
        assert_eq!(Talk::tcp(4000, 9999).client(MESSAGE).run().names(), ["MQTT"]);
        survives(&MQTT, &[HELLO, MESSAGE]);
    }
}

//! Apps with protocols of their own, known by the form of their first messages.
//!
//! Extracted: the server's name where Agora's network states it.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::Reader;

const UDP: &[Transport] = &[Transport::Udp];
const TCP: &[Transport] = &[Transport::Tcp];

/// Discord's voice: discovery of the own address, and keepalives.
pub static DISCORD: Protocol = Protocol {
    name: "Discord",
    category: "Collaborative",
    how: "the voice server's address discovery of 74 bytes, or its keepalive",
    over: UDP,
    starts: &[Start::At(0, &[0, 1, 0, 70]), Start::At(0, &[0, 2, 0, 70]), Start::At(0, &[0x13, 0x37, 0xca, 0xfe])],
    app: Some("Discord"),
    probe: |seen| match (seen.data, seen.wire) {
        ([0, 1, 0, 70, _, _, _, _, rest @ ..], 74) if rest.get(..64) == Some(&[0; 64]) => {
            Verdict::Yes("question for the own address")
        }
        ([0, 2, 0, 70, _, _, _, _, b'0'..=b'9' | b'a'..=b'f' | b':', ..], 74) => {
            Verdict::Yes("answer with the client's address")
        }
        ([0x13, ..], 8) => Verdict::Yes("keepalive of a voice server"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// WhatsApp's chat: the Noise handshake after its prologue.
pub static WHATSAPP: Protocol = Protocol {
    name: "WhatsApp",
    category: "Chat",
    how: "the prologue WA with two versions, or routing data before it",
    over: TCP,
    ports: &[5222, 443],
    starts: &[Start::At(0, b"WA"), Start::At(0, b"ED\0\x01"), Start::At(0, &[0x80, 0])],
    app: Some("WhatsApp"),
    probe: whatsapp,
    ..Protocol::NEW
};

fn whatsapp(seen: &Seen) -> Verdict {
    match seen.data {
        [b'E', b'D', 0, 1, ..] => Verdict::Yes("routing data before the WA prologue"),
        [b'W', b'A', 1..=9, 0..=9, 0..=1, ..] => Verdict::Yes("WA prologue"),
        [b'W', b'A', 1..=9, 0..=9] | [b'W', b'A', 1..=9] | [b'W', b'A'] => Verdict::More,
        // A sealed stanza of the older protocol in the middle of a stream.
        [0x80, 0, length, rest @ ..] if seen.midstream && seen.server_port == 5222 && *length > 8 => {
            if rest.len() == usize::from(*length) { Verdict::Weak("sealed stanza") } else { Verdict::No }
        }
        _ => Verdict::No,
    }
}

/// Telegram's MTProto where it is not obfuscated.
pub static TELEGRAM: Protocol = Protocol {
    name: "Telegram",
    category: "Chat",
    how: "MTProto in the abridged or intermediate framing, before a key is agreed on",
    over: TCP,
    ports: &[443, 80, 5222],
    starts: &[Start::At(0, &[0xef]), Start::At(0, &[0xee; 4]), Start::At(0, &[0xdd; 4])],
    app: Some("Telegram"),
    probe: |seen| match seen.data {
        [0xef, 1..=0x7e, 0, 0, 0, 0, 0, 0, 0, 0, ..] => Verdict::Yes("MTProto, abridged, without a key"),
        [0xee | 0xdd, _, _, _, _, _, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => {
            Verdict::Yes("MTProto, intermediate, without a key")
        }
        short if short.len() < 16 && short.iter().skip(6).all(|b| *b == 0) => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// Viber: chat over TCP, calls over UDP.
pub static VIBER: Protocol = Protocol {
    name: "Viber",
    category: "VoIP",
    how: "a frame of the chat with its length, or two datagrams of one call",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[4244, 5242, 5243, 7985, 7987, 9785],
    starts: &[Start::Mask(2, 0x00ff_ffff, 0), Start::Mask(6, 0xffff_f9ff, 0xfcff_0180), Start::Mask(0, 0x0000_e0ff, 0)],
    app: Some("Viber"),
    probe: viber,
    ..Protocol::NEW
};

fn viber(seen: &Seen) -> Verdict {
    if !seen.datagram() {
        return match seen.data {
            [low, high, _, _, _, _, 0xfc, 0xff, 3 | 5, 0x80, ..]
                if usize::from(u16::from_le_bytes([*low, *high])) == seen.data.len() =>
            {
                Verdict::Yes("frame of a call's setup with its length")
            }
            [low, high, kind, 0, 0, 0, ..] if usize::from(u16::from_le_bytes([*low, *high])) == seen.data.len() => {
                if matches!(kind, 0x0a | 0x0b) && seen.data.len() > 40 && seen.usual {
                    Verdict::Yes("frame of the chat with its length")
                } else if seen.usual && *kind > 0 && seen.data.len() > 16 {
                    Verdict::Weak("frame of the chat with its length")
                } else {
                    Verdict::No
                }
            }
            short if short.len() < 6 => Verdict::More,
            _ => Verdict::No,
        };
    }
    // Sizes are known of some kinds only; the others count beside one of those.
    let call = |data: &[u8], wire: Option<usize>| match data {
        [a, b, kind @ (1 | 3 | 9 | 0x0b | 0x0c | 0x19 | 0x1a), 0, ..] => {
            let sized = match kind {
                3 => 12,
                9 => 20,
                0x0b => 34,
                0x0c => 76,
                0x19 => 34,
                0x1a => 20,
                _ => return wire.is_none().then_some((*a, *b)),
            };
            wire.is_none_or(|n| n == sized).then_some((*a, *b))
        }
        _ => None,
    };
    match call(seen.data, Some(seen.wire)) {
        Some(id) if id != (0, 0) => {
            if call(seen.other, None) == Some(id) {
                Verdict::Yes("two datagrams of one call")
            } else if call(seen.previous, None) == Some(id) {
                Verdict::Weak("datagrams of one call")
            } else {
                Verdict::No
            }
        }
        _ => Verdict::No,
    }
}

/// Zoom's media servers.
pub static ZOOM: Protocol = Protocol {
    name: "Zoom",
    category: "Video",
    how: "a media server's answer that repeats the client's session or its echo",
    over: UDP,
    ports: &[8801, 8802, 8803, 8804, 8805, 8806, 8807, 8808, 8809, 8810],
    starts: &[Start::Range(1, 5)],
    app: Some("Zoom"),
    probe: zoom,
    ..Protocol::NEW
};

fn zoom(seen: &Seen) -> Verdict {
    let part = |data: &[u8], from: usize, to: usize| data.get(from..to).map(<[u8]>::to_vec);
    match (seen.data, seen.other) {
        ([2, 0, ..], [1, 0, ..]) if part(seen.data, 2, 19).is_some() => {
            if part(seen.data, 2, 19) == part(seen.other, 2, 19) {
                Verdict::Yes("answer with the client's session")
            } else {
                Verdict::No
            }
        }
        ([4, ..], [3, ..]) if seen.wire >= 13 && part(seen.data, 1, 9) == part(seen.other, 1, 9) => {
            Verdict::Yes("echo of the server's question")
        }
        // The client's first: session of 16 bytes, then zeros.
        ([1, 0, ..], _) if seen.data.get(19..28) == Some(&[0; 9]) && seen.usual => {
            Verdict::Weak("opening of a session")
        }
        ([5, ..], [3, ..]) if seen.usual => Verdict::Weak("media of a session"),
        _ => Verdict::No,
    }
}

/// LINE's calls.
pub static LINE_CALL: Protocol = Protocol {
    name: "LineCall",
    category: "VoIP",
    how: "control datagrams with their length, twice",
    over: UDP,
    starts: &[Start::Mask(0, 0xffe0_ff00, 0xb600_0000)],
    app: Some("LineCall"),
    probe: |seen| {
        let fits = |data: &[u8], wire: usize| matches!(data, [0xb6, 7 | 9 | 0x13 | 0x18, 0, n, ..] if usize::from(*n) + 4 == wire);
        if fits(seen.data, seen.wire) { Verdict::Weak("control datagram with its length") } else { Verdict::No }
    },
    ..Protocol::NEW
};

/// Tencent QQ.
pub static OICQ: Protocol = Protocol {
    name: "OICQ",
    category: "Chat",
    how: "start byte, a client version, a known command, end byte",
    over: UDP,
    ports: &[8000],
    starts: &[Start::At(0, &[2])],
    app: Some("QQ"),
    probe: |seen| {
        let Some([2, v, w, high, low, _, _, a, b, c, d]) = seen.data.first_chunk::<11>() else { return Verdict::No };
        let command = u16::from_be_bytes([*high, *low]);
        let number = u32::from_be_bytes([*a, *b, *c, *d]);
        let ends = seen.data.last() == Some(&3) && seen.complete();
        let known = (1..=0x00b5).contains(&command) || command == 0x03f7;
        match (v, w) {
            (0x3b, 0x0b) if ends && known => Verdict::Yes("message of a QQ client"),
            (0x01..=0x3f, _) if ends && known && number > 9_999 && seen.usual => {
                Verdict::Weak("message of a QQ client")
            }
            _ => Verdict::No,
        }
    },
    ..Protocol::NEW
};

/// Agora's network for calls.
pub static SD_RTN: Protocol = Protocol {
    name: "SD-RTN",
    category: "Media",
    how: "a hello in tags like those of QUIC's forerunner, with a server name",
    over: UDP,
    starts: &[Start::At(11, b"\0\x04SNI\0"), Start::At(11, b"\0\x04EPID")],
    fields: &[&SNI],
    probe: |seen| match (seen.data.get(6), seen.data.get(13..16)) {
        (Some(0x21), Some(b"SNI")) => Verdict::Yes("hello with a server name"),
        (Some(0x23), _) => Verdict::Yes("answer to a hello"),
        (_, Some(b"EPI")) if seen.data.get(4..7) == Some(&[0, 0, 0x23]) => Verdict::Yes("answer to a hello"),
        _ => Verdict::No,
    },
    reading: Reading::Stateless(read_sd_rtn),
    ..Protocol::NEW
};

static SNI: Field = Field::new("sd_rtn", "sni").role(Role::Asked);

fn read_sd_rtn(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data.get(16..).unwrap_or_default());
    if data.get(13..16) == Some(b"SNI")
        && let Ok(length) = r.u16_le("length").or_else(|_| r.u16("length"))
    {
        // The length is big endian in older clients; one of both is small.
        let length = usize::from(length).min(usize::from(length.swap_bytes()));
        if let Ok(name) = r.take(length, "name") {
            cx.host(&SNI, name);
            cx.note_fact("server name", &SNI);
        }
    }
    Step::Done
}

/// Alibaba's cloud.
pub static ALICLOUD: Protocol = Protocol {
    name: "AliCloud",
    category: "Cloud",
    how: "the mark CEFABEBA and a length",
    over: TCP,
    starts: &[Start::At(0, &[0xce, 0xfa, 0xbe, 0xba])],
    app: Some("AliCloud"),
    probe: |_| Verdict::Yes("mark CEFABEBA"),
    ..Protocol::NEW
};

/// Avast's updates.
pub static AVAST: Protocol = Protocol {
    name: "AVAST",
    category: "Network",
    how: "NOSA and the message's length",
    over: TCP,
    starts: &[Start::At(0, b"NOSA")],
    app: Some("AVAST"),
    probe: |seen| match seen.data {
        [_, _, _, _, high, low, ..] if usize::from(u16::from_be_bytes([*high, *low])) >= 6 => {
            Verdict::Yes("NOSA and a length")
        }
        _ => Verdict::More,
    },
    ..Protocol::NEW
};

/// Xiaomi's push.
pub static XIAOMI: Protocol = Protocol {
    name: "Xiaomi",
    category: "Web",
    how: "the mark C2FE, a version and a length",
    over: TCP,
    ports: &[5222],
    starts: &[Start::At(0, &[0xc2, 0xfe, 0, 5, 0, 0]), Start::At(0, &[0xc2, 0xfe, 0, 4, 0, 0])],
    app: Some("Xiaomi"),
    probe: |_| Verdict::Yes("mark C2FE with version and length"),
    ..Protocol::NEW
};

/// DingTalk.
pub static DINGTALK: Protocol = Protocol {
    name: "DingTalk",
    category: "Chat",
    how: "the head of its first message",
    over: TCP,
    starts: &[Start::At(2, &[0x87, 0x80, 1, 0, 1, 0, 2, 0, 2, 0x64, 0x6b, 3])],
    app: Some("DingTalk"),
    probe: |_| Verdict::Yes("head of the first message"),
    ..Protocol::NEW
};

/// Spotify in the local network.
pub static SPOTIFY: Protocol = Protocol {
    name: "Spotify",
    category: "Music",
    how: "SpotUdp",
    over: UDP,
    ports: &[57621],
    starts: &[Start::At(0, b"SpotUdp")],
    app: Some("Spotify"),
    probe: |_| Verdict::Yes("SpotUdp"),
    ..Protocol::NEW
};

/// Nest's devices: Weave messages to the log server.
pub static NEST: Protocol = Protocol {
    name: "NestLogSink",
    category: "Cloud",
    how: "a Weave message with its length",
    over: TCP,
    ports: &[11095],
    starts: &[Start::Mask(2, 0xefff_0000, 0x0013_0000)],
    probe: |seen| match seen.data {
        [low, high, 0 | 0x10, 0x13, _, _, _, _, ..] => {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            if length + 2 == seen.data.len() {
                Verdict::Yes("Weave message with its length")
            } else if length + 2 < seen.data.len() {
                if seen.usual { Verdict::Weak("Weave message") } else { Verdict::No }
            } else {
                Verdict::More
            }
        }
        short if short.len() < 8 => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn datagrams() {
        let mut ask = vec![0, 1, 0, 70, 0, 0, 1, 2];
        ask.resize(74, 0);
        assert_eq!(Talk::udp(4000, 9998).client(&ask).run().names(), ["Discord"]);
        let session = |kind: u8| [&[kind, 0, 2][..], &[0x7d; 16], &[0; 30]].concat();
        assert_eq!(Talk::udp(4000, 9998).client(&session(1)).server(&session(2)).run().names(), ["Zoom"]);
        let call = [0xed, 0xf6, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(Talk::udp(4000, 9998).client(&call).server(&call).run().names(), ["Viber"]);
        let oicq = [&[2, 0x3b, 0x0b, 0, 1, 0, 0x17, 1, 2, 3, 4][..], &[9; 20], &[3]].concat();
        assert_eq!(Talk::udp(4000, 9998).client(&oicq).run().names(), ["OICQ"]);
        let hello = [&[0, 90, 0x38, 0x4c, 0, 0, 0x21, 0, 0, 0, 0, 0, 4][..], b"SNI\0\x0aedge.e.org"].concat();
        let talk = Talk::udp(4000, 9998).client(&hello).run();
        assert_eq!((talk.names(), facts(&talk, &SNI)), (vec!["SD-RTN"], vec!["edge.e.org".to_string()]));
        for (protocol, message) in [(&DISCORD, &ask[..]), (&VIBER, &call), (&OICQ, &oicq), (&SD_RTN, &hello)] {
            survives(protocol, &[message]);
        }
        survives(&ZOOM, &[&session(1), &session(2)]);
    }

    #[test]
    fn streams() {
        let weave = [10, 0, 0, 0x13, 8, 3, 0, 0, 1, 2, 3, 4];
        for (protocol, message) in [
            (&WHATSAPP, &b"WA\x05\x02\x00\x01\x12"[..]),
            (&TELEGRAM, b"\xef\x0a\0\0\0\0\0\0\0\0\x01"),
            (&ALICLOUD, b"\xce\xfa\xbe\xba\x80\0\0\0"),
            (&AVAST, b"NOSA\0\x60\x01\x01"),
            (&XIAOMI, b"\xc2\xfe\0\x05\0\0\0\x36"),
            (&NEST, &weave),
        ] {
            let talk = Talk::tcp(4000, 9998).client(&message[..1]).client(&message[1..]).run();
            assert_eq!(talk.names(), [protocol.name]);
            survives(protocol, &[message]);
        }
    }
}

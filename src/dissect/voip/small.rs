//! Telephony and voice chat that is known by the form of its first message and of which no facts are taken: MGCP
//! (RFC 3435), Megaco (RFC 3525), IAX2 (RFC 5456), Cisco's SCCP, TeamSpeak 3, Mumble, BFCP (RFC 8855).

use crate::dissect::common::text::{begins, line, number};
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};
use crate::packet::{Incomplete, Reader};

/// Media Gateway Control Protocol.
pub static MGCP: Protocol = Protocol {
    name: "MGCP",
    category: "VoIP",
    how: "a command line with MGCP 1.0, or the answer to one",
    over: &[Transport::Udp],
    ports: &[2427, 2727],
    starts: &[Start::Range(b'A', b'R'), Start::Text(b"a"), Start::Range(b'0', b'9')],
    probe: mgcp,
    ..Protocol::NEW
};

fn mgcp(seen: &Seen) -> Verdict {
    let first = line(seen.data).map_or(seen.data, |(first, _)| first);
    let mut words = first.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let (verb, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let id_sound = number(id).is_some_and(|n| n < 1 << 30);
    if MGCP_VERBS.iter().any(|v| verb.eq_ignore_ascii_case(v)) && id_sound {
        let version = words.nth(1).is_some_and(|w| w.eq_ignore_ascii_case(b"MGCP"));
        return if version { Verdict::Yes("MGCP command line") } else { Verdict::No };
    }
    if seen.usual && verb.len() == 3 && number(verb).is_some_and(|n| (0..600).contains(&n)) && id_sound {
        return Verdict::Weak("MGCP response line");
    }
    Verdict::No
}

static MGCP_VERBS: &[&[u8]] = &[b"EPCF", b"CRCX", b"MDCX", b"DLCX", b"RQNT", b"NTFY", b"AUEP", b"AUCX", b"RSIP"];

/// H.248.
pub static MEGACO: Protocol = Protocol {
    name: "Megaco",
    category: "VoIP",
    how: "the text header MEGACO/ or !/ with a version and a sender",
    over: &[Transport::Udp, Transport::Tcp, Transport::Sctp],
    ports: &[2944, 2945],
    starts: &[Start::At(0, b"!/"), Start::Text(b"megaco/")],
    probe: megaco,
    ..Protocol::NEW
};

fn megaco(seen: &Seen) -> Verdict {
    let rest = if begins(seen.data, b"MEGACO/") { seen.data.get(7..) } else { seen.data.get(2..) };
    match rest.unwrap_or_default() {
        [b'1'..=b'9', b' ' | b'\t' | b'\r' | b'\n', b'[' | b'<' | b' ' | b'a'..=b'z' | b'A'..=b'Z', ..] => {
            Verdict::Yes("Megaco message header")
        }
        short if short.len() < 3 && !seen.datagram() => Verdict::More,
        _ => Verdict::No,
    }
}

/// Inter-Asterisk eXchange.
pub static IAX: Protocol = Protocol {
    name: "IAX",
    category: "VoIP",
    how: "a full frame with sound information elements, or one that answers another",
    over: &[Transport::Udp],
    ports: &[4569],
    starts: &[Start::Range(0x80, 0xff)],
    probe: iax,
    ..Protocol::NEW
};

fn iax(seen: &Seen) -> Verdict {
    iax_frame(seen).unwrap_or(Verdict::No)
}

fn iax_frame(seen: &Seen) -> Result<Verdict, Incomplete> {
    let mut r = Reader::new(seen.data);
    let source = r.u16("source call")? & 0x7fff;
    let target = r.u16("destination call")? & 0x7fff;
    r.skip(6, "timestamp, sequence")?;
    // Only IAX control frames (type 6).
    let (kind, subclass) = (r.u8("type")?, r.u8("subclass")?);
    if kind != 6 || !(1..=0x28).contains(&subclass) || source == 0 {
        return Ok(Verdict::No);
    }
    let mut elements = 0;
    while !r.is_empty() {
        let (element, length) = (r.u8("element")?, r.u8("length")?);
        r.skip(usize::from(length), "element")?;
        if !matches!(element, 1..=0x3d) {
            return Ok(Verdict::No);
        }
        elements += 1;
    }
    let pair = |d: &[u8]| Reader::new(d).u32("calls").map_or((0, 0), |w| (w >> 16 & 0x7fff, w & 0x7fff));
    let answered = target != 0 && pair(seen.other) == (u32::from(target), u32::from(source));
    // Only what opens a call comes with the destination zero: NEW, REGREQ, POKE, and their like.
    let opens =
        target == 0 && matches!(subclass, 1 | 0x0d | 0x1e | 0x11 | 0x26) && seen.data.get(8..10) == Some(&[0, 0]);
    Ok(if answered || (opens && elements > 1) {
        Verdict::Yes("IAX control frame")
    } else if opens || elements > 0 {
        Verdict::Weak("IAX control frame")
    } else {
        Verdict::No
    })
}

/// Cisco's Skinny Client Control Protocol.
pub static SKINNY: Protocol = Protocol {
    name: "CiscoSkinny",
    category: "VoIP",
    how: "little-endian length, a known header version and message number, twice",
    over: &[Transport::Tcp],
    ports: &[2000],
    starts: &[Start::Mask(0, 0x00f0_ffff, 0), Start::Mask(4, 0x00ff_ffff, 0)],
    probe: skinny,
    ..Protocol::NEW
};

fn skinny(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    for count in 0..3 {
        let start = r;
        let message = skinny_message(&mut r);
        match message {
            Ok(true) => {}
            Ok(false) => return Verdict::No,
            Err(_) if start.is_empty() && count > 0 => {
                let other = matches!(skinny_message(&mut Reader::new(seen.other)), Ok(true));
                return if count > 1 || other {
                    Verdict::Yes("Skinny messages whose lengths agree")
                } else {
                    Verdict::Weak("Skinny message")
                };
            }
            Err(_) => return Verdict::More,
        }
    }
    Verdict::Yes("Skinny messages whose lengths agree")
}

fn skinny_message(r: &mut Reader) -> Result<bool, Incomplete> {
    let length = r.u32_le("length")?;
    let version = r.u32_le("version")?;
    let message = r.u32_le("message")?;
    let sound =
        (4..=4096).contains(&length) && version <= 0x16 && message <= 0x0160 && (version != 0 || length % 4 == 0);
    if sound {
        r.skip(usize::try_from(length).unwrap_or(0).saturating_sub(4), "body")?;
    }
    Ok(sound)
}

/// TeamSpeak 3.
pub static TEAMSPEAK: Protocol = Protocol {
    name: "TeamSpeak",
    category: "VoIP",
    how: "the TS3INIT1 mark, or TeamSpeak 2's message class",
    over: &[Transport::Udp],
    ports: &[9987, 8767],
    starts: &[Start::At(0, b"TS3INIT1"), Start::Mask(0, 0xffff_0000, 0xf4be_0000)],
    probe: teamspeak,
    ..Protocol::NEW
};

fn teamspeak(seen: &Seen) -> Verdict {
    match seen.data {
        [b'T', ..] => Verdict::Yes("TS3INIT1"),
        [0xf4, 0xbe, 3 | 4, 0, ..] if seen.data.len() > 16 => Verdict::Yes("TeamSpeak 2 connection message"),
        _ => Verdict::No,
    }
}

/// Mumble.
pub static MUMBLE: Protocol = Protocol {
    name: "Mumble",
    category: "VoIP",
    how: "a ping of twelve bytes and its answer with the same number",
    over: &[Transport::Udp],
    ports: &[64738],
    starts: &[Start::At(0, &[0, 0, 0, 0]), Start::Mask(0, 0xffff_0000, 0x0001_0000)],
    probe: mumble,
    ..Protocol::NEW
};

/// The question is 0 and a number of eight bytes; the answer version, that number, users, most users, bandwidth.
fn mumble(seen: &Seen) -> Verdict {
    let number = |d: &[u8]| d.get(4..12).and_then(<[u8]>::first_chunk::<8>).copied();
    let Some(this) = number(seen.data) else { return Verdict::No };
    match seen.data {
        [0, 1, 2..=9, _, ..] if seen.wire == 24 && number(seen.other) == Some(this) => {
            Verdict::Yes("Mumble ping and its answer")
        }
        [0, 1, 2..=5, _, rest @ ..] if seen.wire == 24 => {
            let small = |at: usize| matches!(rest.get(at..at + 4), Some([0, 0, _, _]));
            if small(8) && small(12) { Verdict::Weak("answer to a Mumble ping") } else { Verdict::No }
        }
        [0, 0, 0, 0, ..] if seen.wire == 12 && seen.usual && this != [0; 8] => Verdict::Weak("Mumble ping"),
        _ => Verdict::No,
    }
}

/// Binary Floor Control Protocol.
pub static BFCP: Protocol = Protocol {
    name: "BFCP",
    category: "Video",
    how: "header with a known primitive whose length fills the datagram, attributes in order",
    over: &[Transport::Udp, Transport::Tcp],
    starts: &[Start::Mask(0, 0xe700_0000, 0x2000_0000), Start::Mask(0, 0xe700_0000, 0x4000_0000)],
    probe: bfcp,
    ..Protocol::NEW
};

fn bfcp(seen: &Seen) -> Verdict {
    let ids = |data: &[u8]| data.get(4..12).map(<[u8]>::to_vec);
    let answers = seen.other.first().is_some_and(|b| matches!(b >> 5, 1 | 2)) && ids(seen.other) == ids(seen.data);
    match bfcp_message(seen.data, seen.datagram()) {
        Ok(Some(_)) if answers => Verdict::Yes("BFCP messages of one conference in both directions"),
        Ok(Some(true)) => Verdict::Yes("BFCP message whose attributes fill it"),
        Ok(Some(false)) if seen.datagram() => Verdict::Weak("BFCP message without attributes"),
        Ok(Some(false)) => Verdict::More,
        Ok(None) => Verdict::No,
        Err(_) if seen.datagram() => Verdict::No,
        Err(_) => Verdict::More,
    }
}

/// Whether it is one, and has attributes. Version 1 is for reliable transports, 2 for datagrams.
fn bfcp_message(data: &[u8], datagram: bool) -> Result<Option<bool>, Incomplete> {
    let mut r = Reader::new(data);
    let first = r.u8("version")?;
    let primitive = r.u8("primitive")?;
    let words = usize::from(r.u16("length")?);
    r.skip(8, "conference, transaction, user")?;
    let version_sound = matches!((first >> 5, datagram), (1, false) | (1 | 2, true)) && first & 0x0f == 0;
    if !version_sound || !(1..=18).contains(&primitive) || words > 512 {
        return Ok(None);
    }
    let mut body = r.sub(words * 4, "attributes")?;
    if datagram && !r.is_empty() {
        return Ok(None);
    }
    let any = !body.is_empty();
    while !body.is_empty() {
        let (kind, length) = (body.u8("attribute")? >> 1, usize::from(body.u8("length")?));
        if !(1..=18).contains(&kind) || length < 2 {
            return Ok(None);
        }
        // The length has no padding in it.
        body.skip((length.next_multiple_of(4) - 2).min(body.left()), "value")?;
    }
    Ok(Some(any))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const NEW: &[u8] = &[0x80, 4, 0, 0, 0, 0, 0, 1, 0, 0, 6, 1, 0x0b, 2, 0, 2, 1, 2, b'4', b'4'];
    const KEEPALIVE: &[u8] = &[4, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0, 0];
    const HELLO: &[u8] = &[0x20, 11, 0, 0, 0, 0, 0, 1, 0, 1, 0, 2];

    #[test]
    fn each_is_named_and_survives() {
        let udp = |data: &[u8]| Talk::udp(4000, 9999).client(data).run().names();
        assert_eq!(udp(b"RSIP 1 *@gw.example.org MGCP 1.0\r\n"), ["MGCP"]);
        assert_eq!(udp(b"!/1 [10.0.0.1]:2944 T=1{"), ["Megaco"]);
        assert_eq!(udp(NEW), ["IAX"]);
        assert_eq!(udp(b"TS3INIT1\0e\0\0\x88"), ["TeamSpeak"]);
        let talk = Talk::tcp(4000, 9999).client(KEEPALIVE).client(KEEPALIVE).run();
        assert_eq!(talk.names(), ["CiscoSkinny"]);
        let ping = |head: &[u8], tail: &[u8]| [head, &[1, 2, 3, 4, 5, 6, 7, 8], tail].concat();
        let mumble = Talk::udp(4000, 9999).client(&ping(&[0; 4], &[])).server(&ping(&[0, 1, 3, 4], &[0; 12])).run();
        assert_eq!(mumble.names(), ["Mumble"]);
        assert_eq!(Talk::udp(4000, 9999).client(HELLO).client(HELLO).run().names(), ["BFCP"]);
        for (protocol, message) in [(&MEGACO, &b"!/1 [a]"[..]), (&IAX, NEW), (&SKINNY, KEEPALIVE), (&BFCP, HELLO)] {
            survives(protocol, &[message]);
        }
        survives(&MGCP, &[b"RSIP 1 *@gw.example.org MGCP 1.0\r\n"]);
        survives(&MUMBLE, &[&ping(&[0, 1, 3, 4], &[0; 12])]);
    }
}

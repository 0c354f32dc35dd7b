//! What many games are built on: Valve's Source engine and Steam, RakNet, KCP, netcode, and Minecraft.
//!
//! Extracted: the host that a Minecraft client asks for.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

const UDP: &[Transport] = &[Transport::Udp];

/// Queries of Source engine servers.
pub static SOURCE: Protocol = Protocol {
    name: "Source_Engine",
    category: "Game",
    how: "a query or an answer behind four bytes FF",
    over: UDP,
    ports: &[27015, 27016, 27017],
    starts: &[Start::At(0, &[0xff; 4])],
    probe: |seen| match seen.data.get(4..).unwrap_or_default() {
        [b'T', rest @ ..] if rest.starts_with(b"Source Engine Query\0") => Verdict::Yes("Source Engine Query"),
        [b'A', _, _, _, _] if seen.other.get(4).is_some_and(|b| matches!(b, b'T' | b'U' | b'V' | b'W')) => {
            Verdict::Yes("challenge for a query")
        }
        [b'I', 0x11, ..] if seen.wire > 20 => Verdict::Yes("answer to a query"),
        [b'U' | b'V', _, _, _, _] if seen.usual => Verdict::Weak("query of players or rules"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// Half-Life's older queries.
pub static HALF_LIFE: Protocol = Protocol {
    name: "HalfLife2",
    category: "Game",
    how: "a challenge of the engine with its row of zeros",
    over: UDP,
    ports: &[27015],
    starts: &[Start::At(0, &[0xff; 4])],
    app: Some("HalfLife2"),
    probe: |seen| {
        if seen.wire >= 20 && seen.data.ends_with(b"000\0") {
            Verdict::Yes("challenge that ends with zeros")
        } else {
            Verdict::No
        }
    },
    ..Protocol::NEW
};

/// Steam in the local network, and its older game traffic.
pub static STEAM: Protocol = Protocol {
    name: "Steam",
    category: "Game",
    how: "the mark of its discovery in the local network, or VS01",
    over: UDP,
    ports: &[27036, 27015],
    starts: &[Start::At(0, &[0xff, 0xff, 0xff, 0xff, 0x21, 0x4c, 0x5f, 0xa0]), Start::At(0, b"VS01")],
    app: Some("Steam"),
    probe: |_| Verdict::Yes("mark of Steam"),
    ..Protocol::NEW
};

/// Valve's relays.
pub static SDR: Protocol = Protocol {
    name: "SteamDatagramRelay",
    category: "Game",
    how: "sdping",
    over: UDP,
    starts: &[Start::At(2, b"sdping")],
    app: Some("Steam"),
    probe: |_| Verdict::Yes("sdping"),
    ..Protocol::NEW
};

/// RakNet.
pub static RAKNET: Protocol = Protocol {
    name: "RakNet",
    category: "Game",
    how: "the magic of messages outside a connection",
    over: UDP,
    ports: &[19132],
    starts: &[Start::At(1, RAKNET_MAGIC), Start::At(9, RAKNET_MAGIC), Start::At(17, RAKNET_MAGIC)],
    probe: |_| Verdict::Yes("magic of messages outside a connection"),
    reading: Reading::Stateless(|cx, data| {
        // The answer to a ping of Minecraft's Bedrock edition.
        if data.first() == Some(&0x1c) && data.get(35..40) == Some(b"MCPE;") {
            cx.app("Minecraft");
            return Step::Done;
        }
        if data.first().is_some_and(|b| *b > 0x1c) { Step::Done } else { Step::Used(0) }
    }),
    ..Protocol::NEW
};

const RAKNET_MAGIC: &[u8] = &[0, 0xff, 0xff, 0, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78];

/// KCP.
pub static KCP: Protocol = Protocol {
    name: "KCP",
    category: "Network",
    how: "segments of known commands that fill the datagram",
    over: UDP,
    starts: &[Start::Mask(4, 0xfc00_0000, 0x5000_0000), Start::Mask(4, 0xff00_0000, 0x5400_0000)],
    probe: |seen| match segments(seen.data, 0) {
        Ok(()) => Verdict::Yes("KCP segments that fill the datagram"),
        Err(_) => Verdict::No,
    },
    ..Protocol::NEW
};

/// Genshin Impact: KCP whose segments have a token each.
pub static GENSHIN: Protocol = Protocol {
    name: "GenshinImpact",
    category: "Game",
    how: "its handshake of 20 bytes, or KCP segments with a token",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[22101, 22102],
    starts: &[
        Start::At(0, &[1, 0, 0, 0]),
        Start::At(0, &[0, 0, 0, 0xff, 0, 0, 0, 0]),
        Start::At(0, &[0, 0, 1, 0x45]),
        Start::Mask(8, 0xfc00_0000, 0x5000_0000),
        Start::Mask(8, 0xff00_0000, 0x5400_0000),
    ],
    app: Some("GenshinImpact"),
    probe: |seen| match (seen.data.get(..4), seen.data.get(12..20), seen.wire) {
        (Some([0, 0, 0, 0xff]), Some([0x49, 0x96, 2, 0xd2, 0xff, 0xff, 0xff, 0xff]), 20) => Verdict::Yes("handshake"),
        (Some([0, 0, 1, 0x45]), Some([0x49, 0x96, 2, 0xd2, 0x14, 0x51, 0x45, 0x45]), 20) => {
            Verdict::Yes("answer to the handshake")
        }
        _ if !seen.datagram() => genshin_stream(seen),
        _ if segments(seen.data, 4).is_ok() => Verdict::Yes("KCP segments with a token that fill the datagram"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// Login and answer: one, length, kind, and one number in both.
fn genshin_stream(seen: &Seen) -> Verdict {
    let number = |data: &[u8]| match data {
        [1, 0, 0, 0, length, 7 | 8, 0, 0, 0, _, a, b, c, d, ..] if usize::from(*length) <= data.len() => {
            Some([*a, *b, *c, *d])
        }
        _ => None,
    };
    match (number(seen.data), number(seen.other)) {
        (Some(a), Some(b)) if a == b && a != [0; 4] => Verdict::Yes("login and answer with one number"),
        (Some(_), None) if seen.other.is_empty() => Verdict::More,
        (None, _) if seen.data.len() < 14 => Verdict::More,
        _ => Verdict::No,
    }
}

/// Segments of one conversation that fill the datagram; `token` bytes follow the conversation's number.
fn segments(data: &[u8], token: usize) -> Result<(), Incomplete> {
    let mut r = Reader::new(data);
    let mut first = None;
    for _ in 0..64 {
        let conversation = r.u32("conversation")?;
        r.skip(token, "token")?;
        let command = r.u8("command")?;
        r.skip(3 + 12, "fragment, window, numbers")?;
        let length = usize::try_from(r.u32_le("length")?).unwrap_or(usize::MAX);
        let one = *first.get_or_insert(conversation) == conversation;
        let data_fits = length == 0 || command == 0x51;
        if !one || !(0x51..=0x54).contains(&command) || !data_fits || conversation == 0 {
            return Err(Incomplete("KCP segment"));
        }
        r.skip(length, "data")?;
        if r.is_empty() {
            return Ok(());
        }
    }
    Err(Incomplete("end"))
}

/// Yojimbo and netcode.
pub static YOJIMBO: Protocol = Protocol {
    name: "Yojimbo",
    category: "Game",
    how: "NETCODE 1.0x in a connection request",
    over: UDP,
    starts: &[Start::At(0, b"\0NETCODE 1.0")],
    probe: |_| Verdict::Yes("NETCODE in a connection request"),
    ..Protocol::NEW
};

/// Minecraft, Java edition.
pub static MINECRAFT: Protocol = Protocol {
    name: "Minecraft",
    category: "Game",
    how: "a handshake whose lengths, port and next state fit, or a legacy ping",
    over: &[Transport::Tcp],
    ports: &[25565],
    starts: &[Start::At(1, &[0]), Start::At(0, &[0xfe, 1, 0xfa])],
    fields: &[&HOST],
    app: Some("Minecraft"),
    probe: |seen| match minecraft(seen.data) {
        Ok(Some(_)) => Verdict::Yes("handshake"),
        Ok(None) if seen.data.starts_with(&[0xfe, 1, 0xfa, 0, 0x0b, 0, b'M']) => Verdict::Yes("legacy ping"),
        Ok(None) => Verdict::No,
        Err(_) => Verdict::More,
    },
    reading: Reading::Stateless(read_minecraft),
    ..Protocol::NEW
};

static HOST: Field = Field::new("minecraft", "host").role(Role::Asked);

/// The host that a handshake asks for.
fn minecraft(data: &[u8]) -> Result<Option<&[u8]>, Incomplete> {
    let mut r = Reader::new(data);
    let length = r.u8("length")?;
    if length == 0xfe && data.len() < 7 {
        return Err(Incomplete("legacy ping"));
    }
    if !(8..0x80).contains(&length) {
        return Ok(None);
    }
    let mut message = r.sub(usize::from(length), "handshake")?;
    let mut inside = || {
        let kind = message.u8("kind")?;
        let mut version = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = message.u8("version")?;
            version |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let size = message.u8("host length")?;
        let host = message.take(usize::from(size), "host")?;
        message.skip(2, "port")?;
        let state = message.u8("next state")?;
        let version_sound = version <= 1 << 12 || version == u32::MAX || version >> 30 == 1;
        let host_sound = !host.is_empty() && host.iter().all(|b| b.is_ascii_graphic() || *b == 0);
        Ok::<_, Incomplete>((kind == 0 && version_sound && host_sound && (1..=3).contains(&state)).then_some(host))
    };
    let host = inside().ok().flatten();
    Ok(host.filter(|_| message.is_empty()))
}

fn read_minecraft(cx: &mut Cx, data: &[u8]) -> Step {
    if let Ok(Some(host)) = minecraft(data) {
        // Mod loaders put their marks behind a zero.
        let name = host.split(|b| *b == 0).next().unwrap_or_default();
        cx.host(&HOST, name);
        cx.note_fact("handshake with", &HOST);
    }
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const QUERY: &[u8] = b"\xff\xff\xff\xffTSource Engine Query\0";
    const JOIN: &[u8] = b"\x12\x00\xf6\x05\x0bmc.e.org\0FM\x63\xdd\x01";

    #[test]
    fn engines() {
        let udp = |data: &[u8]| Talk::udp(4000, 9998).client(data).run().names();
        assert_eq!(udp(QUERY), ["Source_Engine"]);
        let ping = [&[1, 0, 0, 0, 0, 0, 0, 0, 9][..], RAKNET_MAGIC, &[0; 8]].concat();
        let pong = [&[0x1c, 0, 0, 0, 0, 0, 0, 0, 9][..], &[7; 8], RAKNET_MAGIC, b"\0\x06MCPE;x"].concat();
        let talk = Talk::udp(4000, 9998).client(&ping).server(&pong).run();
        assert_eq!((talk.names(), talk.app), (vec!["RakNet"], Some("Minecraft")));
        let mut kcp = vec![10, 0, 0, 0, 0x51, 0, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
        kcp.extend(b"hi");
        assert_eq!(udp(&kcp), ["KCP"]);
        kcp.splice(4..4, [1, 2, 3, 4]);
        assert_eq!(udp(&kcp), ["GenshinImpact"]);
        assert_eq!(udp(b"\0NETCODE 1.02\0\0\0"), ["Yojimbo"]);
        survives(&SOURCE, &[QUERY]);
        survives(&KCP, &[&kcp]);
        survives(&GENSHIN, &[&kcp]);
        survives(&RAKNET, &[&ping, &pong]);
    }

    #[test]
    fn minecraft_host() {
        let talk = Talk::tcp(4000, 9998).client(&JOIN[..1]).client(&JOIN[1..]).run();
        assert_eq!(talk.names(), ["Minecraft"]);
        assert_eq!(facts(&talk, &HOST), ["mc.e.org"]);
        survives(&MINECRAFT, &[JOIN]);
    }
}

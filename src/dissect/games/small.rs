//! Games known by a pattern of their first messages. No facts are taken.

use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

const UDP: &[Transport] = &[Transport::Udp];
const TCP: &[Transport] = &[Transport::Tcp];

/// What their descriptors have in common.
const fn game(
    name: &'static str,
    how: &'static str,
    over: &'static [Transport],
    starts: &'static [Start],
    probe: fn(&Seen) -> Verdict,
) -> Protocol {
    Protocol { name, category: "Game", how, over, starts, probe, ..Protocol::NEW }
}

/// A message of a stream that must begin with so many bytes.
fn wait(seen: &Seen, bytes: usize) -> Verdict {
    if !seen.datagram() && seen.data.len() < bytes { Verdict::More } else { Verdict::No }
}

/// Four bytes at an offset.
fn word(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// Among Us, by Hazel's hello.
pub static AMONG_US: Protocol = Protocol {
    ports: &[22023, 22123, 22223, 22323],
    ..game("AmongUs", "a hello of Hazel with version and name", UDP, &[Start::At(0, &[8, 0, 1, 0])], |seen| match seen
        .data
        .get(8..)
    {
        Some([length @ 1..=30, name @ ..])
            if name.get(..usize::from(*length)).is_some_and(|n| n.iter().all(|b| *b >= b' ')) =>
        {
            Verdict::Weak("hello with version and name")
        }
        _ => Verdict::No,
    })
};

/// CryEngine's network.
pub static CRY_NETWORK: Protocol = game(
    "CryNetwork",
    "a connection request with its length and marks",
    UDP,
    &[Start::At(16, &[1, 0, 0, 0, 7, 0, 0, 0, 3, 7])],
    |seen| {
        let marks = seen.data.get(5..16) == Some(&[0; 11]);
        let length = seen.data.first().is_some_and(|n| usize::from(*n) + 10 == seen.wire);
        if marks && length { Verdict::Yes("connection request") } else { Verdict::No }
    },
);

/// Riot Games.
pub static RIOT: Protocol = game(
    "RiotGames",
    "a client's number and its row of zeros or its tail",
    UDP,
    &[Start::At(5, &[0x32]), Start::At(1, &[0x32])],
    |seen| {
        let zeros = seen.wire == 53 && seen.data.get(12..36) == Some(&[0; 24]);
        if zeros || seen.data.ends_with(b"\xaa\xaa\xaa\xaa\xbb\xbb\xbb\xbb") {
            Verdict::Yes("opening of a game client")
        } else {
            Verdict::No
        }
    },
);

/// League of Legends: Wild Rift.
pub static WILD_RIFT: Protocol = game(
    "LoLWildRift",
    "a question of 22 bytes with A0B1, or a handshake of 69 and 359 bytes",
    UDP,
    &[Start::At(0, &[1, 2, 0xc8, 0x41]), Start::At(0, &[0x10, 0, 0, 0])],
    |seen| match seen.wire {
        22 if seen.data.ends_with(b"A0B1") => Verdict::Yes("question with A0B1"),
        359 if seen.other.starts_with(&[4, 0, 0, 0]) => Verdict::Yes("answer of 359 bytes to a handshake"),
        _ => Verdict::No,
    },
);

/// Nintendo's peers.
pub static NINTENDO: Protocol =
    game("Nintendo", "the mark 32AB9864 with version 2", UDP, &[Start::At(0, &[0x32, 0xab, 0x98, 0x64])], |seen| {
        match seen.data.get(4) {
            Some(1..=4) if seen.wire >= 28 => Verdict::Yes("mark of peer-to-peer play"),
            _ => Verdict::No,
        }
    });

/// Path of Exile.
pub static PATH_OF_EXILE: Protocol = Protocol {
    ports: &[6112],
    ..game("PathofExile", "a login with a name between its marks", TCP, &[Start::At(0, &[0, 3, 0])], |seen| {
        let ends = seen.data.ends_with(&[0, 0, 0, 0, 0x40, 0, 0, 1]);
        match seen.data.get(6..9) {
            Some([0, 2, 0]) if ends && (26..50).contains(&seen.data.len()) => Verdict::Yes("login with a name"),
            Some([0, 2, 0]) if seen.data.len() < 50 => Verdict::More,
            None => Verdict::More,
            _ => Verdict::No,
        }
    })
};

/// Call of Duty: Mobile.
pub static COD_MOBILE: Protocol = Protocol {
    ports: &[7500],
    ..game("CoD_Mobile", "ping at the end of 12 bytes, and its echo", UDP, &[Start::At(8, b"ping")], |seen| match seen
        .wire
    {
        12 if seen.other == seen.data => Verdict::Yes("ping and its echo"),
        12 if seen.usual => Verdict::Weak("ping"),
        _ => Verdict::No,
    })
};

/// StarCraft II's logon.
pub static STARCRAFT: Protocol = Protocol {
    ports: &[1119],
    ..game(
        "Starcraft",
        "the head of its logon",
        TCP,
        &[
            Start::At(0, &[0x4a, 0, 0, 0x0a, 0x66, 2, 0x0a, 0xed, 0x2d, 0x66]),
            Start::At(0, &[0x49, 0, 0, 0x0a, 0x66, 2, 0x0a, 0xed, 0x2d, 0x66]),
        ],
        |_| Verdict::Yes("head of a logon"),
    )
};

/// World of Warcraft.
pub static WOW: Protocol = Protocol {
    ports: &[3724],
    ..game(
        "WorldOfWarcraft",
        "WORLD OF WARCRAFT CONNECTION, or a logon challenge for WoW",
        TCP,
        &[
            Start::At(0, b"WORLD OF WARCRAFT CONNECTION"),
            Start::At(2, b"WORLD OF WARCRAFT CONNECTION"),
            Start::At(4, b"WoW\0"),
        ],
        |seen| match seen.data {
            [0, _, _, _, b'W', b'o', ..] => Verdict::Yes("logon challenge"),
            [_, _, _, _, b'W', b'o', ..] => Verdict::No,
            _ => Verdict::Yes("WORLD OF WARCRAFT CONNECTION"),
        },
    )
};

/// Warcraft III.
pub static WARCRAFT3: Protocol = Protocol {
    ports: &[6112],
    ..game(
        "Warcraft3",
        "two frames with F7 and their lengths, or the search in the local network",
        &[Transport::Tcp, Transport::Udp],
        &[Start::At(0, &[0xf7])],
        |seen| match seen.data {
            [0xf7, 0x2f, 0x10, 0, product @ ..] if seen.datagram() => match product.get(..4) {
                Some(b"PX3W" | b"3RAW") => Verdict::Yes("search for games"),
                _ => Verdict::No,
            },
            [0xf7, _, low, high, ..] if !seen.datagram() => {
                let length = usize::from(u16::from_le_bytes([*low, *high]));
                match seen.data.get(length..) {
                    Some([0xf7, 1..=0x80, _, 0..=4, ..]) if length >= 4 => Verdict::Yes("frames with their lengths"),
                    Some([]) if length >= 4 => Verdict::Weak("frame with its length"),
                    _ => Verdict::No,
                }
            }
            _ => wait(seen, 4),
        },
    )
};

/// Heroes of the Storm, and what else uses Blizzard's transport of that kind.
pub static HEROES: Protocol = Protocol {
    ports: &[1119, 1120, 3724, 6113],
    ..game(
        "Heroes_of_the_Storm",
        "fourteen zeros or a route before the mark 4000",
        UDP,
        &[Start::Mask(12, 0x0000_ffef, 0x0000_4000)],
        |seen| match seen.data.first_chunk::<14>() {
            _ if !(20..=122).contains(&seen.wire) => Verdict::No,
            Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => Verdict::Yes("server's packet: zeros before the mark"),
            Some([_, _, 0x03 | 0x34, 0, ..]) => Verdict::Weak("client's packet: route before the mark"),
            _ => Verdict::No,
        },
    )
};

/// Tencent's games.
pub static TENCENT: Protocol = game(
    "TencentGames",
    "marks of its connections with their lengths",
    TCP,
    &[
        Start::At(0, &[0x33, 0x66, 0, 0x0b, 0, 0x0b]),
        Start::At(0, &[0x43, 0x66, 0xaa, 0]),
        Start::At(0, &[0xaa, 0, 0, 0]),
        Start::Mask(2, 0x0000_ffff, 0x0000_7801),
    ],
    |seen| match seen.data {
        [0x33, ..] => Verdict::Yes("mark 3366"),
        [0x43, ..] if word(seen.data, 12) == Some(0x10e6_8601) => Verdict::Yes("mark 4366AA"),
        [0xaa, ..] if word(seen.data, 10) == Some(0x10e6_8601) => Verdict::Yes("mark AA"),
        // A frame whose body is compressed (zlib).
        [0, 0, high, low, 0x78, 1, ..] if usize::from(u16::from_be_bytes([*high, *low])) + 4 == seen.data.len() => {
            Verdict::Yes("compressed frame with its length")
        }
        _ => wait(seen, 16),
    },
);

/// NetEase's games.
pub static NETEASE: Protocol = game(
    "NetEaseGames",
    "the first datagram of several of its games",
    UDP,
    &[Start::At(2, &[0xd0, 1]), Start::At(0, &[0xb3, 0xaf, 0x8d, 0xe8]), Start::At(0, &[7, 8, 8, 12])],
    |seen| match seen.data {
        [1, _, 0xd0, 1, ..] if seen.wire == 12 && seen.data.ends_with(&[0, 1, 1, 1]) => {
            Verdict::Yes("opening of 12 bytes")
        }
        [0xb3, ..] if seen.wire >= 30 => Verdict::Yes("mark B3AF8DE8"),
        [7, ..] if seen.wire > 30 => Verdict::Yes("mark 0708080C"),
        _ => Verdict::No,
    },
);

/// Gaijin's games.
pub static GAIJIN: Protocol = Protocol {
    ports: &[20011],
    ..game(
        "GaijinEntertainment",
        "an ENet opening of 52 bytes, or names of its telemetry",
        UDP,
        &[Start::At(0, &[0x8f, 0xff, 0]), Start::At(0, b"embeddedupdater."), Start::At(0, b"app.sta")],
        |seen| match seen.data {
            [0x8f, _, _, _, 0x82, 0xff, 0, 1, ..] if seen.wire == 52 => Verdict::Yes("opening of 52 bytes"),
            [b'e' | b'a', ..] if seen.wire > 100 => Verdict::Yes("name of the telemetry"),
            _ => Verdict::No,
        },
    )
};

/// The Elder Scrolls Online.
pub static TES_ONLINE: Protocol =
    game("TES_Online", "a frame with its length that names eso.live", TCP, &[Start::At(0, &[0, 0])], |seen| {
        let length = word(seen.data, 0).and_then(|n| usize::try_from(n).ok());
        match length {
            Some(596..=8192) if seen.data.len() < 604 => Verdict::More,
            Some(n @ 596..=8192) if n + 4 == seen.data.len() => {
                let has = |part: &[u8]| memchr::memmem::find(seen.data, part).is_some();
                if has(b"eso.live") || has(&[0x8b, 0x78, 0x9c, 1]) {
                    Verdict::Yes("frame that names eso.live")
                } else {
                    Verdict::No
                }
            }
            None => wait(seen, 4),
            _ => Verdict::No,
        }
    });

/// Activision's games.
pub static ACTIVISION: Protocol = game(
    "Activision",
    "opening 0C02 and answer 0D02",
    UDP,
    &[Start::At(0, &[0x0c, 2]), Start::At(0, &[0x0d, 2])],
    |seen| {
        let pair = matches!((seen.data, seen.other), ([0x0d, 2, ..], [0x0c, 2, ..]));
        if pair && seen.wire >= 18 { Verdict::Weak("opening and answer") } else { Verdict::No }
    },
);

/// Armagetron Advanced.
pub static ARMAGETRON: Protocol = Protocol {
    ports: &[4534],
    ..game("Armagetron", "a login with its length", UDP, &[Start::At(0, &[0, 0x0b, 0, 0])], |seen| match seen.data {
        [_, _, _, _, high, low, 0, 8, ..] => {
            let words = usize::from(u16::from_be_bytes([*high, *low]));
            if words * 2 + 8 == seen.wire { Verdict::Yes("login with its length") } else { Verdict::No }
        }
        _ => Verdict::No,
    })
};

/// MapleStory.
pub static MAPLE_STORY: Protocol = game(
    "MapleStory",
    "the server's greeting of 16 bytes with version and region",
    TCP,
    &[Start::At(0, &[0x0e, 0]), Start::At(0, &[0x0d, 0])],
    |seen| match seen.data {
        [length, 0, _, 0, 1, 0, b'1'..=b'4', ..] if usize::from(*length) + 2 == seen.data.len() => {
            Verdict::Yes("greeting with version and region")
        }
        _ => wait(seen, 15),
    },
);

/// Dofus.
pub static DOFUS: Protocol =
    game("Dofus", "the server's HC with 32 letters", TCP, &[Start::At(0, b"HC")], |seen| match seen.data.get(2..35) {
        Some([letters @ .., 0]) if letters.iter().all(u8::is_ascii_lowercase) => Verdict::Yes("HC with 32 letters"),
        Some(_) => Verdict::No,
        None => wait(seen, 35),
    });

/// Guild Wars.
pub static GUILD_WARS: Protocol = Protocol {
    ports: &[6112],
    ..game(
        "Guildwars",
        "openings of 16, 21 and 64 bytes with their marks",
        TCP,
        &[Start::At(1, &[5, 0x0c]), Start::At(1, &[4, 0x0c]), Start::At(0, &[1, 0])],
        |seen| match (seen.data, seen.data.len()) {
            ([_, 5, 0x0c, ..], 64) if seen.data.get(50..54) == Some(b"@2&P") => Verdict::Yes("opening of 64 bytes"),
            ([_, 4, 0x0c, _, 0xa6, 0x72, _, _, 1, _, _, _, 4, ..], 16) => Verdict::Yes("opening of 16 bytes"),
            ([1, 0, _, _, _, 0xf1, 0, 0x10, 0, 1, ..], 21) => Verdict::Yes("opening of 21 bytes"),
            _ => wait(seen, 16),
        },
    )
};

/// World of Kung Fu.
pub static KUNG_FU: Protocol = game(
    "WorldOfKungFu",
    "an opening of 16 bytes with its marks",
    TCP,
    &[Start::At(0, &[0x0c, 0, 0, 0, 0xd2, 0, 0x0c, 0])],
    |seen| match seen.data {
        [_, _, _, _, _, _, _, _, _, 0x16, 0, 0, _, _, 0, 0] => Verdict::Yes("opening of 16 bytes"),
        _ => wait(seen, 16),
    },
);

/// Crossfire.
pub static CROSSFIRE: Protocol = Protocol {
    category: "RPC",
    ..game(
        "Crossfire",
        "an opening of 25 bytes with its marks",
        UDP,
        &[Start::At(0, &[0xc7, 0xd9, 0x19, 0x99, 2, 0])],
        |seen| match seen.data.get(22..24) {
            Some([0x7d, 0]) if seen.wire == 25 => Verdict::Yes("opening of 25 bytes"),
            _ => Verdict::No,
        },
    )
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn each_is_named_and_survives() {
        let mut poe = b"\0\x03\0\x37\x75\x60\0\x02\0\x09nDPI_Test".to_vec();
        poe.extend([1, 2, 3, 4, 0, 0, 0, 0, 0x40, 0, 0, 1]);
        let streams: &[(&'static Protocol, &[u8])] = &[
            (&PATH_OF_EXILE, &poe),
            (&WOW, b"\x30\0WORLD OF WARCRAFT CONNECTION - SERVER TO CLIENT\0"),
            (&WARCRAFT3, &[0xf7, 0x1e, 6, 0, 1, 2, 0xf7, 4, 4, 0]),
            (&DOFUS, b"HCabcdefghijklmnopqrstuvwxyzabcdef\0"),
            (&TENCENT, &[0x33, 0x66, 0, 0x0b, 0, 0x0b, 0x10, 1]),
            (&KUNG_FU, &[0x0c, 0, 0, 0, 0xd2, 0, 0x0c, 0, 7, 0x16, 0, 0, 7, 7, 0, 0]),
        ];
        for (protocol, data) in streams {
            let talk = Talk::tcp(4000, 9998).client(&data[..1]).client(&data[1..]).run();
            assert_eq!(talk.names(), [protocol.name]);
            survives(protocol, &[data]);
        }
        let mut riot = vec![0xa4, 0x9f, 0x9c, 0x31, 0xa0, 0x32, 0x42, 4, 1, 0, 0, 0];
        riot.resize(53, 0);
        let heroes = [&[0; 14][..], &[0x40, 0, 1, 2, 3, 4, 5, 6]].concat();
        let datagrams: &[(&'static Protocol, &[u8])] =
            &[(&RIOT, &riot), (&HEROES, &heroes), (&ARMAGETRON, &[0, 0x0b, 0, 0, 0, 2, 0, 8, 1, 2, 3, 4])];
        for (protocol, data) in datagrams {
            assert_eq!(Talk::udp(4000, 9998).client(data).run().names(), [protocol.name]);
            survives(protocol, &[data]);
        }
    }
}

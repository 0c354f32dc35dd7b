//! Networks of coins, known by their marks: Bitcoin and its kin, Ethereum's discovery, Monero's Levin frames, Nano,
//! Zug, and the Stratum protocols of miners.
//!
//! Extracted: the node's user agent (Bitcoin). Not extracted: transactions, blocks, wallets of miners.

use crate::dissect::common::text::begins;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// Bitcoin, and coins that kept its frames.
pub static BITCOIN: Protocol = Protocol {
    name: "BITCOIN",
    category: "Crypto_Currency",
    how: "a network's magic and a known command, padded with zeros",
    over: &[Transport::Tcp],
    ports: &[8333, 18333, 18444],
    starts: &[Start::At(0, &[0xf9, 0xbe, 0xb4, 0xd9]), Start::At(4, b"version\0\0\0\0\0")],
    fields: &[&AGENT],
    probe: bitcoin,
    reading: Reading::Stateless(read_bitcoin),
    ..Protocol::NEW
};

static AGENT: Field = Field::new("bitcoin", "user_agent").role(Role::Agent);

fn bitcoin(seen: &Seen) -> Verdict {
    let Some(command) = seen.data.get(4..16) else { return Verdict::More };
    let letters = command.iter().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count();
    if letters > 2 && command.get(letters..).is_some_and(|rest| rest.iter().all(|b| *b == 0)) {
        Verdict::Yes("Bitcoin message header")
    } else {
        Verdict::No
    }
}

/// The user agent stands in `version`, behind 80 bytes.
fn read_bitcoin(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    let mut agent = || -> Result<Option<&[u8]>, Incomplete> {
        r.skip(4, "magic")?;
        if r.take(12, "command")? != b"version\0\0\0\0\0" {
            return Ok(None);
        }
        r.skip(8 + 80, "length, checksum, addresses")?;
        let length = r.u8("length")?;
        r.take(usize::from(length), "user agent").map(Some)
    };
    match agent() {
        Ok(Some(text)) if text.is_ascii() && !text.is_empty() => {
            cx.text(&AGENT, text);
            cx.note_fact("version", &AGENT);
            Step::Done
        }
        Ok(_) => Step::Done,
        Err(_) => Step::Used(0),
    }
}

/// Ethereum's node discovery (devp2p discv4).
pub static ETHEREUM: Protocol = Protocol {
    name: "ETHEREUM",
    category: "Crypto_Currency",
    how: "a signed discovery packet whose list fills the datagram",
    over: &[Transport::Udp],
    ports: &[30303, 30301],
    starts: &[Start::Mask(94, 0x0000_fef8, 0)],
    probe: ethereum,
    ..Protocol::NEW
};

fn ethereum(seen: &Seen) -> Verdict {
    let [recovery, kind @ 1..=6, list @ ..] = seen.data.get(96..).unwrap_or_default() else { return Verdict::No };
    let mut r = Reader::new(list);
    let Ok(mut inside) = rlp_list(&mut r) else { return Verdict::No };
    if *recovery > 1 || !r.is_empty() {
        return Verdict::No;
    }
    let mut items = 0;
    while !inside.is_empty() {
        if rlp_item(&mut inside).is_err() {
            return Verdict::No;
        }
        items += 1;
    }
    let fits = match kind {
        1 => items >= 4,
        2 => items >= 3,
        3 | 4 => items >= 2,
        _ => items >= 1,
    };
    if fits { Verdict::Yes("signed packet of the node discovery") } else { Verdict::No }
}

fn rlp_list<'a>(r: &mut Reader<'a>) -> Result<Reader<'a>, Incomplete> {
    let first = r.u8("list")?;
    let length = match first {
        0xc0..=0xf7 => usize::from(first - 0xc0),
        0xf8 => usize::from(r.u8("length")?),
        0xf9 => usize::from(r.u16("length")?),
        _ => return Err(Incomplete("list")),
    };
    r.sub(length, "list")
}

fn rlp_item(r: &mut Reader) -> Result<(), Incomplete> {
    match r.rest().first() {
        Some(0xc0..) => rlp_list(r).map(drop),
        Some(n @ 0x80..=0xb7) => r.skip(usize::from(n - 0x80) + 1, "string"),
        Some(0xb8) => {
            r.skip(1, "string")?;
            let length = r.u8("length")?;
            r.skip(usize::from(length), "string")
        }
        Some(0..=0x7f) => r.skip(1, "byte"),
        _ => Err(Incomplete("item")),
    }
}

/// Monero: the Levin protocol of CryptoNote.
pub static MONERO: Protocol = Protocol {
    name: "Monero",
    category: "Crypto_Currency",
    how: "the Levin signature",
    over: &[Transport::Tcp],
    ports: &[18080, 28080],
    starts: &[Start::At(0, &[1, 0x21, 1, 1, 1, 1, 1, 1])],
    probe: |_| Verdict::Yes("Levin signature"),
    ..Protocol::NEW
};

/// Nano.
pub static NANO: Protocol = Protocol {
    name: "Nano",
    category: "Crypto_Currency",
    how: "the network's letters, three versions in order and a known message type",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[7075],
    starts: &[Start::At(0, b"RA"), Start::At(0, b"RB"), Start::At(0, b"RC"), Start::At(0, b"RX")],
    probe: nano,
    ..Protocol::NEW
};

fn nano(seen: &Seen) -> Verdict {
    let [_, _, most, using, least, kind, rest @ ..] = seen.data else {
        return if seen.datagram() { Verdict::No } else { Verdict::More };
    };
    let ordered = (0x0c..0x40).contains(most) && using <= most && least <= using && *least >= 0x0c;
    match (ordered, kind) {
        (true, 0x0a) if rest.len() >= 34 => Verdict::Yes("Nano handshake"),
        (true, 2..=0x10) => Verdict::Weak("Nano message header"),
        _ => Verdict::No,
    }
}

/// Zug, the consensus protocol of the Casper network.
pub static ZUG: Protocol = Protocol {
    name: "ZUG",
    category: "Crypto_Currency",
    how: "its mark and two lengths that agree with the datagram",
    over: &[Transport::Udp],
    starts: &[Start::At(2, &[0x55, 0x47, 0x10])],
    probe: zug,
    ..Protocol::NEW
};

fn zug(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    match r.u16("length") {
        Ok(length) if usize::from(length) == seen.wire => Verdict::Yes("mark and length"),
        _ => Verdict::No,
    }
}

/// Miners: Stratum in its kinds, one JSON object a line.
pub static MINING: Protocol = Protocol {
    name: "Mining",
    category: "Mining",
    how: "a JSON line with a method of Stratum",
    over: &[Transport::Tcp],
    ports: &[3333, 4444, 5555, 7777, 9999, 14444],
    starts: &[Start::At(0, b"{")],
    probe: mining,
    ..Protocol::NEW
};

fn mining(seen: &Seen) -> Verdict {
    let data = seen.data.get(..2048).unwrap_or(seen.data);
    let rest = data.get(1..).unwrap_or_default().trim_ascii_start();
    if !rest.is_empty() && !rest.starts_with(b"\"") {
        return Verdict::No;
    }
    let has = |part: &[u8]| memchr::memmem::find(data, part).is_some();
    let login = has(b"\"login\"") && has(b"\"pass\"") && (has(b"\"agent\"") || has(b"\"algo\""));
    if STRATUM.iter().any(|m| has(m)) || login || (has(b"\"job_id\"") && has(b"\"blob\"") && has(b"\"target\"")) {
        Verdict::Yes("Stratum message")
    } else if memchr::memchr(b'\n', data).is_some() || data.len() >= 2048 || !begins(data, b"{") {
        Verdict::No
    } else {
        Verdict::More
    }
}

static STRATUM: &[&[u8]] = &[
    b"\"mining.",
    b"\"eth_submitLogin\"",
    b"\"eth_getWork\"",
    b"\"eth_submitWork\"",
    b"\"eth_submitHashrate\"",
    b"\"eth_login\"",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn version() -> Vec<u8> {
        [b"\xf9\xbe\xb4\xd9version\0\0\0\0\0", &[90, 0, 0, 0, 1, 2, 3, 4][..], &[0; 80], b"\x0e/Satoshi:27.0/"].concat()
    }

    fn ping() -> Vec<u8> {
        let list = [0xcc, 4, 0xc3, 1, 2, 3, 0xc3, 1, 2, 3, 0x82, 9, 9];
        [&[7; 96][..], &[0, 1], &list].concat()
    }

    #[test]
    fn nodes() {
        let talk = Talk::tcp(4000, 9998).client(&version()[..1]).client(&version()[1..]).run();
        assert_eq!(facts(&talk, &AGENT), ["/Satoshi:27.0/"]);
        assert_eq!(Talk::udp(4000, 9998).client(&ping()).run().names(), ["ETHEREUM"]);
        let nano = [b"RC\x14\x14\x12\x0a\x05\0", &[1; 32][..]].concat();
        assert_eq!(Talk::tcp(4000, 9998).client(&nano).run().names(), ["Nano"]);
        assert_eq!(Talk::tcp(4000, 9998).client(b"\x01\x21\x01\x01\x01\x01\x01\x01\0").run().names(), ["Monero"]);
        assert_eq!(Talk::udp(4000, 9998).client(&[0, 10, 0x55, 0x47, 0x10, 1, 2, 3, 4, 5]).run().names(), ["ZUG"]);
    }

    #[test]
    fn miners() {
        let line = b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n";
        assert_eq!(Talk::tcp(4000, 9998).client(&line[..9]).client(&line[9..]).run().names(), ["Mining"]);
        assert!(!Talk::tcp(4000, 9998).client(b"{\"method\":\"echo\"}\n").run().names().contains(&"Mining"));
    }

    #[test]
    fn damage_is_survived() {
        survives(&BITCOIN, &[&version()]);
        survives(&ETHEREUM, &[&ping()]);
        survives(&NANO, &[b"RC\x14\x14\x12\x0a\x05\0"]);
    }
}

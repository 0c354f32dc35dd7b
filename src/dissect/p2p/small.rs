//! File sharing that is known by the form of its first message: eDonkey with Kademlia, Gnutella, Syncthing's discovery.

use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};
use crate::packet::{Incomplete, Reader};

/// eDonkey and eMule.
pub static EDONKEY: Protocol = Protocol {
    name: "eDonkey",
    category: "Download",
    how: "frames whose lengths agree and a hello with a user hash; Kademlia by sizes",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[4661, 4662, 4672],
    starts: &[
        Start::At(0, &[0xe3]),
        Start::At(0, &[0xc5]),
        Start::At(0, &[0xd4]),
        Start::At(0, &[0xe4]),
        Start::At(0, &[0xe5]),
    ],
    probe: edonkey,
    ..Protocol::NEW
};

fn edonkey(seen: &Seen) -> Verdict {
    if seen.datagram() {
        return kademlia(seen);
    }
    match edonkey_hello(seen.data) {
        Ok(Some(true)) => Verdict::Yes("eDonkey hello with a user hash"),
        Ok(Some(false)) => Verdict::Weak("eDonkey frame"),
        Ok(None) => Verdict::No,
        Err(_) => Verdict::More,
    }
}

/// Whether it is a hello. Every client's hash has 14 as its sixth byte and 111 as its fifteenth.
fn edonkey_hello(data: &[u8]) -> Result<Option<bool>, Incomplete> {
    let mut r = Reader::new(data);
    let mark = r.u8("mark")?;
    let length = r.u32_le("length")?;
    let kind = r.u8("opcode")?;
    if mark == 0xe4 || mark == 0xe5 || !(1..1 << 18).contains(&length) || mark != 0xe3 && kind != 1 && kind != 2 {
        return Ok(None);
    }
    if !matches!(kind, 1 | 2 | 0x4c) {
        return Ok(None);
    }
    let counted = mark == 0xe3 && kind == 1 && r.rest().first() == Some(&16);
    r.skip(usize::from(counted), "hash length")?;
    let hash = r.take(16, "user hash")?;
    Ok((hash.get(5) == Some(&14) && hash.get(14) == Some(&111)).then_some(length > 30))
}

/// Requests of Kademlia 2 have fixed sizes.
fn kademlia(seen: &Seen) -> Verdict {
    match (seen.data, seen.wire) {
        ([0xe4, 0x21, 2 | 4 | 11, ..], 35) | ([0xe4, 0x01 | 0x60, ..], 2) => Verdict::Weak("Kademlia request"),
        ([0xe4, 0x29, rest @ ..], n) if rest.get(16).is_some_and(|c| n == 2 + 16 + 1 + 25 * usize::from(*c)) => {
            Verdict::Weak("Kademlia response")
        }
        ([0xe3, 0x96, ..], 6) => Verdict::Weak("eDonkey server status"),
        _ => Verdict::No,
    }
}

/// Gnutella.
pub static GNUTELLA: Protocol = Protocol {
    name: "Gnutella",
    category: "Download",
    how: "the handshake line, or a message of version 1 or 2 whose length fills the datagram",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[6346, 6347, 6348],
    starts: &[
        Start::At(0, b"GNUTELLA"),
        Start::At(0, b"GND"),
        Start::At(0, b"GIV "),
        Start::At(0, b"LIME"),
        Start::Mask(16, 0x0000_ff80, 0),
        Start::Mask(16, 0xff00_0000, 0x3100_0000),
    ],
    probe: gnutella,
    ..Protocol::NEW
};

fn gnutella(seen: &Seen) -> Verdict {
    let data = seen.data;
    if data.starts_with(b"GNUTELLA CONNECT/0.") || data.starts_with(b"GNUTELLA/0.") {
        return Verdict::Yes("Gnutella handshake");
    }
    if !seen.datagram() {
        return if b"GNUTELLA CONNECT/0.".starts_with(data) { Verdict::More } else { Verdict::No };
    }
    // GnuTella version 2: flags, sequence, part, count.
    if let [b'G', b'N', b'D', 0..=3, _, _, part, count, ..] = data {
        return if *part >= 1 && part <= count || *count == 0 {
            Verdict::Yes("Gnutella 2 packet")
        } else {
            Verdict::No
        };
    }
    descriptor(seen).unwrap_or(Verdict::No)
}

/// GUID of 16 bytes, type, hops to live, hops made, length.
fn descriptor(seen: &Seen) -> Result<Verdict, Incomplete> {
    let mut r = Reader::new(seen.data);
    let guid = r.take(16, "GUID")?;
    let (kind, live, made) = (r.u8("type")?, r.u8("TTL")?, r.u8("hops")?);
    let length = r.u32_le("length")?;
    let fills = u32::try_from(r.left()) == Ok(length) && seen.complete();
    // Modern servents set these two.
    let marked = guid.get(8) == Some(&0xff) && guid.get(15).is_some_and(|b| *b < 4);
    let known = matches!(kind, 0 | 1 | 2 | 0x30 | 0x31 | 0x32 | 0x40 | 0x80 | 0x81);
    Ok(match fills && known && live <= 15 && made <= 15 && live + made > 0 {
        true if marked => Verdict::Yes("Gnutella descriptor that fills the datagram"),
        true if seen.usual => Verdict::Weak("Gnutella descriptor"),
        _ => Verdict::No,
    })
}

/// Syncthing's local discovery.
pub static SYNCTHING: Protocol = Protocol {
    name: "Syncthing",
    category: "Download",
    how: "the magic of its local discovery",
    over: &[Transport::Udp],
    ports: &[21027],
    starts: &[Start::At(0, &[0x2e, 0xa7, 0xd9, 0x0b]), Start::At(0, &[0x7d, 0x79, 0xbc, 0x40])],
    probe: |_| Verdict::Yes("magic of the local discovery"),
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    fn hello() -> Vec<u8> {
        let mut hash = [9; 16];
        (hash[5], hash[14]) = (14, 111);
        [&[0xe3, 60, 0, 0, 0, 1, 16][..], &hash, &[0; 43]].concat()
    }

    #[test]
    fn each_is_named_and_survives() {
        assert_eq!(Talk::tcp(4000, 9998).client(&hello()[..1]).client(&hello()[1..]).run().names(), ["eDonkey"]);
        let talk = Talk::tcp(4000, 9998).client(b"GNUTELLA CONNECT/0.6\r\n").run();
        assert_eq!(talk.names(), ["Gnutella"]);
        assert_eq!(Talk::udp(4000, 9998).client(&[0x2e, 0xa7, 0xd9, 0x0b, 1, 2]).run().names(), ["Syncthing"]);
        survives(&EDONKEY, &[&hello()]);
        survives(&GNUTELLA, &[b"GND\x02\x01\x02\x01\x01hello there, and more"]);
    }
}

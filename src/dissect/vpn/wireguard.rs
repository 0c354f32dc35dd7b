//! WireGuard (the whitepaper, section 5.4), and Cloudflare WARP, which uses the reserved bytes for itself.
//!
//! Extracted: nothing but the kind of the message; the rest is encrypted.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// WireGuard.
pub static WIREGUARD: Protocol = Protocol {
    name: "WireGuard",
    eve: "wireguard",
    category: "VPN",
    how: "message type, reserved zeros and the exact length of the type",
    over: &[Transport::Udp],
    ports: &[51820],
    starts: &[
        Start::At(0, &[1, 0, 0, 0]),
        Start::At(0, &[2, 0, 0, 0]),
        Start::At(0, &[3, 0, 0, 0]),
        Start::At(0, &[4, 0, 0, 0]),
    ],
    fields: &[&MESSAGE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

/// WireGuard with a client number in the reserved bytes.
pub static WARP: Protocol = Protocol {
    name: "CloudflareWarp",
    category: "VPN",
    how: "a WireGuard handshake with one client number in the reserved bytes of both directions",
    over: &[Transport::Udp],
    ports: &[2408, 500, 1701, 4500],
    starts: &[Start::Range(1, 4), Start::At(0, &[0xc4])],
    app: Some("CloudflareWarp"),
    probe: probe_warp,
    ..Protocol::NEW
};

static MESSAGE: Field = Field::new("wireguard", "message");

fn probe(seen: &Seen) -> Verdict {
    match Message::new(seen.data, seen.wire) {
        Ok(Message { reserved: 0, kind, .. }) => match kind {
            1 => Verdict::Yes("handshake initiation of 148 bytes"),
            2 => Verdict::Yes("handshake response of 92 bytes"),
            3 => Verdict::Yes("cookie reply of 64 bytes"),
            _ => Verdict::Yes("transport data, padded, with a small counter"),
        },
        _ => Verdict::No,
    }
}

fn probe_warp(seen: &Seen) -> Verdict {
    if let Some(verdict) = warp_data(seen) {
        return verdict;
    }
    let Ok(here) = Message::new(seen.data, seen.wire) else { return Verdict::No };
    let first = |data| {
        let mut r = Reader::new(data);
        Ok::<_, Incomplete>((r.u8("type")?, r.u24("reserved")?, r.u32("index")?))
    };
    if here.reserved == 0 {
        return Verdict::No;
    }
    if here.kind == 4 {
        let same = first(seen.previous) == Ok((4, here.reserved, here.index));
        return if same { Verdict::Weak("WireGuard data of one client number") } else { Verdict::No };
    }
    match first(seen.other) {
        Ok((1, _, index)) if here.kind == 2 && here.receiver == Some(index) => {
            Verdict::Yes("WireGuard handshake with a client number")
        }
        _ => Verdict::No,
    }
}

/// The newer form sets the highest bits of the type, and does not pad.
fn warp_data(seen: &Seen) -> Option<Verdict> {
    let parts = |data: &[u8]| {
        let mut r = Reader::new(data);
        let head = r.array::<8>("type, client number, index").ok()?;
        Some((head, r.u64_le("counter").ok()?))
    };
    let ((head, now), (before, then)) = parts(seen.data).zip(parts(seen.previous))?;
    let same = head == before && head[0] == 0xc4 && head[1..4] != [0; 3];
    let follows = now < 1 << 32 && (1..64).contains(&now.wrapping_sub(then));
    (same && follows && seen.usual).then_some(Verdict::Yes("WireGuard data of one client number, in sequence"))
}

struct Message {
    kind: u8,
    reserved: u32,
    /// The sender's, or with data the receiver's.
    index: u32,
    receiver: Option<u32>,
}

impl Message {
    /// Reads the header. The length must be the one of its type.
    fn new(data: &[u8], wire: usize) -> Result<Self, Incomplete> {
        let mut r = Reader::new(data);
        let (kind, reserved) = (r.u8("type")?, r.u24("reserved")?);
        let index = r.u32("index")?;
        let receiver = (kind == 2).then(|| r.u32("receiver")).transpose()?;
        let sound = match kind {
            1 => wire == 148,
            2 => wire == 92,
            3 => wire == 64,
            4 => wire >= 32 && wire.is_multiple_of(16) && r.u64_le("counter")? < 1 << 40,
            _ => false,
        };
        sound.then_some(Self { kind, reserved, index, receiver }).ok_or(Incomplete("length of its type"))
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let name = match data.first() {
        Some(1) => "HandshakeInitiation",
        Some(2) => "HandshakeResponse",
        Some(3) => "CookieReply",
        _ => "TransportData",
    };
    cx.word(&MESSAGE, name);
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn message(kind: u8, reserved: u8, indices: &[u8], length: usize) -> Vec<u8> {
        let mut data = [&[kind, reserved, reserved, reserved][..], indices].concat();
        data.resize(length, 0xa7);
        data
    }

    #[test]
    fn lengths_must_be_those_of_the_type() {
        let talk = Talk::udp(4000, 9998).client(&message(1, 0, &[1, 2, 3, 4], 148)).run();
        assert_eq!(talk.names(), ["WireGuard"]);
        assert_eq!(facts(&talk, &MESSAGE), ["HandshakeInitiation"]);
        assert!(Talk::udp(4000, 9998).client(&message(1, 0, &[1, 2, 3, 4], 149)).run().names().is_empty());
        let data = message(4, 0, &[1, 2, 3, 4, 9, 0, 0, 0, 0, 0, 0, 0], 96);
        assert_eq!(Talk::udp(4000, 9998).client(&data).run().names(), ["WireGuard"]);
    }

    #[test]
    fn warp_needs_both_directions() {
        let ask = message(1, 9, &[1, 2, 3, 4], 148);
        let answer = message(2, 9, &[5, 6, 7, 8, 1, 2, 3, 4], 92);
        assert_eq!(Talk::udp(4000, 9998).client(&ask).server(&answer).run().names(), ["CloudflareWarp"]);
        assert!(Talk::udp(4000, 9998).client(&ask).run().names().is_empty());
        survives(&WIREGUARD, &[&message(2, 0, &[5, 6, 7, 8, 1, 2, 3, 4], 92)]);
    }
}

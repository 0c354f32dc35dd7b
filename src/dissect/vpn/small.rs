//! Tunnels that are known by the form of their first message: PPTP's control (RFC 2637), tinc, SoftEther, Tailscale's discovery, Cisco's IPsec over UDP.
//!
//! Extracted: the host name of PPTP. Tinc announces its datagrams.

use crate::dissect::common::text::{line, split};
use crate::dissect::{Cx, Hint, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// PPTP.
pub static PPTP: Protocol = Protocol {
    name: "PPTP",
    category: "VPN",
    how: "the magic cookie of its control messages",
    over: &[Transport::Tcp],
    ports: &[1723],
    starts: &[Start::At(4, &[0x1a, 0x2b, 0x3c, 0x4d])],
    fields: &[&HOST],
    probe: |seen| {
        // A management message (2) is possible by the standard only.
        if matches!(seen.data.get(2..4), Some([0, 1 | 2])) { Verdict::Yes("magic cookie") } else { Verdict::No }
    },
    reading: Reading::Stateless(read_pptp),
    ..Protocol::NEW
};

static HOST: Field = Field::new("pptp", "host");

fn read_pptp(cx: &mut Cx, data: &[u8]) -> Step {
    // Start-Control-Connection: the host name stands behind 28 bytes.
    if !matches!(data.get(8..10), Some([0, 1 | 2])) {
        return Step::DoneHere;
    }
    let Some(name) = data.get(28..92) else { return Step::Used(0) };
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    if let Some(name) = name.get(..end).filter(|n| !n.is_empty()) {
        cx.text(&HOST, name);
        cx.note_fact("host", &HOST);
    }
    Step::DoneHere
}

/// tinc.
pub static TINC: Protocol = Protocol {
    name: "TINC",
    category: "VPN",
    how: "the line that gives name and protocol version 17",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[655],
    starts: &[Start::At(0, b"0 ")],
    probe: tinc,
    reading: Reading::Stateless(read_tinc),
    ..Protocol::NEW
};

fn tinc(seen: &Seen) -> Verdict {
    if seen.datagram() {
        return Verdict::No;
    }
    let Some((first, _)) = line(seen.data) else {
        return if seen.data.len() < 128 { Verdict::More } else { Verdict::No };
    };
    let Some((name, version)) = first.get(2..).and_then(|rest| split(rest, b' ')) else { return Verdict::No };
    let version_sound = matches!(version, b"17" | [b'1', b'7', b'.', b'0'..=b'9', ..]);
    if version_sound
        && !name.is_empty()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'^' | b'$' | b'.'))
    {
        Verdict::Yes("tinc's name and version line")
    } else {
        Verdict::No
    }
}

/// Datagrams go between the same hosts, to the port that this connection goes to.
fn read_tinc(cx: &mut Cx, _: &[u8]) -> Step {
    let (address, port) = cx.server;
    cx.hint(Hint::Expect(Transport::Udp, address, port, &TINC));
    Step::Done
}

/// SoftEther.
pub static SOFTETHER: Protocol = Protocol {
    name: "Softether",
    category: "VPN",
    how: "its packed list of named values, or the answer to its question for the own address",
    over: &[Transport::Udp],
    ports: &[5004],
    starts: &[Start::At(0, b"IP="), Start::At(0, &[0, 0, 0]), Start::Port],
    probe: softether,
    ..Protocol::NEW
};

fn softether(seen: &Seen) -> Verdict {
    if seen.data.starts_with(b"IP=") {
        let found = memchr::memmem::find(seen.data, b",PORT=").is_some();
        return if found { Verdict::Yes("answer with address and port") } else { Verdict::No };
    }
    match packed(seen.data) {
        Ok(true) => Verdict::Yes("packed list of named values"),
        _ if seen.usual && seen.data == b"A" => Verdict::Weak("question for the own address"),
        _ => Verdict::No,
    }
}

/// Count, then elements: length of the name plus one, name, type, number of values, values.
fn packed(data: &[u8]) -> Result<bool, Incomplete> {
    let mut r = Reader::new(data);
    let count = r.u32("count")?;
    let length = r.u32("length of name")?;
    if !(1..256).contains(&count) || !(3..64).contains(&length) {
        return Ok(false);
    }
    let name = r.take(usize::try_from(length).unwrap_or(0) - 1, "name")?;
    let (kind, values) = (r.u32("type")?, r.u32("values")?);
    let word = name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    Ok(word && kind <= 4 && (1..1024).contains(&values))
}

/// Tailscale.
pub static TAILSCALE: Protocol = Protocol {
    name: "Tailscale",
    category: "VPN",
    how: "the magic of its path discovery",
    over: &[Transport::Udp],
    ports: &[41641],
    starts: &[Start::At(0, &[0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac])],
    app: Some("Tailscale"),
    probe: |_| Verdict::Yes("magic of the path discovery"),
    ..Protocol::NEW
};

/// Cisco's client.
pub static CISCO: Protocol = Protocol {
    name: "CiscoVPN",
    category: "VPN",
    how: "the mark of its datagrams, or IKE's ports as the head of a TCP stream on port 10000",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[10000],
    starts: &[Start::At(0, &[0xfe, 0x57, 0x7e, 0x2b]), Start::At(0, &[0x01, 0xf4, 0x01, 0xf4])],
    probe: |seen| match seen.data {
        [0xfe, ..] if seen.datagram() => Verdict::Yes("mark of Cisco's client"),
        [1, ..] if !seen.datagram() && seen.usual => Verdict::Weak("IKE's ports"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn start() -> Vec<u8> {
        let mut data = [&[0, 156, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1][..], &[0; 18], b"gate"].concat();
        data.resize(156, 0);
        data
    }

    const PACKED: &[u8] = b"\0\0\0\x02\0\0\0\x0ahost_name\0\0\0\x02\0\0\0\x01\0\0\0\x03vpn";

    #[test]
    fn each_is_named_and_survives() {
        let talk = Talk::tcp(4000, 9998).client(&start()[..1]).client(&start()[1..]).run();
        assert_eq!(facts(&talk, &HOST), ["gate"]);
        let talk = Talk::tcp(4000, 9998).client(b"0 alpha 17.7\n").run();
        assert_eq!((talk.names(), talk.hints.len()), (vec!["TINC"], 1));
        assert_eq!(Talk::udp(4000, 9998).client(PACKED).run().names(), ["Softether"]);
        assert_eq!(Talk::udp(4000, 9998).client(b"TS\xf0\x9f\x92\xac12345").run().names(), ["Tailscale"]);
        survives(&PPTP, &[&start()]);
        survives(&SOFTETHER, &[PACKED]);
        survives(&TINC, &[b"0 alpha 17\n"]);
    }
}

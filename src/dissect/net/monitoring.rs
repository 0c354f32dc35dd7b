//! Small services over TCP: agents of Zabbix, Munin and Checkmk, who-is (RFC 3912), finger (RFC 1288), Raft of dqlite,
//! Huawei's push (which IANA's port list calls HP Virtual Machine Group Management).
//!
//! Extracted: the name that who-is is asked for.

use crate::dissect::common::at;
use crate::dissect::common::text::{begins, holds, line};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// Zabbix.
pub static ZABBIX: Protocol = Protocol {
    name: "Zabbix",
    how: "the mark ZBXD",
    ports: &[10050, 10051],
    starts: &[Start::At(0, b"ZBXD")],
    probe: |seen| match seen.data.get(4) {
        Some(1..=7) => Verdict::Yes("ZBXD"),
        Some(_) => Verdict::No,
        None => Verdict::More,
    },
    ..TCP
};

/// Munin.
pub static MUNIN: Protocol = Protocol {
    name: "Munin",
    category: "System",
    how: "the node's greeting",
    ports: &[4949],
    starts: &[Start::At(0, b"# munin node at")],
    probe: |_| Verdict::Yes("greeting of a Munin node"),
    ..TCP
};

/// Checkmk.
pub static CHECKMK: Protocol = Protocol {
    name: "CHECKMK",
    category: "DataTransfer",
    how: "the first section of an agent's output",
    ports: &[6556],
    starts: &[Start::At(0, b"<<<check_mk>>>")],
    probe: |_| Verdict::Yes("<<<check_mk>>>"),
    ..TCP
};

/// Who-is and the domain availability service.
pub static WHOIS: Protocol = Protocol {
    name: "Whois-DAS",
    how: "one line on the port, or an answer that speaks of registries",
    ports: &[43, 4343],
    starts: &[Start::Port, Start::At(0, b"%"), Start::Text(b"domain")],
    fields: &[&ASKED],
    probe: whois,
    reading: Reading::Stateless(asked),
    ..TCP
};

/// Finger.
pub static FINGER: Protocol = Protocol {
    name: "Finger",
    how: "one line on the port, or an answer with a login",
    ports: &[79],
    starts: &[Start::Port, Start::At(0, b"Login")],
    probe: finger,
    ..TCP
};

/// Raft as dqlite speaks it.
pub static RAFT: Protocol = Protocol {
    name: "Raft",
    how: "words of eight bytes, little endian: a handshake with an address, or a message whose length fits",
    starts: &[Start::Mask(1, 0xffff_ffff, 0)],
    probe: raft,
    ..TCP
};

/// Huawei's push service.
pub static HP_VIRTGRP: Protocol = Protocol {
    name: "HP_VIRTGRP",
    how: "a first message of type 0x16 and its answer of type 0x17 whose lengths fit",
    starts: &[Start::At(0, &[0x16, 0]), Start::At(0, &[0x17, 0])],
    probe: virtgrp,
    ..TCP
};

static ASKED: Field = Field::new("whois", "query").role(Role::Asked);

const TCP: Protocol = Protocol { category: "Network", over: &[Transport::Tcp], ..Protocol::NEW };

fn whois(seen: &Seen) -> Verdict {
    let head = seen.data.get(..512).unwrap_or(seen.data);
    let words = [
        &b"whois"[..],
        b"ripe database",
        b"domain name:",
        b"inetnum:",
        b"netrange:",
        b"registrar:",
        b"nic handle",
        b"no match for",
    ];
    let answers = head.is_ascii() && words.iter().any(|w| holds(head, w));
    match line(seen.data) {
        Some(_) if answers && (seen.data.starts_with(b"%") || begins(head, b"domain")) => Verdict::Yes("who-is answer"),
        Some((first, used)) if seen.usual && used == seen.data.len() && question(first) => {
            Verdict::Weak("one line on port 43")
        }
        Some(_) if seen.usual && answers => Verdict::Weak("who-is answer"),
        None if seen.data.len() < 256 && at::printable(seen.data) => Verdict::More,
        _ => Verdict::No,
    }
}

/// The line, if it is the name of a host.
fn asked(cx: &mut Cx, data: &[u8]) -> Step {
    let Some((name, _)) = line(data).filter(|_| cx.from_client) else { return Step::DoneHere };
    if name.contains(&b'.') && !name.ends_with(b".") && cx.host(&ASKED, name) {
        cx.note_fact("who-is question for", &ASKED);
    }
    Step::Done
}

/// One line of readable text.
fn question(first: &[u8]) -> bool {
    (1..=256).contains(&first.len()) && at::printable(first) && first.iter().any(u8::is_ascii_alphanumeric)
}

fn finger(seen: &Seen) -> Verdict {
    match line(seen.data) {
        Some((first, _)) if holds(first, b"name: ") && begins(first, b"login: ") => Verdict::Yes("finger answer"),
        Some((first, used)) if seen.usual && used == seen.data.len() && (first.is_empty() || question(first)) => {
            Verdict::Weak("one line on port 79")
        }
        None if seen.data.len() < 128 && at::printable(seen.data) => Verdict::More,
        _ => Verdict::No,
    }
}

fn raft(seen: &Seen) -> Verdict {
    let word = |place: usize| match (at::u32_le(seen.data, place), at::u32_le(seen.data, place + 4)) {
        (Some(low), Some(0)) => Some(low),
        _ => None,
    };
    let (Some(kind), Some(second)) = (word(0), word(8)) else {
        return if seen.data.len() < 16 { Verdict::More } else { Verdict::No };
    };
    // Protocol version 1, who speaks, length of the address, the address.
    let address = word(16).and_then(|n| usize::try_from(n).ok()).filter(|n| *n % 8 == 0 && (8..=128).contains(n));
    if kind == 1
        && let Some(length) = address
    {
        let text = at::c_string(seen.data, 24);
        return match text {
            Some(text) if text.contains(&b':') && at::printable(text) => Verdict::Yes("Raft handshake"),
            None if seen.data.len() < 24 + length => Verdict::More,
            _ => Verdict::No,
        };
    }
    let fits = usize::try_from(second).is_ok_and(|n| n + 16 == seen.data.len() && n % 8 == 0 && n >= 16);
    if (1..=6).contains(&kind) && fits { Verdict::Yes("Raft message") } else { Verdict::No }
}

fn virtgrp(seen: &Seen) -> Verdict {
    let fits = |data: &[u8], kind: u8| {
        data.first() == Some(&kind) && data.get(3) == Some(&0) && at::u16(data, 1).map(usize::from) == Some(data.len())
    };
    let (asks, answers) = (fits(seen.data, 0x16), fits(seen.data, 0x17));
    match (asks, answers) {
        _ if seen.data.len() < 8 => Verdict::More,
        (true, _) if seen.other.is_empty() => Verdict::More,
        (true, _) if fits(seen.other, 0x17) => Verdict::Yes("message and answer"),
        (_, true) if seen.other.first() == Some(&0x16) && seen.other.get(3) == Some(&0) => {
            Verdict::Yes("message and answer")
        }
        _ if at::u16(seen.data, 1).is_some_and(|n| usize::from(n) > seen.data.len()) => Verdict::More,
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let raft = b"\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\x00127.0.0.1:9001\0\0";
        for (message, name) in [
            (&b"ZBXD\x01\x0a\0\0\0"[..], "Zabbix"),
            (b"# munin node at here\n", "Munin"),
            (b"<<<check_mk>>>\n", "CHECKMK"),
            (b"% This is the RIPE Database query service.\n", "Whois-DAS"),
            (raft, "Raft"),
            (b"Login: me     Name: Me\n", "Finger"),
        ] {
            assert_eq!(Talk::tcp(4000, 9999).server(&message[..1]).server(&message[1..]).run().names(), [name]);
            survives(&ZABBIX, &[message]);
        }
        let talk = Talk::tcp(4000, 9999).client(b"\x16\0\x09\0\x57abcd").server(b"\x17\0\x08\0abcd");
        assert_eq!(talk.run().names(), ["HP_VIRTGRP"]);
        assert_eq!(Talk::tcp(4000, 43).client(b"example.org\r\n").run().names(), ["Whois-DAS"]);
    }
}

//! Brokers and message protocols that are named and of which no more is learned: AMQP, STOMP, Kafka, NATS, ZeroMQ,
//! OpenWire, SMPP, NNTP.

use crate::dissect::common::at;
use crate::dissect::common::text::{begins, header, holds, line};
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// AMQP 0-9-1 and 1.0.
pub static AMQP: Protocol = Protocol {
    name: "AMQP",
    how: "the protocol header, or a frame whose length and end fit",
    ports: &[5672],
    starts: &[Start::At(0, b"AMQP"), Start::Mask(0, 0xfff8_00ff, 0x0100_0000)],
    probe: amqp,
    ..TCP
};

/// STOMP.
pub static STOMP: Protocol = Protocol {
    name: "STOMP",
    how: "a command and a header",
    ports: &[61613],
    starts: &[
        Start::At(0, b"CONNECT"),
        Start::At(0, b"STOMP\n"),
        Start::At(0, b"STOMP\r"),
        Start::At(0, b"SEND\n"),
        Start::At(0, b"SUBSCRIBE\n"),
        Start::At(0, b"MESSAGE\n"),
    ],
    probe: stomp,
    ..TCP
};

/// Kafka.
pub static KAFKA: Protocol = Protocol {
    name: "Kafka",
    how: "a request whose length, key, version and client id fit",
    ports: &[9092],
    starts: &[Start::Mask(4, 0xff80_ffe0, 0)],
    probe: kafka,
    ..TCP
};

/// NATS.
pub static NATS: Protocol = Protocol {
    name: "Nats",
    how: "INFO or CONNECT with JSON",
    ports: &[4222],
    starts: &[Start::Text(b"info {"), Start::Text(b"connect {")],
    probe: |seen| match seen.data.get(..64).unwrap_or(seen.data) {
        head if holds(head, b"\"server_id\"") || holds(head, b"\"verbose\"") || holds(head, b"\"pedantic\"") => {
            Verdict::Yes("NATS JSON")
        }
        head if head.len() < 64 => Verdict::More,
        _ => Verdict::Weak("INFO or CONNECT with JSON"),
    },
    ..TCP
};

/// ZeroMQ's ZMTP 2 and 3.
pub static ZEROMQ: Protocol = Protocol {
    name: "ZeroMQ",
    how: "the signature of a greeting",
    starts: &[Start::At(0, &[0xff, 0, 0, 0, 0, 0, 0, 0])],
    probe: |seen| match (seen.data.get(9), seen.data.get(10)) {
        (Some(0x7f), Some(0..=3)) => Verdict::Yes("ZeroMQ greeting"),
        (Some(0x7f), None) | (None, _) => Verdict::More,
        _ => Verdict::No,
    },
    ..TCP
};

/// ActiveMQ's OpenWire.
pub static OPENWIRE: Protocol = Protocol {
    name: "OpenWire",
    how: "the wire format's magic",
    ports: &[61616],
    starts: &[Start::At(4, b"\x01ActiveMQ"), Start::At(0, b"\x01ActiveMQ")],
    probe: |_| Verdict::Yes("OpenWire's magic"),
    ..TCP
};

/// SMPP.
pub static SMPP: Protocol = Protocol {
    name: "SMPP",
    category: "Download",
    how: "a header whose length, command and status fit",
    ports: &[2775],
    starts: &[Start::Mask(4, 0x7fff_fe00, 0)],
    probe: smpp,
    ..TCP
};

/// NNTP.
pub static NNTP: Protocol = Protocol {
    name: "Usenet",
    category: "Web",
    how: "a greeting that says news, or a command of NNTP",
    ports: &[119],
    starts: &[
        Start::At(0, b"200 "),
        Start::At(0, b"201 "),
        Start::Text(b"mode reader"),
        Start::Text(b"group "),
        Start::Text(b"authinfo "),
        Start::Text(b"article <"),
        Start::Text(b"body <"),
    ],
    probe: nntp,
    ..TCP
};

const TCP: Protocol = Protocol { category: "RPC", over: &[Transport::Tcp], ..Protocol::NEW };

fn amqp(seen: &Seen) -> Verdict {
    if seen.data.first() == Some(&b'A') {
        return match seen.data.get(4..8) {
            Some([0..=3, 0..=1, 0..=9, 0..=91]) => Verdict::Yes("AMQP protocol header"),
            Some(_) => Verdict::No,
            None => Verdict::More,
        };
    }
    // A method frame on some channel: its class and method, and the octet at its end.
    let (Some(channel), Some(length), Some(class)) =
        (at::u16(seen.data, 1), at::u32(seen.data, 3), at::u16(seen.data, 7))
    else {
        return Verdict::More;
    };
    let known = matches!(class, 10 | 20 | 40 | 50 | 60 | 85 | 90) && channel < 2048 && (4..1 << 16).contains(&length);
    let end = usize::try_from(length).ok().and_then(|n| at::u8(seen.data, n + 7));
    match (known, end) {
        (true, Some(0xce)) => Verdict::Yes("AMQP method frame"),
        (true, None) => Verdict::More,
        _ => Verdict::No,
    }
}

fn stomp(seen: &Seen) -> Verdict {
    let Some((command, used)) = line(seen.data) else {
        return if seen.data.len() < 16 { Verdict::More } else { Verdict::No };
    };
    let known = [&b"CONNECT"[..], b"CONNECTED", b"STOMP", b"SEND", b"SUBSCRIBE", b"MESSAGE"].contains(&command);
    let rest = seen.data.get(used..).unwrap_or_default();
    match line(rest) {
        _ if !known => Verdict::No,
        Some((first, _)) if header(first).is_some() => Verdict::Yes("STOMP command and header"),
        Some((b"", _)) => Verdict::Weak("STOMP command"),
        Some(_) => Verdict::No,
        None => Verdict::More,
    }
}

fn kafka(seen: &Seen) -> Verdict {
    let (Some(length), Some(key), Some(version)) =
        (at::u32(seen.data, 0), at::u16(seen.data, 4), at::u16(seen.data, 6))
    else {
        return Verdict::More;
    };
    if !(10..1 << 24).contains(&length) || key > 92 || version > 20 {
        return Verdict::No;
    }
    let Some(size) = at::u16(seen.data, 12) else { return Verdict::More };
    let exact = u64::from(length) + 4 == seen.data.len() as u64;
    let name = seen.data.get(14..14 + usize::from(size));
    match name {
        Some(name) if size > 0 && size < 256 && at::printable(name) => {
            if exact || size >= 4 {
                Verdict::Yes("Kafka request with client id")
            } else {
                Verdict::Weak("Kafka request")
            }
        }
        _ if size == u16::MAX && exact => Verdict::Weak("Kafka request"),
        _ if size == 0 && exact && seen.usual => Verdict::Weak("Kafka request"),
        None if size < 256 && u32::from(size) <= length => Verdict::More,
        _ => Verdict::No,
    }
}

fn smpp(seen: &Seen) -> Verdict {
    let (Some(length), Some(command), Some(status), Some(number)) =
        (at::u32(seen.data, 0), at::u32(seen.data, 4), at::u32(seen.data, 8), at::u32(seen.data, 12))
    else {
        return Verdict::More;
    };
    let response = command & 0x8000_0000 != 0;
    let known = matches!(command & 0x7fff_ffff, 1..=9 | 0x0b | 0x15 | 0x21 | 0x102 | 0x103 | 0x111..=0x113)
        || command == 0x8000_0000;
    let sound = (16..1 << 16).contains(&length) && (response || status == 0) && status < 0x500 && number != 0;
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    let next = seen.data.get(whole..);
    match known && sound {
        true if next.is_some_and(|n| n.is_empty() || n.first() == Some(&0)) => Verdict::Yes("SMPP header"),
        true if next.is_none() && seen.data.len() < 1500 => Verdict::More,
        _ => Verdict::No,
    }
}

fn nntp(seen: &Seen) -> Verdict {
    let Some((first, _)) = line(seen.data) else {
        return if seen.data.len() < 512 { Verdict::More } else { Verdict::No };
    };
    let asked = [&b"mode reader"[..], b"group ", b"authinfo ", b"list", b"capabilities", b"article "]
        .iter()
        .any(|c| begins(seen.other, c));
    if begins(first, b"200 ") || begins(first, b"201 ") {
        let says = [&b"nntp"[..], b"news", b"usenet", b"posting"].iter().any(|w| holds(first, w));
        return match (says, asked) {
            (true, _) | (_, true) => Verdict::Yes("NNTP greeting"),
            _ if seen.other.is_empty() => Verdict::More,
            _ => Verdict::No,
        };
    }
    let greeted = seen.other.starts_with(b"20");
    match () {
        () if first.eq_ignore_ascii_case(b"mode reader") || begins(first, b"authinfo user ") => {
            Verdict::Yes("NNTP command")
        }
        () if begins(first, b"article <") || begins(first, b"body <") => Verdict::Yes("NNTP command"),
        () if begins(first, b"group ") && (greeted || first.contains(&b'.')) => Verdict::Yes("NNTP command"),
        () => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let kafka = b"\0\0\0\x13\0\x12\0\0\0\0\0\x01\0\x09my-client";
        let bind = b"\0\0\0\x14\0\0\0\x02\0\0\0\0\0\0\0\x01me\0\0";
        for (message, name) in [
            (&b"AMQP\0\0\x09\x01"[..], "AMQP"),
            (b"CONNECT\naccept-version:1.2\n\n\0", "STOMP"),
            (kafka, "Kafka"),
            (b"INFO {\"server_id\":\"x\",\"version\":\"2.10\"}\r\n", "Nats"),
            (b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", "ZeroMQ"),
            (b"\0\0\0\x10\x01ActiveMQ\0\0\0\x0c", "OpenWire"),
            (bind, "SMPP"),
            (b"200 news.example.org ready, posting ok\r\n", "Usenet"),
        ] {
            assert_eq!(Talk::tcp(4000, 9999).client(&message[..1]).client(&message[1..]).run().names(), [name]);
            survives(&AMQP, &[message]);
        }
    }
}

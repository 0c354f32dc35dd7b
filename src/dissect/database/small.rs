//! Databases that are named and of which no more is learned: MongoDB, Memcached, Cassandra, DRDA, Elasticsearch.

use crate::dissect::common::at;
use crate::dissect::common::text::{begins, holds, line, number};
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// MongoDB's wire protocol.
pub static MONGODB: Protocol = Protocol {
    name: "MongoDB",
    how: "a message header whose length, code and contents fit",
    ports: &[27017],
    // The operation's code, in its four bytes.
    starts: &[
        Start::Mask(12, 0xf0ff_ffff, 0xd007_0000),
        Start::At(12, &[0xdd, 7, 0, 0]),
        Start::At(12, &[0xdc, 7, 0, 0]),
        Start::At(12, &[1, 0, 0, 0]),
    ],
    probe: mongodb,
    ..TCP
};

/// Memcached, in text and binary.
pub static MEMCACHED: Protocol = Protocol {
    name: "Memcached",
    category: "Network",
    how: "a storage command or value with its numbers, or a binary header whose lengths fit",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[11211],
    starts: &[
        Start::Range(0x80, 0x81),
        Start::Text(b"get"),
        Start::Text(b"set "),
        Start::Text(b"add "),
        Start::Text(b"stat"),
        Start::Text(b"value "),
        Start::Text(b"stored"),
        Start::Text(b"replace "),
        Start::Text(b"version"),
        Start::Text(b"delete "),
        Start::Text(b"incr "),
        // Over UDP behind eight bytes.
        Start::At(8, b"get"),
        Start::At(8, b"set "),
        Start::At(8, b"stat"),
        Start::At(8, b"STAT"),
        Start::At(8, b"VALUE "),
    ],
    probe: memcached,
    ..TCP
};

/// Cassandra's native protocol, and what its nodes say to each other.
pub static CASSANDRA: Protocol = Protocol {
    name: "Cassandra",
    how: "a frame header with its options, or the magic number between nodes",
    ports: &[9042, 7000],
    starts: &[Start::Range(3, 5), Start::Range(0x83, 0x85), Start::At(0, &[0xca, 0x55, 0x2d, 0xfa])],
    probe: cassandra,
    ..TCP
};

/// IBM's Distributed Relational Database Architecture.
pub static DRDA: Protocol = Protocol {
    name: "DRDA",
    how: "a DDM header whose two lengths agree",
    ports: &[50000, 446],
    starts: &[Start::At(2, &[0xd0])],
    probe: drda,
    ..TCP
};

const TCP: Protocol = Protocol { category: "Database", over: &[Transport::Tcp], ..Protocol::NEW };

fn mongodb(seen: &Seen) -> Verdict {
    let (Some(length), Some(code)) = (at::u32_le(seen.data, 0), at::u32_le(seen.data, 12)) else {
        return Verdict::More;
    };
    let Some(body) = seen.data.get(16..) else { return Verdict::More };
    if !(21..48 << 20).contains(&length) {
        return Verdict::No;
    }
    if body.len() < 16 && (seen.data.len() as u64) < u64::from(length) {
        return Verdict::More;
    }
    let flags = at::u32_le(body, 0).unwrap_or(u32::MAX);
    let fits = match code {
        // Reply: flags, cursor, place, number of documents.
        1 => flags <= 15 && at::u32_le(body, 16).is_some_and(|n| n <= 1000) && at::u32_le(seen.data, 8) != Some(0),
        2001 | 2002 | 2005 | 2006 => at::c_string(body, 4).is_some_and(namespace),
        2004 => flags <= 0xff && at::c_string(body, 4).is_some_and(namespace),
        2007 => true,
        // Compressed: the code of what is compressed.
        2012 => matches!(flags, 1 | 2004 | 2013),
        // Message: flags, then a section that is a document.
        2013 => {
            flags & !0x0001_0003 == 0
                && matches!(body.get(4), Some(0 | 1))
                && at::u32_le(body, 5).is_some_and(|n| n < length)
        }
        _ => false,
    };
    if fits { Verdict::Yes("MongoDB message") } else { Verdict::No }
}

/// Database, dot, collection.
fn namespace(name: &[u8]) -> bool {
    name.len() >= 3 && name.contains(&b'.') && at::printable(name)
}

fn memcached(seen: &Seen) -> Verdict {
    if seen.datagram() {
        // Request, number, count, reserved: few datagrams to an answer.
        let framed = at::u16(seen.data, 2).is_some_and(|n| n < 1024) && at::u16(seen.data, 6) == Some(0);
        let Some(text) = seen.data.get(8..).filter(|_| framed) else { return Verdict::No };
        return match words(text, &[]) {
            Verdict::Weak(what) => Verdict::Yes(what),
            Verdict::More => Verdict::No,
            verdict => verdict,
        };
    }
    match seen.data.first() {
        Some(0x80 | 0x81) => binary(seen),
        _ => match words(seen.data, seen.other) {
            Verdict::Weak(_) if !seen.usual => Verdict::More,
            verdict => verdict,
        },
    }
}

/// Magic, operation, key, extras, type, status, length, opaque, check.
fn binary(seen: &Seen) -> Verdict {
    let Some(body) = at::u32(seen.data, 8) else { return Verdict::More };
    let (Some(operation), Some(key), Some(extras), Some(kind)) =
        (at::u8(seen.data, 1), at::u16(seen.data, 2), at::u8(seen.data, 4), at::u8(seen.data, 5))
    else {
        return Verdict::No;
    };
    let sound = operation <= 0x48 && key <= 250 && extras <= 32 && kind == 0;
    let fits = u32::from(key) + u32::from(extras) <= body && body <= 1 << 21;
    match sound && fits {
        true if u64::from(body) + 24 == seen.data.len() as u64 => Verdict::Yes("Memcached binary header"),
        true if !seen.datagram() && seen.data.len() < 24 => Verdict::More,
        true if seen.usual => Verdict::Weak("Memcached binary header"),
        _ => Verdict::No,
    }
}

fn words(data: &[u8], other: &[u8]) -> Verdict {
    let Some((first, _)) = line(data) else {
        return if data.len() < 300 { Verdict::More } else { Verdict::No };
    };
    let parts: Vec<&[u8]> = first.split(|b| *b == b' ').take(7).collect();
    let numbers =
        |from: usize, many: usize| parts.get(from..from + many).is_some_and(|p| p.iter().all(|n| number(n).is_some()));
    let answered = begins(other, b"stat ")
        || begins(other, b"value ")
        || begins(other, b"end\r")
        || begins(other, b"stored")
        || begins(other, b"version ");
    match parts.first().map(|w| w.to_ascii_lowercase()).as_deref() {
        Some(b"set" | b"add" | b"replace") if (5..=6).contains(&parts.len()) && numbers(2, 3) => {
            Verdict::Yes("Memcached storage command")
        }
        Some(b"value") if numbers(2, 2) => Verdict::Yes("Memcached value"),
        Some(b"stat") if parts.len() >= 3 => Verdict::Yes("Memcached statistics"),
        Some(b"get" | b"gets" | b"stats" | b"version" | b"delete" | b"incr") if answered => {
            Verdict::Yes("Memcached command and answer")
        }
        Some(b"get" | b"gets" | b"delete") if parts.len() == 2 && !holds(first, b"http") => {
            Verdict::Weak("Memcached command")
        }
        Some(b"stats" | b"stored") if parts.len() <= 2 => Verdict::Weak("Memcached command"),
        Some(b"version") if parts.len() == 1 => Verdict::Weak("Memcached command"),
        _ => Verdict::No,
    }
}

fn cassandra(seen: &Seen) -> Verdict {
    if seen.data.starts_with(&[0xca, 0x55, 0x2d, 0xfa]) {
        return Verdict::Yes("the magic number between Cassandra's nodes");
    }
    let Some([_, flags, _, _, operation, a, b, c, d]) = seen.data.first_chunk() else { return Verdict::More };
    let length = u32::from_be_bytes([*a, *b, *c, *d]);
    if *flags & !0x1f != 0 || *operation > 0x10 || length > 1 << 28 {
        return Verdict::No;
    }
    let body = seen.data.get(9..).unwrap_or_default();
    match operation {
        1 if body.starts_with(b"\0\x01\0\x0bCQL_VERSION") || holds(body, b"cql_version") => {
            Verdict::Yes("Cassandra startup")
        }
        6 if holds(body, b"cql_version") => Verdict::Yes("Cassandra options"),
        1 | 6 if body.len() < 48 && body.len() < usize::try_from(length).unwrap_or(0) => Verdict::More,
        5 if length == 0 && seen.data.len() == 9 => Verdict::Weak("Cassandra asks for options"),
        7 if u64::from(length) + 9 == seen.data.len() as u64 && holds(body, b"select") => {
            Verdict::Yes("Cassandra query")
        }
        _ => Verdict::No,
    }
}

fn drda(seen: &Seen) -> Verdict {
    let (Some(outer), Some(inner), Some(code)) = (at::u16(seen.data, 0), at::u16(seen.data, 6), at::u16(seen.data, 8))
    else {
        return Verdict::More;
    };
    // Commands, replies and data of the manager and access levels.
    let known = matches!(code, 0x1041 | 0x106d | 0x106e | 0x1443 | 0x14ac | 0x1219 | 0x2001..=0x24ff | 0x11a2);
    let fits = outer >= 10 && outer - 6 == inner;
    let format = at::u8(seen.data, 3).is_some_and(|f| f & 0x88 == 0 && matches!(f & 15, 1..=5));
    if fits && known && format { Verdict::Yes("DRDA command") } else { Verdict::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let query = b"\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0\0\0\0\0admin.$cmd\0\0\0\0\0\x01\0\0\0\x13\0\0\0\x10isMaster\0\x01\0\0\0\0";
        let startup = b"\x04\0\0\x01\x01\0\0\0\x16\0\x01\0\x0bCQL_VERSION\0\x053.0.0";
        let exchange = b"\0\x26\xd0\x41\0\x01\0\x20\x10\x41\0\x08";
        for (message, name) in [
            (&query[..], "MongoDB"),
            (b"set key 0 60 5\r\nhello\r\n", "Memcached"),
            (b"\x80\0\0\x03\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0key", "Memcached"),
            (startup, "Cassandra"),
            (exchange, "DRDA"),
        ] {
            assert_eq!(Talk::tcp(4000, 9999).client(&message[..2]).client(&message[2..]).run().names(), [name]);
            survives(&MONGODB, &[message]);
        }
    }
}

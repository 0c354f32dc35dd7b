//! Small services of networks over UDP: service location (RFC 2608), port mapping (RFC 6886, RFC 6887), precise time
//! (IEEE 1588), packet forwarding control (3GPP TS 29.244), discovery of Ubiquiti devices, rough time
//! (draft-ietf-ntp-roughtime), statistics of collectd, Dropbox on the local net.
//!
//! Extracted: nothing.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// Service Location Protocol.
pub static SLP: Protocol = Protocol {
    name: "Service_Location_Protocol",
    category: "RPC",
    how: "a header whose length, flags and language tag fit",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[427],
    starts: &[Start::Mask(0, 0xfff0_ff00, 0x0200_0000), Start::Mask(0, 0xfff0_f000, 0x0100_0000)],
    probe: slp,
    ..UDP
};

/// NAT-PMP and its successor PCP.
pub static NAT_PMP: Protocol = Protocol {
    name: "NAT-PMP",
    how: "a request or answer of fixed length on the port",
    ports: &[5351, 5350],
    starts: &[Start::Port],
    probe: nat_pmp,
    ..UDP
};

/// Precision Time Protocol, version 2.
pub static PTP: Protocol = Protocol {
    name: "PTPv2",
    category: "System",
    how: "a header whose length, type and control field agree",
    ports: &[319, 320],
    starts: &[Start::Mask(0, 0x000f_ff00, 0x0002_0000)],
    probe: ptp,
    ..UDP
};

/// Packet Forwarding Control Protocol.
pub static PFCP: Protocol = Protocol {
    name: "PFCP",
    how: "a header of version 1 with a known message whose length fits",
    ports: &[8805],
    starts: &[Start::Length(2, 2, 4)],
    probe: pfcp,
    ..UDP
};

/// Ubiquiti's discovery.
pub static UBNT: Protocol = Protocol {
    name: "UBNTAC2",
    how: "a chain of fields that fills the datagram",
    ports: &[10001],
    starts: &[Start::Length(2, 2, 4)],
    probe: ubnt,
    ..UDP
};

/// Roughtime.
pub static ROUGHTIME: Protocol = Protocol {
    name: "Roughtime",
    category: "System",
    how: "a message of known tags in order",
    ports: &[2002],
    starts: &[Start::At(0, b"ROUGHTIM"), Start::Mask(0, 0xe0ff_ffff, 0)],
    probe: roughtime,
    ..UDP
};

/// collectd's network plugin.
pub static COLLECTD: Protocol = Protocol {
    name: "collectd",
    category: "System",
    how: "parts with a type and a length, of which the first is a host, a signature or a cipher",
    ports: &[25826],
    starts: &[Start::Mask(0, 0xffff_ff00, 0), Start::At(0, &[2, 0, 0]), Start::At(0, &[2, 0x10])],
    probe: collectd,
    ..UDP
};

/// Dropbox's discovery on the local network.
pub static DROPBOX: Protocol = Protocol {
    name: "Dropbox",
    category: "Cloud",
    how: "JSON with host_int",
    ports: &[17500],
    starts: &[Start::At(0, b"{\"")],
    app: Some("Dropbox"),
    probe: |seen| {
        let holds = |word: &[u8]| memchr::memmem::find(seen.data, word).is_some();
        let own = holds(b"\"host_int\":") && (holds(b"\"namespaces\":") || holds(b"\"port\":"));
        if own { Verdict::Yes("Dropbox LAN sync") } else { Verdict::No }
    },
    ..UDP
};

const UDP: Protocol = Protocol { category: "Network", over: &[Transport::Udp], ..Protocol::NEW };

fn slp(seen: &Seen) -> Verdict {
    let short = if seen.datagram() { Verdict::No } else { Verdict::More };
    let (Some([version, function]), Some(first)) = (seen.data.first_chunk(), at::u16(seen.data, 2)) else {
        return short;
    };
    if !(1..=15).contains(function) {
        return Verdict::No;
    }
    if *version == 1 {
        // Length of two bytes, flags, dialect 0, language, encoding.
        let language = seen.data.get(6..8).is_some_and(|l| l.iter().all(u8::is_ascii_lowercase));
        let fits = usize::from(first) == seen.wire && at::u8(seen.data, 5) == Some(0);
        return if language && fits && seen.datagram() { Verdict::Yes("SLP version 1 header") } else { Verdict::No };
    }
    let (Some(length), Some(flags), Some(next), Some(tag)) =
        (at::u24(seen.data, 2), at::u16(seen.data, 5), at::u24(seen.data, 7), at::u16(seen.data, 12))
    else {
        return short;
    };
    let whole = usize::try_from(length).unwrap_or(usize::MAX);
    let Some(language) = seen.data.get(14..14 + usize::from(tag.min(8))) else { return short };
    let tag_fits = (1..=8).contains(&tag) && language.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    let sound = flags & 0x1fff == 0 && next < 1 << 16 && tag_fits;
    match sound {
        true if whole == seen.wire || !seen.datagram() && (16..1 << 16).contains(&whole) => Verdict::Yes("SLP header"),
        // Some state a length that is not theirs.
        true => Verdict::Weak("SLP header with an odd length"),
        false => Verdict::No,
    }
}

fn nat_pmp(seen: &Seen) -> Verdict {
    let Some([version, operation]) = seen.data.first_chunk() else { return Verdict::No };
    let reserved = at::u16(seen.data, 2);
    match (version, operation & 0x7f, operation & 0x80 != 0, seen.wire) {
        (0, 0, false, 2) | (0, 1 | 2, false, 12) if reserved.unwrap_or(0) == 0 => Verdict::Weak("NAT-PMP request"),
        (0, 0, true, 12) | (0, 1 | 2, true, 16) if reserved.is_some_and(|code| code <= 5) => {
            Verdict::Weak("NAT-PMP answer")
        }
        (2, 0..=3, false, 24..=1100) if seen.data.get(8..20) == Some(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]) => {
            Verdict::Yes("PCP request")
        }
        (2, 0..=3, _, 24..=1100) if reserved.is_some_and(|r| r <= 13) => Verdict::Weak("PCP message"),
        _ => Verdict::No,
    }
}

fn ptp(seen: &Seen) -> Verdict {
    let (Some(kind), Some(length), Some(control)) =
        (at::u8(seen.data, 0).map(|b| b & 15), at::u16(seen.data, 2).map(usize::from), at::u8(seen.data, 32))
    else {
        return Verdict::No;
    };
    let expected = match kind {
        0 => 0,
        1 => 1,
        8 => 2,
        9 => 3,
        0x0d => 4,
        2 | 3 | 0x0a..=0x0c => 5,
        _ => return Verdict::No,
    };
    // Padding may follow.
    let fits = length >= 34 && length <= seen.wire && seen.wire - length <= 20;
    match control == expected && fits {
        true if length == seen.wire && at::u32(seen.data, 16) == Some(0) => Verdict::Yes("PTP header"),
        true => Verdict::Weak("PTP header"),
        false => Verdict::No,
    }
}

fn pfcp(seen: &Seen) -> Verdict {
    let (Some([flags, kind]), Some(length)) = (seen.data.first_chunk(), at::u16(seen.data, 2).map(usize::from)) else {
        return Verdict::No;
    };
    let with_session = flags & 1 != 0;
    let known = if with_session { (50..=57).contains(kind) } else { (1..=15).contains(kind) };
    let spare = at::u8(seen.data, if with_session { 15 } else { 7 });
    let spare = spare.is_some_and(|s| s == 0 || flags & 2 != 0 && s & 15 == 0);
    let fits = length + 4 == seen.wire && length >= if with_session { 12 } else { 4 };
    if known && fits && spare { Verdict::Yes("PFCP header") } else { Verdict::No }
}

/// Version, command, length; then fields of a type and a length.
fn ubnt(seen: &Seen) -> Verdict {
    let (Some(version), Some(command), Some(length)) =
        (at::u8(seen.data, 0), at::u8(seen.data, 1), at::u16(seen.data, 2))
    else {
        return Verdict::No;
    };
    if (version, command, length, seen.wire) == (1, 0, 0, 4) {
        return Verdict::Weak("Ubiquiti discovery request");
    }
    if usize::from(length) + 4 != seen.wire || !matches!((version, command), (1, 0) | (2, 0..=15)) {
        return Verdict::No;
    }
    let mut place = 4;
    for _ in 0..64 {
        if place == seen.data.len() {
            break;
        }
        let (Some(1..=0x3f), Some(size)) = (at::u8(seen.data, place), at::u16(seen.data, place + 1)) else {
            return Verdict::No;
        };
        place += 3 + usize::from(size);
    }
    if place == seen.wire && place > 4 { Verdict::Yes("Ubiquiti discovery fields") } else { Verdict::No }
}

/// The number of tags, their offsets, the tags.
fn roughtime(seen: &Seen) -> Verdict {
    if seen.data.starts_with(b"ROUGHTIM") {
        return Verdict::Yes("Roughtime's mark");
    }
    let Some(count @ 2..=16) = at::u32_le(seen.data, 0) else { return Verdict::No };
    let first = usize::try_from(count).map_or(0, |n| 4 * n);
    let tag = |n: usize| seen.data.get(first + 4 * n..first + 4 * n + 4);
    let known = |t: &[u8]| {
        matches!(
            t,
            b"NONC"
                | b"PAD\xff"
                | b"SIG\0"
                | b"PATH"
                | b"SREP"
                | b"CERT"
                | b"INDX"
                | b"VER\0"
                | b"ROOT"
                | b"MIDP"
                | b"RADI"
                | b"SRV\0"
                | b"TYPE"
                | b"ZZZZ"
        )
    };
    match (tag(0), tag(1)) {
        (Some(a), Some(b)) if known(a) && known(b) => Verdict::Yes("Roughtime tags"),
        _ => Verdict::No,
    }
}

fn collectd(seen: &Seen) -> Verdict {
    let (Some(kind), Some(length)) = (at::u16(seen.data, 0), at::u16(seen.data, 2).map(usize::from)) else {
        return Verdict::No;
    };
    match kind {
        // Host: text with its NUL, then time or plugin.
        0 => {
            let text = seen.data.get(4..length).and_then(<[u8]>::split_last);
            let host = text.is_some_and(|(nul, host)| *nul == 0 && !host.is_empty() && at::printable(host));
            let next = matches!(at::u16(seen.data, length), Some(1..=9 | 0x100 | 0x101));
            if host && next { Verdict::Yes("collectd host and part") } else { Verdict::No }
        }
        // Signature: fixed length, then a host. Cipher: everything that follows.
        0x200 if length > 36 && at::u16(seen.data, length) == Some(0) => Verdict::Yes("collectd signature"),
        0x210 if length == seen.wire && at::u16(seen.data, 4).is_some_and(|n| (1..=64).contains(&n)) => {
            Verdict::Yes("collectd cipher")
        }
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let slp = b"\x02\x01\0\0\x10\0\0\0\0\0\0\x01\0\x02en";
        let ubnt = b"\x02\x06\0\x09\x01\0\x06\x01\x02\x03\x04\x05\x06";
        let rough = b"\x02\0\0\0\x40\0\0\0NONCPAD\xff0123456789";
        let stats = b"\0\0\0\x09host\0\0\x08\0\x0c\x18\xaa\x86\xd9\xff\xbb\xca\xa3";
        let heartbeat = b"\x20\x01\0\x0c\0\0\x01\0\0\x60\0\x04\xe5\0\0\0";
        let mut sync = vec![0x00, 0x02, 0, 44];
        sync.resize(44, 0);
        for (message, name) in [
            (&slp[..], "Service_Location_Protocol"),
            (ubnt, "UBNTAC2"),
            (rough, "Roughtime"),
            (stats, "collectd"),
            (heartbeat, "PFCP"),
            (&sync, "PTPv2"),
            (b"{\"host_int\": 1, \"port\": 17500}", "Dropbox"),
        ] {
            assert_eq!(Talk::udp(4000, 9999).client(message).run().names(), [name]);
            survives(&SLP, &[message]);
        }
        assert_eq!(Talk::udp(4000, 5351).client(&[0, 0]).run().names(), ["NAT-PMP"]);
    }
}

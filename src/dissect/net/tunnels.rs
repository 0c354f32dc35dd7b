//! Tunnels over UDP: GTP (3GPP TS 29.060, 29.274, 29.281, 32.295), VXLAN (RFC 7348), Geneve (RFC 8926), Teredo
//! (RFC 4380), CAPWAP (RFC 5415), L2TP (RFC 2661). Their inner packets are flows of their own; what is seen here is
//! control traffic, and what could not be looked into.
//!
//! Extracted: nothing.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// GTP, user plane.
pub static GTP_U: Protocol = Protocol {
    name: "GTP_U",
    how: "a GTP version 1 header whose length fits",
    ports: &[2152],
    starts: &[Start::Length(2, 2, 8)],
    probe: gtp_u,
    ..UDP
};

/// GTP, control plane.
pub static GTP_C: Protocol = Protocol {
    name: "GTP_C",
    how: "a GTP header of a control message whose length fits",
    ports: &[2123],
    starts: &[Start::Length(2, 2, 8), Start::Length(2, 2, 4), Start::Port],
    probe: gtp_c,
    ..UDP
};

/// GTP', which carries charging records.
pub static GTP_PRIME: Protocol = Protocol {
    name: "GTP_PRIME",
    how: "a GTP' header whose length fits",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[3386],
    starts: &[Start::Mask(0, 0x9e00_0000, 0x0e00_0000)],
    probe: gtp_prime,
    ..UDP
};

/// VXLAN.
pub static VXLAN: Protocol = Protocol {
    name: "VXLAN",
    how: "a header with nothing but a network identifier, and an Ethernet frame",
    ports: &[4789],
    starts: &[Start::At(0, &[8, 0, 0, 0])],
    probe: vxlan,
    ..UDP
};

/// Geneve.
pub static GENEVE: Protocol = Protocol {
    name: "Geneve",
    how: "a header of version 0 with a known inner type",
    ports: &[6081],
    starts: &[Start::Port],
    probe: geneve,
    ..UDP
};

/// Teredo.
pub static TEREDO: Protocol = Protocol {
    name: "Teredo",
    how: "Teredo indications, or an IPv6 header between Teredo addresses",
    ports: &[3544],
    starts: &[Start::Mask(8, 0xffff_ffff, 0x2001_0000), Start::Mask(24, 0xffff_ffff, 0x2001_0000), Start::Port],
    probe: teredo,
    ..UDP
};

/// CAPWAP.
pub static CAPWAP: Protocol = Protocol {
    name: "CAPWAP",
    how: "a CAPWAP header with a control message whose length fits, or its DTLS",
    ports: &[5246, 5247],
    starts: &[Start::Mask(0, 0xff80_0007, 0), Start::At(0, &[1, 0, 0, 0])],
    probe: capwap,
    ..UDP
};

/// L2TP.
pub static L2TP: Protocol = Protocol {
    name: "L2TP",
    category: "VPN",
    how: "a control header of version 2 whose length fits",
    ports: &[1701],
    starts: &[Start::Mask(0, 0xc80f_0000, 0xc802_0000)],
    probe: l2tp,
    ..UDP
};

const UDP: Protocol = Protocol { category: "Network", over: &[Transport::Udp], ..Protocol::NEW };

/// Version 1: flags, type, length of what follows the eight bytes.
fn gtp1(seen: &Seen) -> Option<(u8, u8)> {
    let [flags, kind] = *seen.data.first_chunk()?;
    let fits = usize::from(at::u16(seen.data, 2)?) + 8 == seen.wire;
    (fits && flags >> 5 == 1 && flags & 0x18 == 0x10).then_some((flags, kind))
}

fn gtp_u(seen: &Seen) -> Verdict {
    match gtp1(seen) {
        // G-PDU, end marker; echo, error and extension headers are meant for the user plane on its port.
        Some((_, 254 | 255)) => Verdict::Yes("GTP user data"),
        Some((_, 1 | 2 | 26 | 31)) if seen.usual => Verdict::Yes("GTP user plane message"),
        Some((_, 26)) => Verdict::Weak("GTP error indication"),
        _ => Verdict::No,
    }
}

fn gtp_c(seen: &Seen) -> Verdict {
    if let Some((_, kind)) = gtp1(seen) {
        return match kind {
            1..=3 if seen.usual => Verdict::Yes("GTP path message"),
            4..=7 | 16..=37 | 48..=61 | 70 | 96..=121 | 128..=130 => Verdict::Yes("GTP tunnel management"),
            _ => Verdict::No,
        };
    }
    let (Some([flags, kind]), Some(length)) = (seen.data.first_chunk(), at::u16(seen.data, 2)) else {
        return Verdict::No;
    };
    // Version 2; a second message may be piggybacked.
    let whole = usize::from(length) + 4;
    let known = matches!(kind, 1..=3 | 25..=41 | 64..=73 | 95..=103 | 128..=183 | 199..=206 | 211 | 212 | 231..=236);
    let piggybacked = flags & 0x10 != 0;
    let second = (at::u8(seen.data, whole), at::u16(seen.data, whole + 2).map(usize::from));
    let fits = match second {
        (Some(flags), Some(length)) if piggybacked => flags >> 5 == 2 && whole + 4 + length == seen.wire,
        _ => !piggybacked && whole == seen.wire,
    };
    let sound = flags >> 5 == 2 && flags & 7 == 0 && known && fits && length >= 4;
    if sound { Verdict::Yes("GTP version 2 message") } else { Verdict::No }
}

fn gtp_prime(seen: &Seen) -> Verdict {
    let (Some([flags, kind]), Some(length)) = (seen.data.first_chunk(), at::u16(seen.data, 2)) else {
        return if seen.datagram() { Verdict::No } else { Verdict::More };
    };
    // Six bytes of header, or twenty in version 0 without the last flag.
    let header = if flags & 1 == 0 && flags >> 5 == 0 { 20 } else { 6 };
    let known = matches!(kind, 1..=7 | 240 | 241) && flags >> 5 <= 2 && flags & 0x0e == 0x0e;
    let fits = usize::from(length) + header == if seen.datagram() { seen.wire } else { seen.data.len() };
    match known && fits {
        true if seen.usual || matches!(kind, 240 | 241) => Verdict::Yes("GTP' message"),
        true => Verdict::Weak("GTP' message"),
        false => Verdict::No,
    }
}

fn vxlan(seen: &Seen) -> Verdict {
    // The reserved bytes are zero, and an EtherType stands where the inner frame has it.
    let reserved = at::u32(seen.data, 0) == Some(0x0800_0000) && at::u8(seen.data, 7) == Some(0);
    let inner = matches!(at::u16(seen.data, 20), Some(0x0800 | 0x0806 | 0x86dd | 0x8100 | 0x88a8 | 0x88cc | 0x8847));
    match reserved {
        true if inner => Verdict::Yes("VXLAN header and an Ethernet frame"),
        true => Verdict::Weak("VXLAN header"),
        false => Verdict::No,
    }
}

fn geneve(seen: &Seen) -> Verdict {
    let Some([first, second, a, b]) = seen.data.first_chunk() else { return Verdict::No };
    let inner = u16::from_be_bytes([*a, *b]);
    let sound = first >> 6 == 0 && second & 0x3f == 0 && at::u8(seen.data, 7) == Some(0);
    let fits = 8 + usize::from(first & 0x3f) * 4 < seen.wire;
    let known = matches!(inner, 0x6558 | 0x0800 | 0x86dd | 0x8847 | 0x894f);
    if sound && fits && known { Verdict::Yes("Geneve header") } else { Verdict::No }
}

fn teredo(seen: &Seen) -> Verdict {
    let mut data = seen.data;
    let mut indications = 0;
    // Authentication, then origin.
    if let Some([0, 1, client, auth, ..]) = data.first_chunk::<13>() {
        data = data.get(13 + usize::from(*client) + usize::from(*auth)..).unwrap_or_default();
        indications += 1;
    }
    if let Some([0, 0, ..]) = data.first_chunk::<8>() {
        data = data.get(8..).unwrap_or_default();
        indications += 1;
    }
    let length = at::u16(data, 4).map(usize::from);
    let skipped = seen.data.len() - data.len();
    let fits = length.is_some_and(|n| n + 40 + skipped == seen.wire || n + 40 + skipped + 16 >= seen.wire);
    let sound = at::u8(data, 0).is_some_and(|b| b >> 4 == 6) && fits && skipped + 40 <= seen.wire;
    let address =
        |at: usize| data.get(at..at + 4) == Some(&[0x20, 1, 0, 0]) || data.get(at..at + 2) == Some(&[0xfe, 0x80]);
    match sound && (address(8) || address(24)) {
        true if indications > 0 || exact(length, skipped, seen.wire) => Verdict::Yes("IPv6 between Teredo addresses"),
        true => Verdict::Weak("IPv6 between Teredo addresses"),
        false => Verdict::No,
    }
}

fn exact(length: Option<usize>, skipped: usize, wire: usize) -> bool {
    length.is_some_and(|n| n + 40 + skipped == wire)
}

fn capwap(seen: &Seen) -> Verdict {
    // A preamble of type 1 says that DTLS follows its four bytes.
    if let Some(inside) = seen.data.strip_prefix(&[1, 0, 0, 0]) {
        let record = matches!(inside.first(), Some(20..=23)) && matches!(inside.get(1..3), Some([0xfe, 0xff | 0xfd]));
        return if record { Verdict::Yes("CAPWAP preamble and DTLS") } else { Verdict::No };
    }
    let Some([0, second, _, fourth]) = seen.data.first_chunk() else { return Verdict::No };
    let header = usize::from(second >> 3) * 4;
    if !(8..=64).contains(&header) {
        return Verdict::No;
    }
    let (Some(message), Some(length)) = (at::u32(seen.data, header), at::u16(seen.data, header + 5)) else {
        return Verdict::No;
    };
    let known = (1..=26).contains(&message) || (0x0033_dd01..=0x0033_dd20).contains(&message);
    // The length counts itself in some products, and not in others.
    let elements = seen.wire.checked_sub(header + 8);
    let fits = elements.is_some_and(|n| (n..=n + 3).contains(&usize::from(length)));
    match known {
        true if fits => Verdict::Yes("CAPWAP control message"),
        // A frame that was not looked into: reserved bits are zero, nothing is fragmented.
        _ if seen.usual && fourth & 0xc7 == 0 && at::u32(seen.data, 4) == Some(0) => {
            Verdict::Weak("CAPWAP data header")
        }
        _ => Verdict::No,
    }
}

fn l2tp(seen: &Seen) -> Verdict {
    let Some(flags) = at::u16(seen.data, 0) else { return Verdict::No };
    let control = flags & 0xc80f == 0xc802 && flags & 0x30f0 == 0;
    let fits = at::u16(seen.data, 2).map(usize::from) == Some(seen.wire) && seen.wire >= 12;
    // The first attribute of a control message is its type: mandatory, eight bytes, vendor 0, type 0.
    let first = seen.data.get(12..18);
    match control && fits {
        true if seen.wire == 12 => Verdict::Weak("L2TP acknowledgement"),
        true if matches!(first, Some([0x80, 8, 0, 0, 0, 0])) => Verdict::Yes("L2TP control message"),
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn control_messages() {
        let create = b"\x48\x20\0\x0c\0\0\0\0\0\0\x01\0\x01\0\0\0";
        let hello = b"\xc8\x02\0\x14\0\0\0\0\0\0\0\0\x80\x08\0\0\0\0\0\x06";
        let discovery = b"\0\x10\x02\0\0\0\0\0\0\0\0\x01\0\0\x07\0\x14\0\x01\0\0";
        for (message, name) in [(&create[..], "GTP_C"), (hello, "L2TP"), (discovery, "CAPWAP")] {
            assert_eq!(Talk::udp(4000, 9999).client(message).run().names(), [name]);
        }
    }

    #[test]
    fn damaged() {
        let echo = b"\x32\x01\0\x04\0\0\0\0\0\0\0\0";
        survives(&GTP_U, &[echo, b"\x08\0\0\0\0\0\x01\0abcdefabcdef\x08\0"]);
    }
}

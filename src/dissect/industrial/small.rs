//! Plant and building protocols that are known by the form of one message: EtherNet/IP and CIP, BACnet, OPC UA,
//! PROFINET IO, FINS, HART-IP, KNXnet/IP, ADS, S-Bus, EtherSIO, CNP/IP, tank gauges, CAN in UDP, EGD, TRDP, HiSLIP.
//!
//! Extracted: the endpoint of OPC UA.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// A message whose length is known to be right, wrong, or not yet there.
fn judge(seen: &Seen, found: Result<Option<&'static str>, Incomplete>) -> Verdict {
    match found {
        Ok(Some(what)) => Verdict::Yes(what),
        Ok(None) => Verdict::No,
        Err(_) if seen.datagram() || seen.data.len() >= 4096 => Verdict::No,
        Err(_) => Verdict::More,
    }
}

/// EtherNet/IP.
pub static ENIP: Protocol = Protocol {
    name: "EthernetIP",
    eve: "enip",
    category: "Network",
    how: "an encapsulation header with a known command, its length and no options",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[44818],
    starts: &[Start::Mask(0, 0x80ff_0000, 0)],
    probe: |seen| judge(seen, enip(seen)),
    ..Protocol::NEW
};

fn enip(seen: &Seen) -> Result<Option<&'static str>, Incomplete> {
    let mut r = Reader::new(seen.data);
    let command = r.u16_le("command")?;
    if !matches!(command, 0x04 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73) {
        return Ok(None);
    }
    let length = usize::from(r.u16_le("length")?);
    r.skip(4, "session")?;
    let status = r.u32_le("status")?;
    r.skip(8, "sender context")?;
    let options = r.u32_le("options")?;
    let fits = if seen.datagram() { r.left() == length || !seen.complete() } else { length <= 4096 };
    Ok((status <= 0x6a && options == 0 && fits).then_some("EtherNet/IP encapsulation header"))
}

/// CIP: cyclic data.
pub static CIP: Protocol = Protocol {
    name: "CIP",
    category: "IoT-Scada",
    how: "a sequenced address item and a data item that fill the datagram",
    over: &[Transport::Udp],
    ports: &[2222],
    starts: &[Start::At(0, &[2, 0, 2, 0x80, 8, 0])],
    probe: |seen| match seen.data.get(14..18) {
        Some([0xb1 | 0xb0, 0, low, high]) if usize::from(u16::from_le_bytes([*low, *high])) + 18 == seen.wire => {
            Verdict::Yes("sequenced address and data items")
        }
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// BACnet/IP.
pub static BACNET: Protocol = Protocol {
    name: "BACnet",
    eve: "bacnet",
    category: "IoT-Scada",
    how: "a BVLC header whose length is that of the datagram",
    over: &[Transport::Udp],
    ports: &[47808],
    starts: &[Start::At(0, &[0x81])],
    probe: bacnet,
    ..Protocol::NEW
};

fn bacnet(seen: &Seen) -> Verdict {
    let [_, function, high, low, rest @ ..] = seen.data else { return Verdict::No };
    if usize::from(u16::from_be_bytes([*high, *low])) != seen.wire {
        return Verdict::No;
    }
    match (function, rest) {
        (4, [_, _, _, _, _, _, 1, ..]) | (9..=11, [1, ..]) => Verdict::Yes("BVLC header and network layer version 1"),
        (0, [0, _]) | (5, [_, _]) | (2 | 6 | 12, []) => Verdict::Yes("BVLC message of its fixed size"),
        (1 | 3 | 7 | 8, _) if rest.len() % 2 == 0 => Verdict::Weak("BVLC table"),
        _ => Verdict::No,
    }
}

/// OPC UA.
pub static OPC_UA: Protocol = Protocol {
    name: "OPC-UA",
    category: "IoT-Scada",
    how: "a message header of the binary connection protocol",
    over: &[Transport::Tcp],
    ports: &[4840],
    starts: &[
        Start::At(0, b"HELF"),
        Start::At(0, b"ACKF"),
        Start::At(0, b"ERRF"),
        Start::At(0, b"RHEF"),
        Start::At(0, b"OPNF"),
        Start::At(0, b"MSGF"),
    ],
    fields: &[&ENDPOINT],
    probe: |seen| {
        let length = seen.data.get(4..8).and_then(<[u8]>::first_chunk).map(|b| u32::from_le_bytes(*b));
        match length {
            None => Verdict::More,
            Some(8..=0x100_0000) => Verdict::Yes("OPC UA message header"),
            Some(_) => Verdict::No,
        }
    },
    reading: Reading::Stateless(read_opc),
    ..Protocol::NEW
};

static ENDPOINT: Field = Field::new("opcua", "endpoint");

fn read_opc(cx: &mut Cx, data: &[u8]) -> Step {
    if !data.starts_with(b"HELF") {
        return Step::Done;
    }
    let mut r = Reader::new(data);
    let mut endpoint = || {
        r.skip(28, "header, buffers")?;
        let length = usize::try_from(r.u32_le("length")?).unwrap_or(usize::MAX).min(4096);
        r.take(length, "endpoint")
    };
    let Ok(endpoint) = endpoint() else { return Step::Used(0) };
    cx.text(&ENDPOINT, endpoint);
    cx.note_fact("hello to", &ENDPOINT);
    Step::Done
}

/// PROFINET IO, known only inside connectionless DCE RPC.
pub static PROFINET: Protocol = Protocol {
    name: "PROFINET_IO",
    category: "IoT-Scada",
    how: "the interface of PROFINET IO in a connectionless RPC header",
    over: &[Transport::Udp],
    app: Some("PROFINET_IO"),
    ..Protocol::NEW
};

/// Whether a connectionless RPC header is for the interfaces of PROFINET IO: dea000xx-6c97-11d1-8271, in either order
/// of bytes.
#[must_use]
pub fn is_profinet(data: &[u8]) -> bool {
    let little = [0xa0, 0xde, 0x97, 0x6c, 0xd1, 0x11, 0x82, 0x71];
    let big = [0x6c, 0x97, 0x11, 0xd1, 0x82, 0x71];
    [24, 8].into_iter().any(|at| data.get(at + 2..at + 10) == Some(&little) || data.get(at + 4..at + 10) == Some(&big))
}

/// FINS.
pub static FINS: Protocol = Protocol {
    name: "FINS",
    category: "IoT-Scada",
    how: "FINS before a length over TCP; over UDP a header with a known command",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[9600],
    starts: &[Start::At(0, b"FINS"), Start::Mask(0, 0x3eff_f800, 0x0000_0000)],
    probe: fins,
    ..Protocol::NEW
};

fn fins(seen: &Seen) -> Verdict {
    match seen.data {
        [b'F', b'I', b'N', b'S', 0, 0, _, _, 0, 0, 0, 0..=6, ..] if !seen.datagram() => Verdict::Yes("FINS/TCP header"),
        [b'F', ..] if seen.data.len() < 12 && !seen.datagram() => Verdict::More,
        [0x80..=0x81 | 0xc0..=0xc1, 0, 2..=7, 0..=127, _, _, 0..=127, _, _, _, group, code, ..] if seen.datagram() => {
            let known = matches!(
                (group, code),
                (1, 1..=5)
                    | (2, 1..=3 | 0x20)
                    | (3, 4..=7)
                    | (4, 1..=2)
                    | (5, 1..=3)
                    | (6, 1 | 0x20)
                    | (7, 1..=2)
                    | (8, 1)
                    | (9, 0x20)
                    | (0x0c, 1..=3)
                    | (0x21, 1..=3)
                    | (0x22, 1..=0x20)
                    | (0x23, 1..=2)
            );
            if known { Verdict::Yes("FINS header with a known command") } else { Verdict::No }
        }
        _ => Verdict::No,
    }
}

/// HART-IP.
pub static HART: Protocol = Protocol {
    name: "HART-IP",
    category: "IoT-Scada",
    how: "a header of version 1 with known type and id and the message's length",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[5094],
    starts: &[Start::Mask(0, 0xfcf0_f000, 0)],
    probe: |seen| judge(seen, hart(seen)),
    ..Protocol::NEW
};

fn hart(seen: &Seen) -> Result<Option<&'static str>, Incomplete> {
    let mut r = Reader::new(seen.data);
    let [version, kind, id] = r.array("version, type, id")?;
    if !matches!((version, kind, id), (1 | 2, 0..=3 | 15, 0..=4)) {
        return Ok(None);
    }
    r.skip(3, "status, sequence")?;
    let length = usize::from(r.u16("length")?);
    let whole = if seen.datagram() { length == seen.wire } else { length == seen.data.len() };
    // The session's beginning has a fixed size.
    let fixed = match id {
        0 => length == 13 || length == 8,
        1 | 2 => length == 8,
        _ => length >= 13,
    };
    Ok((whole && fixed).then_some("HART-IP header with the message's length"))
}

/// KNXnet/IP.
pub static KNX: Protocol = Protocol {
    name: "KNXnet_IP",
    category: "IoT-Scada",
    how: "a header of version 1.0 with a known service and the message's length",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[3671],
    starts: &[Start::At(0, &[0x06, 0x10])],
    probe: |seen| match seen.data {
        [6, 0x10, 2 | 3 | 4 | 5 | 6 | 7 | 9, _, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let next = seen.data.get(length..).unwrap_or_default();
            let whole = if seen.datagram() { length == seen.wire } else { length == seen.data.len() };
            if length >= 6 && (whole || next.starts_with(&[6, 0x10])) {
                Verdict::Yes("KNXnet/IP header with the message's length")
            } else {
                Verdict::No
            }
        }
        short if short.len() < 6 && !seen.datagram() => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// Beckhoff ADS.
pub static ADS: Protocol = Protocol {
    name: "BeckhoffADS",
    category: "IoT-Scada",
    how: "an AMS header whose two lengths agree",
    over: &[Transport::Tcp],
    ports: &[48898],
    starts: &[Start::At(0, &[0, 0])],
    probe: |seen| judge(seen, ads(seen.data)),
    ..Protocol::NEW
};

fn ads(data: &[u8]) -> Result<Option<&'static str>, Incomplete> {
    let mut r = Reader::new(data);
    r.skip(2, "reserved")?;
    let length = r.u32_le("length")?;
    if !(32..1 << 20).contains(&length) {
        return Ok(None);
    }
    r.skip(16, "addresses")?;
    let (command, flags) = (r.u16_le("command")?, r.u16_le("flags")?);
    let inside = r.u32_le("data length")?;
    Ok((command <= 9 && matches!(flags, 4 | 5) && inside + 32 == length).then_some("AMS header whose lengths agree"))
}

/// S-Bus over UDP.
pub static SBUS: Protocol = Protocol {
    name: "Ether-S-Bus",
    category: "IoT-Scada",
    how: "the datagram's length, version and kind of telegram",
    over: &[Transport::Udp],
    ports: &[5050],
    starts: &[Start::Length(4, 0, 0)],
    probe: |seen| match seen.data.get(4..) {
        Some([0 | 1, 0, _, _, 0..=2, ..]) if seen.wire >= 11 => Verdict::Yes("S-Bus header with the datagram's length"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// EtherSIO.
pub static SIO: Protocol = Protocol {
    name: "EtherSIO",
    category: "IoT-Scada",
    how: "ESIO",
    over: &[Transport::Udp],
    ports: &[6060],
    starts: &[Start::At(0, b"ESIO")],
    probe: |seen| match seen.data {
        [_, _, _, _, 0, 0..=9, ..] => Verdict::Yes("ESIO"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// CNP/IP (CEA-852, LonWorks).
pub static CNP: Protocol = Protocol {
    name: "CNP-IP",
    category: "IoT-Scada",
    how: "a header of version 1 with known type and the datagram's length",
    over: &[Transport::Udp],
    ports: &[1628, 1629],
    starts: &[Start::Length(2, 0, 0)],
    probe: |seen| match seen.data.get(2..8) {
        Some([1, 1 | 3 | 4 | 6..=8 | 0x60..=0x72 | 0x7f, 0, _, 0, 0]) if seen.wire >= 20 => {
            Verdict::Yes("CNP/IP header with the datagram's length")
        }
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// Automatic tank gauges.
pub static ATG: Protocol = Protocol {
    name: "ATG",
    category: "IoT-Scada",
    how: "a function code of a tank gauge",
    over: &[Transport::Tcp],
    ports: &[10001],
    starts: &[Start::At(0, &[1, b'I']), Start::At(0, &[1, b'S'])],
    probe: |seen| match seen.data.get(2..8) {
        Some([digits @ .., end])
            if digits.iter().all(u8::is_ascii_digit) && matches!(end, b'\r' | b'\n' | 3 | b'0'..=b'9') =>
        {
            Verdict::Yes("function code of a tank gauge")
        }
        None if seen.data.iter().skip(2).all(u8::is_ascii_digit) => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// CAN frames in UDP.
pub static CAN: Protocol = Protocol {
    name: "Controller_Area_Network",
    category: "System",
    how: "ISO11898",
    over: &[Transport::Udp],
    starts: &[Start::At(0, b"ISO11898")],
    probe: |_| Verdict::Yes("ISO11898"),
    ..Protocol::NEW
};

/// Ethernet Global Data.
pub static EGD: Protocol = Protocol {
    name: "EthernetGlobalData",
    category: "IoT-Scada",
    how: "type 13, version 1 and a header with its reserved zeros",
    over: &[Transport::Udp],
    ports: &[18246],
    starts: &[Start::At(0, &[13, 1])],
    probe: |seen| {
        if seen.data.len() > 32 && seen.data.get(28..32) == Some(&[0; 4]) {
            Verdict::Yes("data message of version 1")
        } else {
            Verdict::No
        }
    },
    ..Protocol::NEW
};

/// Train Real-time Data Protocol.
pub static TRDP: Protocol = Protocol {
    name: "TRDP",
    category: "IoT-Scada",
    how: "version 1 and a known kind of message whose data fit",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[17224, 17225],
    starts: &[Start::Mask(4, 0xffff_ff00, 0x0100_5000), Start::Mask(4, 0xffff_ff00, 0x0100_4d00)],
    probe: |seen| judge(seen, trdp(seen)),
    ..Protocol::NEW
};

fn trdp(seen: &Seen) -> Result<Option<&'static str>, Incomplete> {
    let mut r = Reader::new(seen.data);
    r.skip(6, "sequence, version")?;
    let kind = r.array::<2>("kind")?;
    r.skip(12, "com id, topography")?;
    let length = usize::try_from(r.u32("dataset length")?).unwrap_or(usize::MAX);
    let header = match &kind {
        b"Pd" | b"Pr" | b"Pp" | b"Pe" => 40_usize,
        b"Mn" | b"Mr" | b"Mp" | b"Mq" | b"Mc" | b"Me" | b"Mk" => 116,
        _ => return Ok(None),
    };
    let fits = header.checked_add(length).is_some_and(|n| n <= seen.wire.next_multiple_of(4) || !seen.datagram());
    Ok((fits && length < 1 << 16).then_some("TRDP header"))
}

/// HiSLIP, for instruments.
pub static HISLIP: Protocol = Protocol {
    name: "HiSLIP",
    category: "IoT-Scada",
    how: "HS and a message header whose length is small",
    over: &[Transport::Tcp],
    ports: &[4880],
    starts: &[Start::At(0, b"HS")],
    probe: |seen| match seen.data {
        [_, _, 0..=26 | 128..=255, _, _, _, _, _, 0, 0, 0, 0, 0, _, _, _, ..] => Verdict::Yes("HiSLIP message header"),
        short if short.len() < 16 => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn each_is_named_and_survives() {
        let opc = [b"HELF\x38\0\0\0", &[0; 20][..], &[16, 0, 0, 0], b"opc.tcp://x:4840"].concat();
        let mut ams = vec![0, 0, 40, 0, 0, 0];
        ams.extend([7; 16]);
        ams.extend([2, 0, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let session: &[u8] = &[0x65, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 1, 0, 0, 0];
        let over_tcp: &[(&'static Protocol, &[u8])] = &[
            (&ENIP, session),
            (&OPC_UA, &opc),
            (&ADS, &ams),
            (&ATG, b"\x01I20100\r\n"),
            (&HISLIP, b"HS\0\0\x01\0XX\0\0\0\0\0\0\0\x07hislip0"),
            (&FINS, b"FINS\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"),
        ];
        for (protocol, data) in over_tcp {
            let talk = Talk::tcp(4000, 9998).client(&data[..1]).client(&data[1..]).run();
            assert_eq!(talk.names(), [protocol.name]);
            survives(protocol, &[data]);
        }
        let talk = Talk::tcp(4000, 9998).client(&opc).run();
        assert_eq!(facts(&talk, &ENDPOINT), ["opc.tcp://x:4840"]);
        let over_udp: &[(&'static Protocol, &[u8])] = &[
            (&ENIP, session),
            (&CIP, &[2, 0, 2, 0x80, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xb1, 0, 2, 0, 9, 9]),
            (&BACNET, &[0x81, 0x0a, 0, 8, 1, 0x20, 0xff, 0xff]),
            (&FINS, &[0x80, 0, 2, 0, 0, 0, 0, 0, 0, 0x7a, 1, 1, 0, 0, 0]),
            (&HART, &[1, 0, 0, 0, 0, 2, 0, 13, 1, 0, 0, 0x75, 0x30]),
            (&KNX, &[6, 0x10, 2, 1, 0, 14, 8, 1, 10, 0, 0, 1, 14, 87]),
            (&SBUS, &[0, 0, 0, 13, 1, 0, 0, 1, 0, 10, 0x20, 0x53, 0x18]),
            (&CAN, b"ISO11898\x01\x02"),
        ];
        for (protocol, data) in over_udp {
            assert_eq!(Talk::udp(4000, 9998).client(data).run().names(), [protocol.name]);
            survives(protocol, &[data]);
        }
    }
}

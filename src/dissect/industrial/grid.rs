//! Telecontrol of grids: DNP3 (IEEE 1815), IEC 60870-5-104, synchrophasors (IEEE C37.118), metering by DLMS/COSEM
//! (IEC 62056) and ANSI C12.22.
//!
//! Extracted: addresses of DNP3. Not extracted: points, measurements, objects of meters.

use crate::dissect::common::asn1;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// DNP3.
pub static DNP3: Protocol = Protocol {
    name: "DNP3",
    eve: "dnp3",
    category: "IoT-Scada",
    how: "the start bytes and a sound checksum of the header",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[20000],
    starts: &[Start::At(0, &[0x05, 0x64])],
    fields: &[&SOURCE, &TARGET],
    probe: dnp3,
    reading: Reading::Stateless(read_dnp3),
    ..Protocol::NEW
};

static SOURCE: Field = Field::new("dnp3", "src");
static TARGET: Field = Field::new("dnp3", "dst");

fn dnp3(seen: &Seen) -> Verdict {
    let Some(header) = seen.data.first_chunk::<10>() else {
        return if seen.datagram() { Verdict::No } else { Verdict::More };
    };
    let (head, sum) = header.split_at(8);
    let sound = !reflected(head, 0, 0xa6bc) == u16::from_le_bytes([sum[0], sum[1]]);
    let data = usize::from(header[2]).saturating_sub(5);
    let whole = 10 + data + data.div_ceil(16) * 2;
    match header[2] {
        0..5 => Verdict::No,
        _ if sound => Verdict::Yes("link header with a sound checksum"),
        // Some test devices do not count; then all lengths must agree.
        _ if whole == seen.wire && data > 0 => Verdict::Weak("link header whose length fits"),
        _ => Verdict::No,
    }
}

fn read_dnp3(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    let mut addresses = || -> Result<(u16, u16), Incomplete> {
        r.skip(4, "start, length, control")?;
        Ok((r.u16_le("destination")?, r.u16_le("source")?))
    };
    if let Ok((target, source)) = addresses() {
        cx.number(&SOURCE, source);
        cx.number(&TARGET, target);
        cx.note_fact("from station", &SOURCE);
    }
    Step::Done
}

/// A checksum of 16 bits that takes the lowest bit first.
fn reflected(data: &[u8], start: u16, polynomial: u16) -> u16 {
    data.iter().fold(start, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |s, _| if s & 1 == 1 { s >> 1 ^ polynomial } else { s >> 1 })
    })
}

/// CRC-CCITT, highest bit first.
fn ccitt(data: &[u8]) -> u16 {
    data.iter().fold(0xffff, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |s: u16, _| if s & 0x8000 == 0 { s << 1 } else { s << 1 ^ 0x1021 })
    })
}

/// IEC 60870-5-104.
pub static IEC104: Protocol = Protocol {
    name: "IEC60870",
    category: "IoT-Scada",
    how: "frames of start byte, length and control field; a start or test frame alone",
    over: &[Transport::Tcp],
    ports: &[2404],
    starts: &[Start::At(0, &[0x68])],
    probe: iec104,
    ..Protocol::NEW
};

fn iec104(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    let mut count = 0;
    loop {
        match apdu(&mut r) {
            Ok(Some(true)) => return Verdict::Yes("IEC 104 control frame"),
            Ok(Some(false)) if count > 0 => return Verdict::Yes("IEC 104 frames that follow one another"),
            Ok(Some(false)) => count += 1,
            Ok(None) => return Verdict::No,
            Err(_) if count == 0 => return Verdict::More,
            Err(_) => {
                let other = matches!(apdu(&mut Reader::new(seen.other)), Ok(Some(_)));
                return if other {
                    Verdict::Yes("IEC 104 frames in both directions")
                } else {
                    Verdict::Weak("IEC 104 information frame")
                };
            }
        }
    }
}

/// One frame; whether it is enough by itself.
fn apdu(r: &mut Reader) -> Result<Option<bool>, Incomplete> {
    let (start, length) = (r.u8("start")?, r.u8("length")?);
    if start != 0x68 || !(4..=253).contains(&length) {
        return Ok(None);
    }
    let control = r.array::<4>("control")?;
    Ok(match (control, length) {
        // Start, stop, test: asked or confirmed.
        ([0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83, 0, 0, 0], 4) => Some(true),
        // Received so far.
        ([0x01, 0, low, _], 4) if low & 1 == 0 => Some(r.is_empty() || r.rest().starts_with(&[0x68])),
        ([send, _, low, _], 10..) if send & 1 == 0 && low & 1 == 0 => {
            let body = r.take(usize::from(length) - 4, "information")?;
            let sound = matches!(body, [1..=40 | 45..=64 | 70 | 100..=107 | 110..=113 | 120..=127, _, cause, ..]
                if (1..=47).contains(&(cause & 0x3f)));
            sound.then_some(false)
        }
        _ => None,
    })
}

/// Synchrophasors.
pub static PHASOR: Protocol = Protocol {
    name: "IEEE-C37118",
    category: "IoT-Scada",
    how: "the sync word, and a checksum at the end of the stated size",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[4712, 4713],
    starts: &[Start::Mask(0, 0xff8c_0000, 0xaa00_0000)],
    probe: phasor,
    ..Protocol::NEW
};

fn phasor(seen: &Seen) -> Verdict {
    let Some(size) = seen.data.get(2..4).and_then(<[u8]>::first_chunk) else { return Verdict::More };
    let size = usize::from(u16::from_be_bytes(*size));
    if size < 16 || (seen.datagram() && size > seen.wire) {
        return Verdict::No;
    }
    let Some((body, sum)) = seen.data.get(..size).and_then(<[u8]>::split_last_chunk::<2>) else {
        return if seen.datagram() || seen.data.len() >= 4096 { Verdict::No } else { Verdict::More };
    };
    if ccitt(body) == u16::from_be_bytes(*sum) { Verdict::Yes("frame with a sound checksum") } else { Verdict::No }
}

/// DLMS/COSEM.
pub static DLMS: Protocol = Protocol {
    name: "IEC62056",
    category: "IoT-Scada",
    how: "an HDLC frame with its length between flags, or the wrapper before a known service",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[4059],
    starts: &[Start::Mask(0, 0xfff0_0000, 0x7ea0_0000), Start::At(0, &[0, 1])],
    probe: dlms,
    ..Protocol::NEW
};

fn dlms(seen: &Seen) -> Verdict {
    let data = seen.data;
    match data {
        [0x7e, high, low, ..] => {
            let length = usize::from(high & 7) << 8 | usize::from(*low);
            let Some(frame) = data.get(1..=length) else {
                return if seen.datagram() { Verdict::No } else { Verdict::More };
            };
            let sum = frame
                .split_last_chunk::<2>()
                .map(|(body, sum)| (!reflected(body, 0xffff, 0x8408), u16::from_le_bytes(*sum)));
            match sum {
                Some((a, b)) if a == b => Verdict::Yes("HDLC frame with a sound checksum"),
                _ => Verdict::No,
            }
        }
        [0, 1, 0, _, 0, _, high, low, service, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            match service {
                _ if length + 8 != data.len() => Verdict::No,
                0x60 | 0x61 if data.get(9).is_some_and(|n| usize::from(*n) + 10 == data.len()) => {
                    Verdict::Yes("association in the COSEM wrapper")
                }
                0x0f | 0xc0..=0xc7 | 0xc8..=0xcf | 0xd0..=0xd8 | 0xdb..=0xdf | 0xe0 | 0xe6 => {
                    Verdict::Weak("COSEM wrapper")
                }
                _ => Verdict::No,
            }
        }
        _ if seen.datagram() => Verdict::No,
        _ if data.len() < 9 => Verdict::More,
        _ => Verdict::No,
    }
}

/// ANSI C12.22.
pub static C1222: Protocol = Protocol {
    name: "ANSI_C1222",
    category: "IoT-Scada",
    how: "an association of called and calling titles that carries user information",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[1153],
    starts: &[Start::At(0, &[0x60])],
    probe: c1222,
    ..Protocol::NEW
};

fn c1222(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    let body = match asn1::expect(&mut r, 0x60, "association") {
        Ok(body) => body,
        Err(_) if seen.datagram() || seen.data.len() > 4096 => return Verdict::No,
        Err(_) => return Verdict::More,
    };
    let mut inside = body;
    let (mut called, mut last) = (false, 0);
    while let Ok(element) = asn1::element(&mut inside) {
        if !matches!(element.tag, 0xa1..=0xac | 0x8b | 0xbe) || element.tag <= last {
            return Verdict::No;
        }
        called |= element.tag == 0xa2 || element.tag == 0xa6;
        last = element.tag;
    }
    let invoked = last == 0xbe && body.left() > 8 && !body.rest().starts_with(&[0xa1]);
    if inside.is_empty() && called && invoked { Verdict::Yes("C12.22 association") } else { Verdict::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const LINK: &[u8] = &[0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04, 0xe9, 0x21];
    const METER: &[u8] = &[0x7e, 0xa0, 0x07, 0x03, 0x03, 0x93, 0x8c, 0x11, 0x7e];
    const PMU: &[u8] = &[0xaa, 0x41, 0, 18, 0, 60, 0x48, 0x99, 0x90, 0x9a, 0, 0x34, 0x2e, 0xd5, 0, 1, 0x56, 0x0b];
    const TITLES: &[u8] = &[0x60, 17, 0xa2, 3, 6, 1, 7, 0xa6, 3, 6, 1, 8, 0xbe, 5, 0x28, 3, 0x81, 1, 0x20];

    #[test]
    fn each_is_named() {
        let talk = Talk::tcp(4000, 9998).client(&LINK[..1]).client(&LINK[1..]).run();
        assert_eq!((talk.names(), facts(&talk, &SOURCE)), (vec!["DNP3"], vec!["1024".to_string()]));
        let tcp = |data: &[u8]| Talk::tcp(4000, 9998).client(&data[..1]).client(&data[1..]).run().names();
        assert_eq!(tcp(&[0x68, 4, 7, 0, 0, 0]), ["IEC60870"]);
        assert_eq!(tcp(TITLES), ["ANSI_C1222"]);
        assert_eq!(tcp(METER), ["IEC62056"]);
        assert_eq!(Talk::udp(4000, 9998).client(PMU).run().names(), ["IEEE-C37118"]);
        assert!(tcp(&[0x68, 4, 9, 1, 2, 3]).is_empty());
    }

    #[test]
    fn damage_is_survived() {
        for (protocol, message) in
            [(&DNP3, LINK), (&IEC104, &[0x68, 4, 1, 0, 2, 0][..]), (&DLMS, METER), (&PHASOR, PMU), (&C1222, TITLES)]
        {
            survives(protocol, &[message]);
        }
    }
}

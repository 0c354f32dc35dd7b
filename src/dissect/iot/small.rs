//! Things and vehicles, known by the form of one message: SOME/IP, DDS (RTPS), UFTP, smart plugs of TP-Link, Tuya's
//! devices, TiVo.

use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};
use crate::packet::{Incomplete, Reader};

const UDP: &[Transport] = &[Transport::Udp];
const BOTH: &[Transport] = &[Transport::Tcp, Transport::Udp];

/// SOME/IP.
pub static SOMEIP: Protocol = Protocol {
    name: "SOMEIP",
    category: "RPC",
    how: "headers of protocol version 1 with known kinds whose lengths fill the message",
    over: BOTH,
    ports: &[30490, 30491, 30501],
    starts: &[Start::Mask(12, 0xff00_0000, 0x0100_0000)],
    probe: |seen| match someip(seen) {
        Ok(verdict) => verdict,
        Err(_) if seen.datagram() || seen.data.len() > 2048 => Verdict::No,
        Err(_) => Verdict::More,
    },
    ..Protocol::NEW
};

fn someip(seen: &Seen) -> Result<Verdict, Incomplete> {
    let mut r = Reader::new(seen.data);
    let mut count = 0;
    while !r.is_empty() && count < 8 {
        r.skip(4, "service, method")?;
        let length = usize::try_from(r.u32("length")?).unwrap_or(usize::MAX);
        r.skip(4, "request")?;
        let [version, _, kind, code] = r.array("versions, kind, code")?;
        let sound =
            version == 1 && matches!(kind & 0xdf, 0..=2 | 0x40..=0x42 | 0x80 | 0x81 | 0xc0 | 0xc1) && code <= 0x5e;
        if !sound || !(8..1 << 20).contains(&length) {
            return Ok(Verdict::No);
        }
        match r.skip(length - 8, "payload") {
            Ok(()) => count += 1,
            Err(_) if !seen.complete() => return Ok(Verdict::Weak("SOME/IP header, cut")),
            Err(missing) => return Err(missing),
        }
    }
    Ok(Verdict::Yes("SOME/IP messages that fill what carries them"))
}

/// DDS's wire protocol.
pub static RTPS: Protocol = Protocol {
    name: "RTPS",
    category: "RPC",
    how: "RTPS and version 2",
    over: UDP,
    ports: &[7400, 7401],
    starts: &[Start::At(0, b"RTPS\x02"), Start::At(0, b"RTPX\x02"), Start::At(0, b"RTPS\x01")],
    probe: |_| Verdict::Yes("RTPS header"),
    ..Protocol::NEW
};

/// UFTP, for files by multicast.
pub static UFTP: Protocol = Protocol {
    name: "UFTP",
    category: "Download",
    how: "a header whose function is repeated in the message behind it",
    over: UDP,
    ports: &[1044],
    starts: &[Start::At(0, &[0x30]), Start::At(0, &[0x40]), Start::At(0, &[0x50])],
    probe: |seen| match seen.data.first_chunk::<18>() {
        Some([_, kind @ 1..=16, _, _, _, _, _, _, _, _, _, _, _, _, _, 0 | 1, again, words])
            if kind == again && *words > 0 && usize::from(*words) * 4 + 16 <= seen.wire =>
        {
            Verdict::Yes("UFTP header and message")
        }
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// TP-Link's smart home devices: JSON under a key that follows the text.
pub static TPLINK: Protocol = Protocol {
    name: "TPLINK_SHP",
    category: "IoT-Scada",
    how: "JSON masked by its own text, beginning with the key 171",
    over: BOTH,
    ports: &[9999],
    starts: &[Start::At(0, &[0xd0]), Start::At(4, &[0xd0])],
    probe: |seen| {
        let data = if seen.datagram() { seen.data } else { seen.data.get(4..).unwrap_or_default() };
        if data.len() < 12 && !seen.datagram() {
            return Verdict::More;
        }
        let mut key = 171;
        let clear = data.iter().take(24).map(|b| b ^ std::mem::replace(&mut key, *b));
        let text = clear.collect::<Vec<u8>>();
        let opens = matches!(text.as_slice(), [b'{', b'"' | b'}', ..]);
        if opens && text.len() > 5 && text.iter().all(|b| (b' '..=b'~').contains(b)) {
            Verdict::Yes("masked JSON")
        } else {
            Verdict::No
        }
    },
    ..Protocol::NEW
};

/// Tuya's devices.
pub static TUYA: Protocol = Protocol {
    name: "TuyaLP",
    category: "IoT-Scada",
    how: "prefix and length, or prefix and suffix",
    over: BOTH,
    ports: &[6666, 6667, 6668],
    starts: &[Start::At(0, &[0, 0, 0x55, 0xaa]), Start::At(0, &[0, 0, 0x66, 0x99])],
    probe: |seen| match seen.data.get(12..16) {
        Some([0, 0, _, _]) => Verdict::Yes("prefix and a length"),
        Some([_, _, ..]) if seen.data.starts_with(&[0, 0, 0x66]) => Verdict::Yes("prefix"),
        None if !seen.datagram() => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

/// TiVo.
pub static TIVO: Protocol = Protocol {
    name: "TiVoConnect",
    category: "Network",
    how: "TiVoConnect=",
    over: BOTH,
    ports: &[2190],
    starts: &[Start::Text(b"tivoconnect=")],
    probe: |_| Verdict::Yes("TiVoConnect="),
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn each_is_named_and_survives() {
        let mut key = 171_u8;
        let masked: Vec<u8> = b"{\"system\":{\"get_sysinfo\":{}}}"
            .iter()
            .map(|b| {
                key ^= b;
                key
            })
            .collect();
        let someip = [0x12, 0x34, 0, 8, 0, 0, 0, 10, 0, 0, 0, 1, 1, 1, 0, 0, 0xab, 0xcd];
        let mut uftp = vec![0x40, 1, 0, 0, 10, 0, 0, 1, 9, 9, 9, 9, 0, 0x9d, 0, 0, 1, 2];
        uftp.extend([0; 6]);
        for (protocol, message) in [
            (&SOMEIP, &someip[..]),
            (&RTPS, b"RTPS\x02\x01\x01\x0f"),
            (&UFTP, &uftp),
            (&TPLINK, &masked),
            (&TUYA, b"\0\0\x55\xaa\0\0\0\0\0\0\0\x13\0\0\0\xac\0\0"),
            (&TIVO, b"TiVoConnect=1\n"),
        ] {
            assert_eq!(Talk::udp(4000, 9998).client(message).run().names(), [protocol.name]);
            survives(protocol, &[message]);
        }
    }
}

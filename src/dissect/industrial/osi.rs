//! What runs over TPKT and COTP in plants: Siemens' S7 protocols and MMS (ISO 9506, as in IEC 61850).
//!
//! Extracted: nothing; the connection request waits for what the transport carries.

use crate::dissect::common::cotp::{self, Cotp};
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};
use crate::packet::Reader;

/// S7.
pub static S7: Protocol = Protocol {
    name: "S7Comm",
    eve: "s7comm",
    category: "IoT-Scada",
    how: "protocol id 0x32 over COTP",
    over: &[Transport::Tcp],
    ports: &[102],
    starts: &[Start::At(0, &[3, 0])],
    probe: |seen| {
        probe(seen, |data| match data {
            [0x32, 1 | 2 | 3 | 7, 0, 0, ..] => Some("S7 message over COTP"),
            _ => None,
        })
    },
    ..Protocol::NEW
};

/// S7 of the newer controllers.
pub static S7_PLUS: Protocol = Protocol {
    name: "S7CommPlus",
    category: "IoT-Scada",
    how: "protocol id 0x72 over COTP",
    over: &[Transport::Tcp],
    ports: &[102],
    starts: &[Start::At(0, &[3, 0])],
    probe: |seen| {
        probe(seen, |data| match data {
            [0x72, 1..=3 | 0xff, ..] => Some("S7 Plus message over COTP"),
            _ => None,
        })
    },
    ..Protocol::NEW
};

/// MMS.
pub static MMS: Protocol = Protocol {
    name: "ISO9506-1-MMS",
    category: "IoT-Scada",
    how: "the object identifier of MMS in a session connect, or presentation data of its context",
    over: &[Transport::Tcp],
    ports: &[102],
    starts: &[Start::At(0, &[3, 0])],
    probe: |seen| {
        probe(seen, |data| match data {
            [0x0d | 0x0e, ..] if memchr::memmem::find(data, &[0x28, 0xca, 0x22, 0x02]).is_some() => {
                Some("session connect with the object identifier of MMS")
            }
            [1, 0, 1, 0, 0x61, rest @ ..] if mms_data(rest) => Some("MMS message"),
            // Straight over COTP (IEC 61850 without session): confirmed request, response, initiate.
            _ => None,
        })
    },
    ..Protocol::NEW
};

/// Presentation data of context 3 in their lengths: `61 len 30 len 02 01 03 a0 len ...`.
fn mms_data(rest: &[u8]) -> bool {
    rest.windows(4).take(8).any(|w| matches!(w, [2, 1, 3, 0xa0]))
}

/// Looks into the first data packet; connection requests before it are passed.
fn probe(seen: &Seen, is: fn(&[u8]) -> Option<&'static str>) -> Verdict {
    let mut r = Reader::new(seen.data);
    for _ in 0..4 {
        let body = match cotp::frame(&mut r) {
            Ok(Some(body)) => body,
            Ok(None) => return Verdict::No,
            Err(_) => return Verdict::More,
        };
        match Cotp::new(body) {
            Some(Cotp::Data(data)) => match is(data) {
                Some(what) => return Verdict::Yes(what),
                None if data.len() < 2 => {}
                None => return Verdict::No,
            },
            Some(Cotp::Connect(_)) => {}
            _ => return Verdict::No,
        }
    }
    Verdict::No
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const CONNECT: &[u8] = &[3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 9, 0, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2, 0xc0, 1, 10];
    const SETUP: &[u8] = &[3, 0, 0, 13, 2, 0xf0, 0x80, 0x32, 1, 0, 0, 0, 0];

    #[test]
    fn by_what_the_transport_carries() {
        let talk = |data: &[u8]| Talk::tcp(4000, 9998).client(&CONNECT[..1]).client(&CONNECT[1..]).client(data).run();
        assert_eq!(talk(SETUP).names(), ["S7Comm"]);
        assert_eq!(talk(&[3, 0, 0, 11, 2, 0xf0, 0x80, 0x72, 1, 0, 4]).names(), ["S7CommPlus"]);
        let mms = [3, 0, 0, 20, 2, 0xf0, 0x80, 1, 0, 1, 0, 0x61, 7, 0x30, 5, 2, 1, 3, 0xa0, 0];
        assert_eq!(talk(&mms).names(), ["ISO9506-1-MMS"]);
        survives(&S7, &[CONNECT, SETUP]);
        survives(&MMS, &[&mms]);
    }
}

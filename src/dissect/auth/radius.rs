//! RADIUS (RFC 2865, RFC 2866, RFC 5176).
//!
//! Extracted: code, user, network access server, stations. Not extracted: other attributes.

use std::net::Ipv4Addr;

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// RADIUS.
pub static RADIUS: Protocol = Protocol {
    name: "Radius",
    eve: "radius",
    category: "Network",
    how: "a known code, the datagram's length, and a chain of attributes that fills it",
    over: &[Transport::Udp],
    ports: &[1812, 1813, 1645, 1646, 3799],
    starts: &[Start::Length(2, 2, 0), Start::Port],
    fields: &[&CODE, &USER, &NAS, &NAS_NAME, &CALLED, &CALLING],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static CODE: Field = Field::list("radius", "code");
static USER: Field = Field::new("radius", "username");
static NAS: Field = Field::new("radius", "nas_ip");
static NAS_NAME: Field = Field::new("radius", "nas_identifier");
static CALLED: Field = Field::new("radius", "called_station");
static CALLING: Field = Field::new("radius", "calling_station");

fn probe(seen: &Seen) -> Verdict {
    let (Some(code), Some(length)) = (at::u8(seen.data, 0), at::u16(seen.data, 2).map(usize::from)) else {
        return Verdict::No;
    };
    if code_name(code).is_none() || !(20..=4096).contains(&length) {
        return Verdict::No;
    }
    // Bytes behind the length are padding; a capture may be cut.
    let exact = length == seen.wire;
    let attributes =
        attributes(seen.data.get(20..length).unwrap_or(seen.data.get(20..).unwrap_or_default()), |_, _| {});
    match attributes {
        Some(2..) if exact => Verdict::Yes("RADIUS attributes fill the datagram"),
        Some(1) if exact => Verdict::Yes("a RADIUS attribute fills the datagram"),
        Some(0) if exact => Verdict::Weak("RADIUS header"),
        _ if exact => Verdict::Weak("RADIUS header"),
        None if seen.usual && length <= seen.wire && matches!(seen.data.get(20..22), Some([1..=79, 3..=255])) => {
            Verdict::Weak("RADIUS header and attribute")
        }
        Some(1..) if seen.usual => Verdict::Weak("RADIUS attributes"),
        _ => Verdict::No,
    }
}

/// Goes through attributes of two bytes of head; the number of them if they fill the bytes.
fn attributes<'a>(mut data: &'a [u8], mut each: impl FnMut(u8, &'a [u8])) -> Option<usize> {
    let mut count = 0;
    while let Some([kind, length]) = data.first_chunk() {
        let value = data.get(2..usize::from(*length))?;
        if *kind == 0 {
            return None;
        }
        each(*kind, value);
        data = data.get(usize::from(*length)..)?;
        count += 1;
    }
    data.is_empty().then_some(count)
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if let Some(word) = data.first().and_then(|c| code_name(*c)) {
        cx.word(&CODE, word);
    }
    attributes(data.get(20..).unwrap_or_default(), |kind, value| match kind {
        1 => {
            cx.text(&USER, value);
            cx.note_fact("RADIUS user", &USER);
        }
        4 => {
            if let Some(address) = at::u32(value, 0) {
                cx.address(&NAS, Ipv4Addr::from(address).into());
            }
        }
        30 => {
            cx.text(&CALLED, value);
        }
        31 => {
            cx.text(&CALLING, value);
        }
        32 => {
            cx.text(&NAS_NAME, value);
        }
        _ => {}
    });
    Step::Used(0)
}

fn code_name(code: u8) -> Option<&'static str> {
    Some(match code {
        1 => "Access-Request",
        2 => "Access-Accept",
        3 => "Access-Reject",
        4 => "Accounting-Request",
        5 => "Accounting-Response",
        11 => "Access-Challenge",
        12 => "Status-Server",
        13 => "Status-Client",
        40 => "Disconnect-Request",
        41 => "Disconnect-ACK",
        42 => "Disconnect-NAK",
        43 => "CoA-Request",
        44 => "CoA-ACK",
        45 => "CoA-NAK",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REQUEST: &[u8] = b"\x01\x05\0\x1e0123456789abcdef\x01\x04me\x04\x06\x0a\0\0\x01";

    #[test]
    fn a_request() {
        let talk = Talk::udp(4000, 9999).client(REQUEST).run();
        assert_eq!(talk.names(), ["Radius"]);
        assert_eq!(facts(&talk, &USER), ["me"]);
        assert_eq!(facts(&talk, &NAS), ["10.0.0.1"]);
        survives(&RADIUS, &[REQUEST]);
    }
}

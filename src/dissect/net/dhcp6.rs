//! DHCP for IPv6 (RFC 8415).
//!
//! Extracted: message type, the client's name (option 39), vendor class. Not extracted: addresses and prefixes given.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// DHCPv6.
pub static DHCPV6: Protocol = Protocol {
    name: "DHCPV6",
    eve: "dhcpv6",
    category: "Network",
    how: "a chain of options with a DUID that fills the datagram",
    over: &[Transport::Udp],
    ports: &[546, 547],
    starts: &[
        // The first option's code and length are below 256 and 512, behind either header.
        Start::Mask(4, 0xff00_fe00, 0),
        Start::Mask(34, 0xff00_fe00, 0),
        Start::Port,
    ],
    fields: &[&MESSAGE, &NAME],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static MESSAGE: Field = Field::list("dhcpv6", "message_type");
static NAME: Field = Field::new("dhcpv6", "hostname");

fn probe(seen: &Seen) -> Verdict {
    let Some(kind) = seen.data.first() else { return Verdict::No };
    if message_name(*kind).is_none() {
        return Verdict::No;
    }
    match walk(seen.data, |_, _| {}) {
        Ok(Chain { duid: true, .. }) => Verdict::Yes("DHCPv6 options with a DUID"),
        Ok(Chain { options: 1.., .. }) if seen.usual => Verdict::Weak("DHCPv6 options"),
        Err(_) if !seen.complete() && seen.usual => Verdict::Weak("beginning of a DHCPv6 message"),
        _ => Verdict::No,
    }
}

/// What a chain of options has.
struct Chain {
    options: usize,
    /// A client or server identifier, or a relayed message.
    duid: bool,
}

/// Goes through the options; they must fill the message.
fn walk<'a>(data: &'a [u8], mut each: impl FnMut(u16, &'a [u8])) -> Result<Chain, Incomplete> {
    let mut r = Reader::new(data);
    let relayed = matches!(r.u8("message type")?, 12 | 13);
    r.skip(if relayed { 33 } else { 3 }, "transaction")?;
    let mut chain = Chain { options: 0, duid: false };
    while !r.is_empty() {
        let code = r.u16("option")?;
        let length = usize::from(r.u16("option length")?);
        let value = r.take(length, "option")?;
        if code > 150 || chain.options > MAX_OPTIONS {
            return Err(Incomplete("known option"));
        }
        chain.options += 1;
        let identifier = matches!(code, 1 | 2) && matches!(value, [0, 1..=4, _, _, ..]);
        chain.duid |= identifier || (code == 9 && relayed && length > 4);
        each(code, value);
    }
    Ok(chain)
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if let Some(word) = data.first().and_then(|kind| message_name(*kind)) {
        cx.word(&MESSAGE, word);
    }
    let _ = walk(data, |code, value| {
        if code == 39 {
            name(cx, value.get(1..).unwrap_or_default());
        }
    });
    Step::Used(0)
}

/// Labels as DNS has them, without pointers.
fn name(cx: &mut Cx, mut wire: &[u8]) {
    let mut text = Vec::new();
    while let Some((length, rest)) = wire.split_first() {
        let Some((label, after)) = rest.split_at_checked(usize::from(*length)) else { break };
        if label.is_empty() {
            break;
        }
        if !text.is_empty() {
            text.push(b'.');
        }
        text.extend_from_slice(label);
        wire = after;
    }
    cx.text(&NAME, &text);
}

fn message_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "solicit",
        2 => "advertise",
        3 => "request",
        4 => "confirm",
        5 => "renew",
        6 => "rebind",
        7 => "reply",
        8 => "release",
        9 => "decline",
        10 => "reconfigure",
        11 => "information request",
        12 => "relay forward",
        13 => "relay reply",
        14 => "leasequery",
        15 => "leasequery reply",
        16 => "leasequery done",
        17 => "leasequery data",
        _ => return None,
    })
}

const MAX_OPTIONS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const SOLICIT: &[u8] = b"\x01\x12\x34\x56\0\x01\0\x0a\0\x03\0\x01\x02\0\0\0\0\x01\0\x27\0\x05\0\x02pc\0";

    #[test]
    fn a_solicit() {
        let talk = Talk::udp(546, 9999).client(SOLICIT).run();
        assert_eq!(talk.names(), ["DHCPV6"]);
        assert_eq!(facts(&talk, &NAME), ["pc"]);
    }

    #[test]
    fn options_must_fill_the_message() {
        assert!(Talk::udp(546, 9999).client(&[SOLICIT, b"x"].concat()).run().names().is_empty());
        survives(&DHCPV6, &[SOLICIT]);
    }
}

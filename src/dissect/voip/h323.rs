//! H.323: call signalling H.225.0 in Q.931 messages over TPKT, and RAS over UDP.
//!
//! Extracted: the message's name. Not extracted: the packed ASN.1 of user-user elements, H.245, the media it sets up.

use crate::dissect::common::cotp;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::Reader;

/// H.323.
pub static H323: Protocol = Protocol {
    name: "H323",
    eve: "h323",
    category: "VoIP",
    how: "Q.931 over TPKT, or the H.225.0 protocol identifier in a RAS message",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[1719, 1720],
    starts: &[Start::At(0, &[3, 0]), Start::Range(0, 0x9f)],
    fields: &[&MESSAGE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static MESSAGE: Field = Field::new("h323", "message");

fn probe(seen: &Seen) -> Verdict {
    if seen.datagram() { probe_ras(seen) } else { probe_call(seen) }
}

fn probe_ras(seen: &Seen) -> Verdict {
    let near = seen.data.get(..seen.data.len().min(32)).unwrap_or_default();
    if near.windows(H225.len()).any(|w| w == H225) {
        Verdict::Yes("RAS message with the H.225.0 protocol identifier")
    } else {
        Verdict::No
    }
}

/// A TPKT header may come in a segment of its own.
fn probe_call(seen: &Seen) -> Verdict {
    if !seen.data.starts_with(&[3, 0]) {
        return if b"\x03\x00".starts_with(seen.data) { Verdict::More } else { Verdict::No };
    }
    let Some(rest) = seen.data.get(4..) else { return Verdict::More };
    let near = rest.get(..rest.len().min(16)).unwrap_or_default();
    if near.windows(H245.len()).any(|w| w == H245) {
        return Verdict::Yes("the protocol identifier of H.245 over TPKT");
    }
    match rest {
        [8, 0..=2, ..] | [8] | [] => {}
        _ => return Verdict::No,
    }
    match message(seen.data) {
        Some(_) => Verdict::Yes("Q.931 message over TPKT"),
        None if rest.len() < 6 => Verdict::More,
        None => Verdict::No,
    }
}

/// The message type behind protocol discriminator and call reference.
fn message(data: &[u8]) -> Option<&'static str> {
    let mut r = Reader::new(data);
    r.skip(2, "version").ok()?;
    if r.u16("length").ok()? < 9 || r.u8("discriminator").ok()? != 8 {
        return None;
    }
    let length = usize::from(r.u8("call reference length").ok()?);
    r.skip(length, "call reference").ok()?;
    let name = name(r.u8("message type").ok()?)?;
    // An information element follows.
    matches!(
        r.u8("element"),
        Ok(0x04 | 0x05 | 0x08 | 0x14 | 0x18 | 0x1c | 0x1e | 0x28 | 0x34 | 0x6c | 0x70 | 0x7e | 0x96 | 0xa1)
    )
    .then_some(name)
}

fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x01 => "Alerting",
        0x02 => "CallProceeding",
        0x03 => "Progress",
        0x05 => "Setup",
        0x07 => "Connect",
        0x0d => "SetupAcknowledge",
        0x0f => "ConnectAcknowledge",
        0x5a => "ReleaseComplete",
        0x62 => "Facility",
        0x6e => "Notify",
        0x75 => "StatusInquiry",
        0x7b => "Information",
        0x7d => "Status",
        _ => return None,
    })
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let word = if cx.transport == Transport::Tcp {
        let is_frame = matches!(cotp::frame(&mut Reader::new(data)), Ok(Some(_)));
        message(data).filter(|_| is_frame || data.len() > 4)
    } else {
        Some("RAS")
    };
    if let Some(word) = word {
        cx.word(&MESSAGE, word);
        cx.note_fact("message", &MESSAGE);
    }
    Step::Done
}

/// 0.0.8.2250.0, the object identifier of H.225.0, with its length before it.
const H225: [u8; 6] = [0x06, 0x00, 0x08, 0x91, 0x4a, 0x00];

/// The same of H.245, which has a connection of its own.
const H245: [u8; 5] = [0x06, 0x00, 0x08, 0x81, 0x75];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const SETUP: &[u8] = &[3, 0, 0, 15, 8, 2, 0, 1, 5, 4, 3, 0x88, 0xc0, 0xa5, 0x6c];
    const RAS: &[u8] = &[0x02, 0x20, 0, 0, 6, 0, 8, 0x91, 0x4a, 0, 4, 0];

    #[test]
    fn call_and_ras() {
        assert_eq!(Talk::tcp(4000, 9999).client(&SETUP[..1]).client(&SETUP[1..]).run().names(), ["H323"]);
        assert_eq!(Talk::udp(4000, 9999).client(RAS).run().names(), ["H323"]);
        assert!(Talk::tcp(4000, 9999).client(&[3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0]).run().names().is_empty());
        survives(&H323, &[SETUP, RAS]);
    }
}

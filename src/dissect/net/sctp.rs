//! SCTP (RFC 9260): chunks behind the common header. What runs over it is named by the payload protocol identifier of
//! its data.
//!
//! Extracted: chunk types, payload protocol identifiers. Not extracted: user data.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// SCTP.
pub static SCTP: Protocol = Protocol {
    name: "SCTP",
    eve: "sctp",
    category: "Network",
    how: "IP protocol 132",
    over: &[Transport::Sctp],
    starts: &[Start::Any],
    fields: &[&CHUNK, &CARRIED],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static CHUNK: Field = Field::list("sctp", "chunks");
static CARRIED: Field = Field::list("sctp", "payload_protocol");

fn probe(_: &Seen) -> Verdict {
    Verdict::Yes("the IP protocol number")
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    match chunks(cx, data) {
        Ok(true) => Step::Done,
        _ => Step::Used(0),
    }
}

/// Whether user data was among the chunks.
fn chunks(cx: &mut Cx, data: &[u8]) -> Result<bool, Incomplete> {
    let mut r = Reader::new(data);
    let mut carried = false;
    for _ in 0..MAX_CHUNKS {
        if r.is_empty() {
            break;
        }
        let kind = r.u8("chunk type")?;
        r.skip(1, "chunk flags")?;
        let length = usize::from(r.u16("chunk length")?);
        if let Some(word) = chunk_name(kind) {
            cx.word(&CHUNK, word);
        }
        let mut body = r.sub(length.checked_sub(4).ok_or(Incomplete("chunk"))?, "chunk")?;
        if kind == 0 {
            body.skip(8, "stream")?;
            let protocol = body.u32("payload protocol identifier")?;
            carried = true;
            cx.number(&CARRIED, protocol);
            if let Some(inner) = over(protocol) {
                cx.note("payload protocol identifier");
                cx.layer(inner);
            }
        }
        r.skip(length.wrapping_neg() & 3, "padding")?;
    }
    Ok(carried)
}

/// By the IANA registry of payload protocol identifiers.
fn over(identifier: u32) -> Option<&'static Protocol> {
    matches!(identifier, 46).then_some(&crate::dissect::auth::diameter::DIAMETER)
}

fn chunk_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "DATA",
        1 => "INIT",
        2 => "INIT_ACK",
        3 => "SACK",
        4 => "HEARTBEAT",
        5 => "HEARTBEAT_ACK",
        6 => "ABORT",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN_ACK",
        9 => "ERROR",
        10 => "COOKIE_ECHO",
        11 => "COOKIE_ACK",
        14 => "SHUTDOWN_COMPLETE",
        _ => return None,
    })
}

const MAX_CHUNKS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const DATA: &[u8] = b"\x00\x03\x00\x14\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03abcd";

    #[test]
    fn data_with_its_identifier() {
        let talk = Talk::over(Transport::Sctp, 2905, 2905).client(DATA).run();
        assert_eq!(talk.names(), ["SCTP"]);
        assert_eq!(facts(&talk, &CARRIED), ["3"]);
        assert!(talk.done);
    }

    #[test]
    fn damaged() {
        survives(&SCTP, &[DATA, b"\x01\x00\x00\x00"]);
    }
}

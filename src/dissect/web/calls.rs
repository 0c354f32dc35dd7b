//! Remote calls with a magic word and a length: CORBA's GIOP (OMG CORBA 3.3 part 2) and Gearman (gearman.org/protocol).
//!
//! Extracted: Gearman's functions. Not extracted: arguments.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::Reader;

/// CORBA.
pub static CORBA: Protocol = Protocol {
    name: "Corba",
    category: "RPC",
    how: "the word GIOP, a version and a message type",
    over: &[Transport::Tcp],
    starts: &[Start::At(0, b"GIOP\x01"), Start::At(0, b"ZIOP\x01")],
    probe: giop,
    ..Protocol::NEW
};

/// Gearman.
pub static GEARMAN: Protocol = Protocol {
    name: "Gearman",
    category: "RPC",
    how: "a zero, REQ or RES, a known type and its length",
    over: &[Transport::Tcp],
    ports: &[4730],
    starts: &[Start::At(0, b"\0REQ"), Start::At(0, b"\0RES")],
    fields: &[&FUNCTION],
    probe: gearman,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static FUNCTION: Field = Field::list("gearman", "function");

fn giop(seen: &Seen) -> Verdict {
    match seen.data.get(5..8) {
        Some([0..=4, 0..=15, 0..=7]) => Verdict::Yes("GIOP message"),
        Some(_) => Verdict::No,
        None => Verdict::More,
    }
}

fn gearman(seen: &Seen) -> Verdict {
    let Some([_, _, _, _, kind @ ..]) = seen.data.first_chunk::<8>() else { return Verdict::More };
    match u32::from_be_bytes(*kind) {
        1..=42 => Verdict::Yes("Gearman packet"),
        _ => Verdict::No,
    }
}

/// Functions that clients submit jobs for and workers offer.
fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    let (Ok(_), Ok(kind), Ok(length)) = (r.u32("magic"), r.u32("type"), r.u32("length")) else { return Step::Used(0) };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if matches!(kind, 1 | 7 | 18 | 21 | 32..=36) {
        let body = r.rest().get(..length.min(MAX_NAME)).unwrap_or(r.rest());
        let name = body.split(|b| *b == 0).next().unwrap_or_default();
        if name.len() == body.len() && body.len() < length.min(MAX_NAME) {
            return Step::Used(0);
        }
        if cx.text(&FUNCTION, name) {
            cx.note_fact("function", &FUNCTION);
        }
        return Step::Done;
    }
    Step::Skip(length.saturating_add(12))
}

const MAX_NAME: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const JOB: &[u8] = b"\0REQ\0\0\0\x07\0\0\0\x0aresize\0id\0";
    const CALL: &[u8] = b"GIOP\x01\x02\x00\x00\x00\x00\x00\x10abcdefghijklmnop";

    #[test]
    fn both_are_known() {
        let talk = Talk::tcp(4000, 9999).client(&JOB[..3]).client(&JOB[3..]).run();
        assert_eq!((talk.names(), facts(&talk, &FUNCTION)), (vec!["Gearman"], vec!["resize".to_owned()]));
        assert_eq!(Talk::tcp(4000, 9999).client(CALL).run().names(), ["Corba"]);
        survives(&GEARMAN, &[JOB]);
        survives(&CORBA, &[CALL]);
    }

    #[test]
    fn others_are_neither() {
        for other in [&b"GIOP\x09\x09\x09\x09"[..], b"\0REQ\0\0\x07\x07"] {
            let names = Talk::tcp(4000, 9999).client(other).run().names();
            assert!(!names.contains(&"Corba") && !names.contains(&"Gearman"));
        }
    }
}

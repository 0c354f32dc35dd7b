//! Medical protocols: DICOM (PS3.8) and HL7 in its minimal lower layer.
//!
//! Extracted: the application entities of DICOM. Not extracted: anything about patients.

use crate::dissect::{Cx, Protocol, Reading, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// DICOM.
pub static DICOM: Protocol = Protocol {
    name: "DICOM",
    category: "Health",
    how: "an association of protocol version 1 with its titles",
    over: &[Transport::Tcp],
    ports: &[104, 11112, 4242],
    starts: &[Start::At(0, &[1, 0]), Start::At(0, &[2, 0]), Start::At(0, &[3, 0, 0, 0, 0, 4, 0])],
    fields: &[&CALLED, &CALLING],
    probe: |seen| match seen.data {
        [3, _, _, _, _, _, _, 1..=2, 1..=3, 1..=7] => Verdict::Yes("association refused"),
        [1 | 2, 0, 0, 0, _, _, 0, 1, 0, 0, title @ ..] if title.len() >= 32 => {
            let text = |t: &[u8]| t.iter().all(|b| (b' '..=b'~').contains(b) || *b == 0);
            if title.get(..32).is_some_and(text) { Verdict::Yes("association with titles") } else { Verdict::No }
        }
        [1 | 2, 0, 0, 0, _, _, 0, 1, ..] | [1 | 2, 0, 0, 0, ..] | [1..=3] | [1..=3, 0] | [1 | 2, 0, 0]
            if seen.data.len() < 42 =>
        {
            Verdict::More
        }
        _ => Verdict::No,
    },
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static CALLED: Field = Field::new("dicom", "called_ae");
static CALLING: Field = Field::new("dicom", "calling_ae");

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if data.first() == Some(&3) {
        return Step::Done;
    }
    let (Some(called), Some(calling)) = (data.get(10..26), data.get(26..42)) else { return Step::Used(0) };
    cx.text(&CALLED, called.trim_ascii());
    cx.text(&CALLING, calling.trim_ascii());
    cx.note_fact("association with", &CALLED);
    Step::Done
}

/// HL7 version 2.
pub static HL7: Protocol = Protocol {
    name: "HL7",
    category: "RPC",
    how: "a block that begins with MSH and its separators",
    over: &[Transport::Tcp],
    ports: &[2575],
    starts: &[Start::At(0, b"\x0bMSH"), Start::At(0, b"MSH|^~\\&")],
    probe: |seen| match seen.data {
        [0x0b, _, _, _, bar, ..] if bar.is_ascii_punctuation() => Verdict::Yes("block with a message header segment"),
        [b'M', ..] => Verdict::Yes("message header segment"),
        short if short.len() < 5 => Verdict::More,
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn titles_and_blocks() {
        let mut request = vec![1, 0, 0, 0, 0, 68, 0, 1, 0, 0];
        request.extend(b"ARCHIVE         WORKSTATION     ");
        request.extend([0; 32]);
        let talk = Talk::tcp(4000, 9998).client(&request[..1]).client(&request[1..]).run();
        assert_eq!(facts(&talk, &CALLED), ["ARCHIVE"]);
        assert_eq!(Talk::tcp(4000, 9998).client(b"\x0bMSH|^~\\&|a|b\r").run().names(), ["HL7"]);
        survives(&DICOM, &[&request]);
        survives(&HL7, &[b"\x0bMSH|^~\\&|a|b\r"]);
    }
}

//! TACACS+ (RFC 8907).
//!
//! Extracted: kind of exchange. Not extracted: bodies, which are obfuscated.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// TACACS+.
pub static TACACS: Protocol = Protocol {
    name: "TACACS",
    category: "Network",
    how: "a header of version 12 whose type, flags and length fit",
    over: &[Transport::Tcp],
    ports: &[49],
    starts: &[Start::Range(0xc0, 0xc1)],
    fields: &[&KIND],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static KIND: Field = Field::list("tacacs", "type");

fn probe(seen: &Seen) -> Verdict {
    let (Some([_, kind, number, flags]), Some(length)) = (seen.data.first_chunk(), at::u32(seen.data, 8)) else {
        return Verdict::More;
    };
    let sound = matches!(kind, 1..=3) && (1..=32).contains(number) && flags & !5 == 0;
    match sound {
        true if u64::from(length) + 12 == seen.data.len() as u64 && length >= 5 => Verdict::Yes("TACACS+ header"),
        true if (seen.data.len() as u64) < u64::from(length) + 12 && length < 1 << 13 => Verdict::More,
        _ => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let word = match data.get(1) {
        Some(1) => "authentication",
        Some(2) => "authorization",
        _ => "accounting",
    };
    cx.word(&KIND, word);
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn a_start() {
        let start = b"\xc0\x01\x01\0\x12\x34\x56\x78\0\0\0\x06abcdef";
        assert_eq!(Talk::tcp(4000, 9999).client(&start[..1]).client(&start[1..]).run().names(), ["TACACS"]);
        survives(&TACACS, &[start]);
    }
}

//! Apache Thrift (thrift/doc/specs/thrift-binary-protocol.md, thrift-compact-protocol.md), framed or not.
//!
//! Extracted: the method.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// Thrift.
pub static THRIFT: Protocol = Protocol {
    name: "Thrift",
    eve: "",
    category: "RPC",
    how: "a message header with its version and a method name",
    over: &[Transport::Tcp, Transport::Udp],
    starts: &[
        Start::Mask(0, 0xffff_00f8, 0x8001_0000),
        Start::Mask(4, 0xffff_00f8, 0x8001_0000),
        Start::Mask(0, 0xff1f_0000, 0x8201_0000),
        Start::Mask(4, 0xff1f_0000, 0x8201_0000),
    ],
    fields: &[&METHOD],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static METHOD: Field = Field::list("thrift", "method");

fn probe(seen: &Seen) -> Verdict {
    match call(seen.data) {
        Ok(Some((_, true))) => Verdict::Yes("Thrift message with a method name"),
        Ok(Some((_, false))) if seen.previous.is_empty() => Verdict::Weak("Thrift message"),
        Ok(_) => Verdict::No,
        Err(_) if seen.datagram() => Verdict::No,
        Err(_) => Verdict::More,
    }
}

/// The name of the method, and whether it is long enough to be believed; none if this is something else.
fn call(data: &[u8]) -> Result<Option<(&[u8], bool)>, Incomplete> {
    let mut r = Reader::new(data);
    let mut first = r.array::<4>("version")?;
    if !matches!(first, [0x80, 1, ..] | [0x82, ..]) {
        // Framed: the length of the message comes first.
        first = r.array("version")?;
    }
    let length = match first {
        [0x80, 1, 0, 1..=4] => usize::try_from(r.u32("name length")?).unwrap_or(usize::MAX),
        [0x82, kind, _, _] if kind & 0x1f == 1 && (1..=4).contains(&(kind >> 5)) => {
            r = Reader::new(data);
            r.skip(if data.starts_with(&[0x82]) { 2 } else { 6 }, "version")?;
            let _sequence = varint(&mut r)?;
            varint(&mut r)?
        }
        _ => return Ok(None),
    };
    if !(1..=MAX_NAME).contains(&length) {
        return Ok(None);
    }
    let name = r.take(length, "name")?;
    let sound = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'.' | b'-' | b'/'));
    Ok(sound.then_some((name, length >= 4)))
}

fn varint(r: &mut Reader) -> Result<usize, Incomplete> {
    let mut value = 0;
    for shift in [0, 7, 14, 21, 28] {
        let byte = r.u8("number")?;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Incomplete("end of number"))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    match call(data) {
        Ok(Some((name, _))) => {
            cx.text(&METHOD, name);
            cx.note_fact("method", &METHOD);
            Step::Done
        }
        Ok(None) => Step::Done,
        Err(_) => Step::Used(0),
    }
}

const MAX_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const BINARY: &[u8] = b"\x80\x01\x00\x01\x00\x00\x00\x08getUsers\x00\x00\x00\x01\x00";
    const COMPACT: &[u8] = b"\x82\x21\x05\x08getUsers\x00";

    #[test]
    fn both_encodings_framed_and_not() {
        let framed = [&[0, 0, 0, 21], BINARY].concat();
        for message in [BINARY, COMPACT, &framed] {
            let talk = Talk::tcp(4000, 9999).client(&message[..1]).client(&message[1..]).run();
            assert_eq!(talk.names(), ["Thrift"]);
            assert_eq!(facts(&talk, &METHOD), ["getUsers"]);
        }
    }

    #[test]
    fn damage_is_survived_and_others_are_not_it() {
        survives(&THRIFT, &[BINARY, COMPACT]);
        assert!(
            !Talk::tcp(4000, 9999).client(b"\x80\x01\x00\x01\xff\xff\xff\xffabcd").run().names().contains(&"Thrift")
        );
    }
}

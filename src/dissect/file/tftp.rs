//! Trivial File Transfer Protocol (RFC 1350) with options (RFC 2347). The server answers from a port of its own.
//!
//! Extracted: file, direction, mode. The answer from another port is announced. Not extracted: contents.

use crate::dissect::common::at;
use crate::dissect::{Cx, Hint, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// TFTP.
pub static TFTP: Protocol = Protocol {
    name: "TFTP",
    eve: "tftp",
    category: "DataTransfer",
    how: "a request with a file name and a known mode, or blocks and acknowledgements that agree",
    over: &[Transport::Udp],
    ports: &[69],
    starts: &[Start::Mask(0, 0xfff8_0000, 0)],
    fields: &[&PACKET, &FILE, &MODE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static PACKET: Field = Field::new("tftp", "packet");
static FILE: Field = Field::new("tftp", "file");
static MODE: Field = Field::new("tftp", "mode");

fn probe(seen: &Seen) -> Verdict {
    match at::u16(seen.data, 0) {
        Some(1 | 2) if request(seen.data).is_some() => Verdict::Yes("TFTP request"),
        Some(3 | 4) => block(seen),
        Some(5) => error(seen),
        Some(6) if options(seen) => Verdict::Yes("TFTP option acknowledgement"),
        _ => Verdict::No,
    }
}

/// File name and mode.
fn request(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let file = at::c_string(data, 2)?;
    let mode = at::c_string(data, 3 + file.len())?;
    let known = [&b"octet"[..], b"netascii", b"mail"].iter().any(|m| mode.eq_ignore_ascii_case(m));
    let name = !file.is_empty() && file.iter().all(|b| *b >= b' ');
    (known && name).then_some((file, mode))
}

/// Data and acknowledgements carry the number of a block: of one direction it counts, of both it agrees.
fn block(seen: &Seen) -> Verdict {
    let (Some(code), Some(block)) = (at::u16(seen.data, 0), at::u16(seen.data, 2)) else { return Verdict::No };
    let whole = if code == 4 { seen.wire == 4 } else { seen.wire <= 4 + 512 };
    if !whole {
        return Verdict::No;
    }
    let other = (at::u16(seen.other, 0), at::u16(seen.other, 2));
    let before = (at::u16(seen.previous, 0), at::u16(seen.previous, 2));
    let answers = other.0 == Some(7 - code) && other.1.is_some_and(|n| n.abs_diff(block) <= 1);
    let counts = before.0 == Some(code) && before.1.is_some_and(|n| block.wrapping_sub(n) == 1);
    let counts = counts && (code == 4 || seen.wire == 516);
    match answers || counts {
        true => Verdict::Yes("TFTP blocks"),
        false if block <= 1 && (code == 4 || seen.wire == 516) => Verdict::Weak("the first TFTP block"),
        false => Verdict::No,
    }
}

fn error(seen: &Seen) -> Verdict {
    let (Some(code), Some(text)) = (at::u16(seen.data, 2), at::c_string(seen.data, 4)) else { return Verdict::No };
    let whole = text.len() + 5 == seen.wire && code <= 8 && at::printable(text);
    match whole {
        true if text.len() >= 4 => Verdict::Yes("TFTP error"),
        true => Verdict::Weak("TFTP error"),
        false => Verdict::No,
    }
}

fn options(seen: &Seen) -> bool {
    let name = at::c_string(seen.data, 2).unwrap_or_default();
    [&b"blksize"[..], b"tsize", b"timeout", b"windowsize", b"multicast"].iter().any(|o| name.eq_ignore_ascii_case(o))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some((file, mode)) = request(data) else { return Step::Done };
    cx.word(&PACKET, if data.get(1) == Some(&1) { "read" } else { "write" });
    if cx.text(&FILE, file) {
        cx.note_fact("TFTP file", &FILE);
    }
    cx.text(&MODE, mode);
    let (host, port) = if cx.from_client { cx.client } else { cx.server };
    cx.hint(Hint::Expect(Transport::Udp, host, port, &TFTP));
    Step::Used(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const READ: &[u8] = b"\0\x01boot.img\0octet\0tsize\x000\0";

    #[test]
    fn a_request_announces_its_answer() {
        let talk = Talk::udp(4000, 9999).client(READ).run();
        assert_eq!(talk.names(), ["TFTP"]);
        assert_eq!(facts(&talk, &FILE), ["boot.img"]);
        assert_eq!(talk.hints, [Hint::Expect(Transport::Udp, "10.0.0.1".parse().unwrap(), 4000, &TFTP)]);
    }

    #[test]
    fn blocks_alone() {
        let data = [&b"\0\x03\0\x07"[..], &[1; 512]].concat();
        assert_eq!(Talk::udp(4000, 4001).server(&data).client(b"\0\x04\0\x07").run().names(), ["TFTP"]);
        assert!(Talk::udp(4000, 4001).server(&data).client(b"\0\x04\0\x17").run().names().is_empty());
    }

    #[test]
    fn damaged() {
        survives(&TFTP, &[READ, b"\0\x05\0\x01no\0"]);
    }
}

//! Diameter (RFC 6733), over TCP and SCTP.
//!
//! Extracted: command, origin host and realm, user. Not extracted: other attributes.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// Diameter.
pub static DIAMETER: Protocol = Protocol {
    name: "Diameter",
    eve: "diameter",
    category: "Network",
    how: "a header of version 1 whose length, flags and first attribute fit",
    over: &[Transport::Tcp],
    ports: &[3868],
    starts: &[Start::Mask(0, 0xffff_0003, 0x0100_0000)],
    fields: &[&COMMAND, &HOST, &REALM, &USER],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static COMMAND: Field = Field::list("diameter", "command_code");
static HOST: Field = Field::list("diameter", "origin_host");
static REALM: Field = Field::list("diameter", "origin_realm");
static USER: Field = Field::new("diameter", "user_name");

fn probe(seen: &Seen) -> Verdict {
    match sound(seen.data) {
        Some(true) => Verdict::Yes("Diameter header and attribute"),
        Some(false) => Verdict::No,
        None => Verdict::More,
    }
}

/// Whether header and first attribute fit; none while they are not all there.
fn sound(data: &[u8]) -> Option<bool> {
    let length = at::u24(data, 1)?;
    let flags = at::u8(data, 4)?;
    if !(20..1 << 20).contains(&length) || flags & 0x0f != 0 {
        return Some(false);
    }
    if length == 20 {
        return at::u32(data, 16).map(|_| at::u24(data, 5) == Some(280));
    }
    let attribute = at::u8(data, 24)?;
    let size = at::u24(data, 25)?;
    Some(attribute & 0x1f == 0 && size >= 8 && size <= length - 20 && at::u32(data, 20)? < 10_000)
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some(length) = at::u24(data, 1).and_then(|n| usize::try_from(n).ok()) else { return Step::Used(0) };
    if length < 20 || data.first() != Some(&1) {
        return Step::Done;
    }
    let Some(message) = data.get(..length.min(MOST)) else { return Step::Used(0) };
    let _ = facts(cx, message);
    if cx.facts().len() > MANY { Step::Done } else { Step::Skip(length) }
}

fn facts(cx: &mut Cx, message: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(message);
    r.skip(5, "header")?;
    cx.number(&COMMAND, r.u24("command")?);
    r.skip(12, "identifiers")?;
    for _ in 0..32 {
        if r.is_empty() {
            break;
        }
        let code = r.u32("attribute")?;
        let vendor = r.u8("attribute flags")? & 0x80 != 0;
        let length = usize::try_from(r.u24("attribute length")?).unwrap_or(usize::MAX);
        let head = if vendor { 12 } else { 8 };
        r.skip(head - 8, "vendor")?;
        let value = r.take(length.checked_sub(head).ok_or(Incomplete("attribute"))?, "attribute")?;
        match code {
            1 => cx.text(&USER, value),
            264 => cx.text(&HOST, value),
            296 => cx.text(&REALM, value),
            _ => false,
        };
        r.skip(length.wrapping_neg() & 3, "padding")?;
    }
    Ok(())
}

const MOST: usize = 4 << 10;
const MANY: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{self, Talk, survives};

    const REQUEST: &[u8] = b"\x01\0\0\x24\x80\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0\x01\x08\x40\0\0\x10a.example";

    #[test]
    fn capabilities() {
        let talk = Talk::tcp(4000, 9999).client(&REQUEST[..3]).client(&REQUEST[3..]).run();
        assert_eq!(talk.names(), ["Diameter"]);
        survives(&DIAMETER, &[REQUEST]);
        let whole = [REQUEST, b""].concat();
        assert_eq!(testing::facts(&Talk::tcp(4000, 9999).client(&whole).run(), &COMMAND), ["257"]);
    }
}

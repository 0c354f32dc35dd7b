//! The Interface Description Block of pcapng and its options.

use super::{Interface, Unit};
use crate::limits;
use crate::packet::{LinkType, Reader};

const OPTION_END: u16 = 0;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// The interface, and the seconds to add to its time stamps. `None` if the fixed part is not there.
pub(super) fn read<const BIG: bool>(body: &[u8]) -> Option<(Interface, i64)> {
    let mut r = Reader::new(body);
    let link = u16_of::<BIG>(&mut r)?;
    r.skip(2, "reserved").ok()?;
    let snaplen = if BIG { r.u32("snap length") } else { r.u32_le("snap length") }.ok()?;
    let link = LinkType(u32::from(link));
    let mut interface = Interface { link, snaplen, unit: Unit::MICRO, name: None, description: None, pcapng: true };
    let mut offset = 0;
    while let Some((code, value)) = option::<BIG>(&mut r) {
        match code {
            OPTION_END => break,
            IF_NAME => interface.name = text(value),
            IF_DESCRIPTION => interface.description = text(value),
            IF_TSRESOL => interface.unit = value.first().map_or(Unit::MICRO, |&b| unit(b)),
            IF_TSOFFSET => offset = seconds::<BIG>(value),
            _ => {}
        }
    }
    Some((interface, offset))
}

/// The next option. One that is longer than the block ends them, as if it were not there.
fn option<'a, const BIG: bool>(r: &mut Reader<'a>) -> Option<(u16, &'a [u8])> {
    let code = u16_of::<BIG>(r)?;
    let length = usize::from(u16_of::<BIG>(r)?);
    let value = r.take(length, "option").ok()?;
    let _ = r.skip(length.next_multiple_of(4) - length, "padding");
    Some((code, value))
}

fn u16_of<const BIG: bool>(r: &mut Reader<'_>) -> Option<u16> {
    if BIG { r.u16("number") } else { r.u16_le("number") }.ok()
}

/// The highest bit says whether the rest is a power of two or of ten.
fn unit(byte: u8) -> Unit {
    if byte & 0x80 == 0 { Unit::Decimal(byte) } else { Unit::Binary(byte & 0x7f) }
}

fn seconds<const BIG: bool>(value: &[u8]) -> i64 {
    let bytes = value.first_chunk::<8>().copied().unwrap_or_default();
    if BIG { i64::from_be_bytes(bytes) } else { i64::from_le_bytes(bytes) }
}

/// Text without the zero bytes that some writers end it with, cut to the length of a fact.
fn text(value: &[u8]) -> Option<String> {
    let value = value.split(|&b| b == 0).next()?;
    let value = value.get(..limits::FACT_TEXT).unwrap_or(value);
    (!value.is_empty()).then(|| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::testing::idb;
    use super::*;

    fn parse(big: bool, options: &[(u16, &[u8])]) -> (Interface, i64) {
        let block = idb(big, 1, options);
        let body = &block[8..block.len() - 4];
        if big { read::<true>(body) } else { read::<false>(body) }.unwrap()
    }

    #[test]
    fn options_in_both_byte_orders() {
        for big in [false, true] {
            let offset = if big { (-2_i64).to_be_bytes() } else { (-2_i64).to_le_bytes() };
            let options: &[(u16, &[u8])] = &[(2, b"eth0\0"), (3, b"a \xff"), (9, &[0x94]), (14, &offset), (0, b"")];
            let (interface, offset) = parse(big, options);
            assert_eq!(interface.name.as_deref(), Some("eth0"));
            assert_eq!(interface.description.as_deref(), Some("a \u{fffd}"));
            assert_eq!((interface.unit, offset), (Unit::Binary(20), -2));
        }
    }

    #[test]
    fn options_that_run_over_end_them() {
        let block = idb(false, 1, &[(2, b"eth0"), (3, b"x")]);
        for end in 16..block.len() - 4 {
            assert!(read::<false>(&block[8..end]).is_some(), "{end}");
        }
        assert!(read::<false>(&block[8..15]).is_none());
    }
}

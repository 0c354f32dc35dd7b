//! The bytes of capture files: headers, records and blocks, always little endian.

use crate::engine::source::{Interface, Unit};

const NANOS: i64 = 1_000_000_000;
/// `if_name`, `if_description`, `if_tsresol`.
const OPTION_NAME: u16 = 2;
const OPTION_DESCRIPTION: u16 = 3;
const OPTION_TSRESOL: u16 = 9;
/// Type, length, interface, time, lengths, and the length again.
const PACKET_FRAME: u32 = 32;

/// The header of a classic pcap.
pub(super) fn pcap_header(out: &mut Vec<u8>, link: u32, snaplen: u32, nanos: bool) {
    let magic: u32 = if nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
    out.extend_from_slice(&magic.to_le_bytes());
    out.extend_from_slice(&[2, 0, 4, 0]);
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&snaplen.to_le_bytes());
    out.extend_from_slice(&link.to_le_bytes());
}

/// A record of a classic pcap. Times that it cannot say become the nearest that it can.
#[inline]
pub(super) fn pcap_record(out: &mut Vec<u8>, time: i64, nanos: bool, wire: u32, data: &[u8]) {
    let time = time.max(0);
    let seconds = u32::try_from(time / NANOS).unwrap_or(u32::MAX);
    let rest = time - i64::from(seconds) * NANOS;
    let fraction = u32::try_from(if nanos { rest } else { rest / 1000 }).unwrap_or(u32::MAX);
    let captured = length(data);
    let words = [seconds, fraction, captured, wire].map(u128::from);
    let [a, b, c, d] = words;
    out.extend_from_slice(&(a | b << 32 | c << 64 | d << 96).to_le_bytes());
    out.extend_from_slice(data);
}

/// The section header of a pcapng: version 1.0, length unknown.
pub(super) fn section(out: &mut Vec<u8>) {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend_from_slice(&[1, 0, 0, 0]);
    body.extend_from_slice(&[0xff; 8]);
    block(out, 0x0a0d_0d0a, &body);
}

/// An interface description of a pcapng, with its time unit as [`ticks`] counts.
pub(super) fn interface(out: &mut Vec<u8>, interface: &Interface) {
    // Link types are 16 bits there; those of a pcap that are more cannot be written, and are no link type at all.
    let link = u16::try_from(interface.link.0).unwrap_or(u16::MAX);
    let mut body = link.to_le_bytes().to_vec();
    body.extend_from_slice(&[0; 2]);
    body.extend_from_slice(&interface.snaplen.to_le_bytes());
    let before = body.len();
    for (code, text) in [(OPTION_NAME, &interface.name), (OPTION_DESCRIPTION, &interface.description)] {
        text.iter().for_each(|text| option(&mut body, code, text.as_bytes()));
    }
    match written_unit(interface.unit) {
        Unit::MICRO => {}
        Unit::Decimal(n) => option(&mut body, OPTION_TSRESOL, &[n]),
        Unit::Binary(n) => option(&mut body, OPTION_TSRESOL, &[n | 0x80]),
    }
    if body.len() > before {
        body.extend_from_slice(&[0; 4]);
    }
    block(out, 1, &body);
}

/// An enhanced packet block of a pcapng.
#[inline]
pub(super) fn packet(out: &mut Vec<u8>, interface: u32, unit: Unit, time: i64, wire: u32, data: &[u8]) {
    let captured = length(data);
    let padding = captured.wrapping_neg() & 3;
    let total = PACKET_FRAME.saturating_add(captured).saturating_add(padding);
    let ticks = ticks(time, unit);
    let words = [6, total, interface].map(u128::from);
    let [kind, length, interface] = words;
    let (high, low) = (u128::from(ticks >> 32), u128::from(ticks & 0xffff_ffff));
    let head = (kind | length << 32 | interface << 64 | high << 96).to_le_bytes();
    let rest = (low | u128::from(captured) << 32 | u128::from(wire) << 64).to_le_bytes();
    out.extend_from_slice(&head);
    out.extend_from_slice(rest.first_chunk::<12>().map_or(&[][..], |rest| rest));
    out.extend_from_slice(data);
    out.extend_from_slice([0; 3].get(..padding as usize).unwrap_or_default());
    out.extend_from_slice(&total.to_le_bytes());
}

/// The unit that an interface is written with: its own, but nanoseconds where that is finer than they are.
fn written_unit(unit: Unit) -> Unit {
    match unit {
        Unit::Decimal(0..=9) | Unit::Binary(0..=29) => unit,
        _ => Unit::NANO,
    }
}

/// Nanoseconds as ticks of [`written_unit`]. Times before 1970 become 0.
fn ticks(time: i64, unit: Unit) -> u64 {
    let time = u64::try_from(time).unwrap_or(0);
    match written_unit(unit) {
        Unit::MICRO => time / 1000,
        Unit::Decimal(n) => time / 10_u64.pow(u32::from(9_u8.saturating_sub(n))),
        // Rounded up, which undoes the rounding down of the reader.
        Unit::Binary(n) => {
            u64::try_from((u128::from(time) << n).div_ceil(u128::from(NANOS.unsigned_abs()))).unwrap_or(u64::MAX)
        }
    }
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    let Ok(length) = u16::try_from(value.len()) else { return };
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value);
    pad(out, value.len());
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let total = length(body).saturating_add(12);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&total.to_le_bytes());
    out.extend_from_slice(body);
    out.extend_from_slice(&total.to_le_bytes());
}

fn pad(out: &mut Vec<u8>, length: usize) {
    out.resize(out.len() + (length.next_multiple_of(4) - length), 0);
}

/// Length of a packet or block body, which the readers bound far below 4 GiB.
fn length(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_any_unit_do_not_overflow() {
        for n in 0..=255 {
            for unit in [Unit::Decimal(n), Unit::Binary(n)] {
                for time in [i64::MIN, -1, 0, 1, i64::MAX] {
                    let _ = ticks(time, unit);
                }
            }
        }
        assert_eq!(ticks(1_500_000_000, Unit::MICRO), 1_500_000);
        assert_eq!(ticks(1_500_000_000, Unit::Binary(1)), 3);
        assert_eq!(ticks(333_333_333, Unit::Binary(2)), 2);
    }

    #[test]
    fn times_that_a_pcap_cannot_say() {
        let record = |time| {
            let mut out = Vec::new();
            pcap_record(&mut out, time, false, 0, b"");
            (out[..4].to_vec(), out[4..8].to_vec())
        };
        assert_eq!(record(-5), (vec![0; 4], vec![0; 4]));
        assert_eq!(record(i64::MAX).0, [0xff; 4]);
        // Seconds and microseconds of all ones, as hostile files have them, come back as they were.
        assert_eq!(record(4_294_967_295_000_000_000 + 4_294_967_295_000), (vec![0xff; 4], vec![0xff; 4]));
    }
}

//! Classic pcap: a header of 24 bytes, then records of 16 bytes and a packet each.
//!
//! From draft-ietf-opsawg-pcap, and libpcap for what it leaves out: both byte orders, microseconds and nanoseconds,
//! the modified format 0xa1b2cd34 with 24 bytes a record, and lengths that versions before 2.4 wrote swapped. The
//! snap length is not believed: a longer packet is taken as long as its bytes are there.

use super::format::{Format, Found, Next, Scan, word};
use super::{Interface, Record, Unit};
use crate::limits;
use crate::packet::LinkType;

/// Bytes of the file header.
pub(super) const HEADER: usize = 24;
const MICRO: u32 = 0xa1b2_c3d4;
const NANO: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;
/// The low bits of the link type field; above them are flags about a frame check sequence.
const LINK_MASK: u32 = 0x03ff_ffff;
/// Bytes of a record header of the modified format.
const MODIFIED_RECORD: usize = 24;
/// Bytes of a record header.
const RECORD: usize = 16;

/// The scanner of one file: what its header says.
pub(super) struct Pcap {
    big: bool,
    record: usize,
    /// Nanoseconds in one unit of the fraction field.
    unit: i64,
    lengths: Lengths,
}

/// Whether the two lengths of a record are swapped, as old versions wrote them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    InOrder,
    /// Version 2.3 had both ways: the captured length is the smaller.
    Smaller,
    Swapped,
}

/// Whether a file that starts with these bytes is a classic pcap.
pub(super) fn is_magic(bytes: [u8; 4]) -> bool {
    let known = |magic| matches!(magic, MICRO | NANO | MODIFIED);
    known(u32::from_le_bytes(bytes)) || known(u32::from_be_bytes(bytes))
}

impl Pcap {
    /// Reads the file header; [`is_magic`] has agreed to it.
    pub(super) fn new(header: &[u8; HEADER]) -> (Self, Interface) {
        let big = matches!(word::<true, _>(header, 0), MICRO | NANO | MODIFIED);
        if big { Self::read::<true>(header) } else { Self::read::<false>(header) }
    }

    fn read<const BIG: bool>(header: &[u8; HEADER]) -> (Self, Interface) {
        let magic = word::<BIG, _>(header, 0);
        let version = word::<BIG, _>(header, 4);
        let (major, minor) = if BIG { (version >> 16, version & 0xffff) } else { (version & 0xffff, version >> 16) };
        let lengths = match (major, minor) {
            (2, 3) => Lengths::Smaller,
            (2, 0..3) | (543, _) => Lengths::Swapped,
            _ => Lengths::InOrder,
        };
        let nano = magic == NANO;
        let interface = Interface {
            link: LinkType(word::<BIG, _>(header, 20) & LINK_MASK),
            snaplen: word::<BIG, _>(header, 16),
            unit: if nano { Unit::NANO } else { Unit::MICRO },
            name: None,
            description: None,
            pcapng: false,
        };
        let record = if magic == MODIFIED { MODIFIED_RECORD } else { RECORD };
        (Self { big: BIG, record, unit: if nano { 1 } else { 1000 }, lengths }, interface)
    }

    fn records<const BIG: bool>(&self, bytes: &[u8], base: u32, records: &mut Vec<Record>) -> Scan {
        let mut used = 0;
        while let Some(header) = bytes.get(used..).and_then(|b| b.first_chunk::<RECORD>()) {
            let (captured, wire) = self.ordered(word::<BIG, _>(header, 8), word::<BIG, _>(header, 12));
            let start = used + self.record;
            let end = start + captured as usize;
            if end > bytes.len() || captured as usize > limits::CAPTURE_PACKET {
                return Self::unfinished(used, end - used, captured);
            }
            let Ok(offset) = u32::try_from(start) else { break };
            let seconds = i64::from(word::<BIG, _>(header, 0));
            // Cannot overflow: 2^32 s are 4.3e18 ns, and the fraction adds at most 4.3e12.
            let time = seconds * 1_000_000_000 + i64::from(word::<BIG, _>(header, 4)) * self.unit;
            records.push(Record { time, offset: base + offset, captured, wire, interface: 0 });
            used = end;
        }
        // Not more than is judged, so that it does not matter how much is read at once.
        Scan { used, next: Next::Need(RECORD) }
    }

    /// A record that is not there as a whole, and is not to be believed if it is too long.
    #[cold]
    fn unfinished(used: usize, need: usize, captured: u32) -> Scan {
        if captured as usize > limits::CAPTURE_PACKET {
            let problem = format!("corrupt: a packet claims {captured} bytes, more than any can have");
            return Scan { used, next: Next::Corrupt(problem) };
        }
        Scan { used, next: Next::Need(need) }
    }

    #[inline]
    fn ordered(&self, captured: u32, wire: u32) -> (u32, u32) {
        match self.lengths {
            Lengths::InOrder => (captured, wire),
            Lengths::Smaller => (captured.min(wire), captured.max(wire)),
            Lengths::Swapped => (wire, captured),
        }
    }
}

impl Format for Pcap {
    fn scan(&mut self, bytes: &[u8], base: u32, found: &mut Found<'_>) -> Scan {
        if self.big {
            self.records::<true>(bytes, base, found.records)
        } else {
            self.records::<false>(bytes, base, found.records)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(magic: [u8; 4], big: bool, link: u32) -> [u8; HEADER] {
        let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let half = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut out = magic.to_vec();
        out.extend([half(2), half(4)].concat());
        out.extend([word(0), word(0), word(65535), word(link)].concat());
        out.try_into().unwrap()
    }

    fn scan(pcap: &mut Pcap, bytes: &[u8]) -> (Vec<Record>, Scan) {
        let (mut records, mut interfaces) = (Vec::new(), Vec::new());
        let scan = pcap.scan(bytes, 0, &mut Found { records: &mut records, interfaces: &mut interfaces, offset: 0 });
        (records, scan)
    }

    #[test]
    fn all_magics_in_both_byte_orders() {
        for (magic, unit) in [(MICRO, Unit::MICRO), (NANO, Unit::NANO), (MODIFIED, Unit::MICRO)] {
            for big in [false, true] {
                let bytes = if big { magic.to_be_bytes() } else { magic.to_le_bytes() };
                assert!(is_magic(bytes));
                let (mut pcap, interface) = Pcap::new(&header(bytes, big, 0x2400_0071));
                assert_eq!((interface.link, interface.unit, interface.snaplen), (LinkType(113), unit, 65535));
                let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
                let mut record = [word(7), word(5), word(3), word(60)].concat();
                record.resize(pcap.record, 0);
                record.extend(*b"abc");
                let (records, _) = scan(&mut pcap, &record);
                let time = 7_000_000_000 + if unit == Unit::NANO { 5 } else { 5000 };
                let offset = u32::try_from(pcap.record).unwrap();
                assert_eq!(records, [Record { time, offset, captured: 3, wire: 60, interface: 0 }]);
            }
        }
        assert!(!is_magic([0; 4]));
    }

    #[test]
    fn a_cut_record_says_what_it_needs_and_an_absurd_one_is_corrupt() {
        let (mut pcap, _) = Pcap::new(&header(MICRO.to_le_bytes(), false, 1));
        let record = |captured: u32| [[0; 4], [0; 4], captured.to_le_bytes(), [0; 4]].concat();
        assert_eq!(scan(&mut pcap, &record(100)).1.next, Next::Need(116));
        assert_eq!(scan(&mut pcap, &[0; 15]).1.next, Next::Need(16));
        for absurd in [u32::MAX, 0x7fff_ffff, (1 << 24) + 1] {
            assert!(matches!(scan(&mut pcap, &record(absurd)).1.next, Next::Corrupt(_)));
        }
    }

    #[test]
    fn the_largest_times_do_not_overflow() {
        let (mut pcap, _) = Pcap::new(&header(MICRO.to_le_bytes(), false, 1));
        let (records, _) = scan(&mut pcap, &[[0xff; 4], [0xff; 4], [0; 4], [0; 4]].concat());
        assert_eq!(records[0].time, 4_294_967_295_000_000_000 + 4_294_967_295_000);
    }

    #[test]
    fn old_versions_wrote_the_lengths_swapped() {
        let mut old = header(MICRO.to_le_bytes(), false, 1);
        for (minor, captured, wire) in [(2_u8, 9, 2), (3, 9, 2), (3, 2, 9), (4, 2, 9)] {
            old[6] = minor;
            let (mut pcap, _) = Pcap::new(&old);
            let bytes = [vec![0; 8], vec![captured, 0, 0, 0, wire, 0, 0, 0], vec![1, 2]].concat();
            let (records, _) = scan(&mut pcap, &bytes);
            assert_eq!((records[0].captured, records[0].wire), (2, 9), "version 2.{minor}");
        }
    }
}

//! pcapng: blocks of a type, a length, a body and the length again, in sections of either byte order.
//!
//! From draft-ietf-opsawg-pcapng. Read are section headers, interface descriptions (their options in
//! [`super::pcapng_idb`]) and the three kinds of packet block; all else (names, statistics, secrets, journals, custom
//! blocks) is passed over. A packet that names an interface of which there is no description, or that claims more
//! bytes than its block holds, is passed over and told.

use super::Record;
use super::format::{Format, Found, Next, Scan, word};
use super::pcapng_idb;
use super::scale::Scale;
use crate::limits;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const PACKET: u32 = 6;
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Type and length: what a block is judged by.
const HEAD: usize = 8;
/// Type, length, and the length again.
const FRAME: usize = 12;
/// Bytes of a packet block before its packet.
const PACKET_HEADER: usize = 28;
/// Bytes of a simple packet block before its packet.
const SIMPLE_HEADER: usize = 12;
/// Longest block whose body is looked at; longer ones that hold no packet are skipped unread.
const MAX_BLOCK: usize = limits::CAPTURE_PACKET + 4096;

/// The scanner of one file: the section that it is in.
#[derive(Default)]
pub(super) struct Pcapng {
    big: bool,
    /// Index of the section's first interface among all of the file.
    first: usize,
    /// One for each interface of the file.
    scales: Vec<Scale>,
    /// Time of the last packet, for those that have none.
    time: i64,
    unknown_interface: Counted,
    damaged: Counted,
}

/// How often something was read over, and where first.
#[derive(Default)]
struct Counted {
    count: u64,
    offset: u64,
}

/// Whether a file that starts with these bytes is a pcapng.
pub(super) fn is_magic(bytes: [u8; 4]) -> bool {
    u32::from_be_bytes(bytes) == SECTION
}

/// One step over a block.
enum Block {
    /// A whole block of so many bytes is done.
    Done(usize),
    /// The scan cannot go on.
    Stop(Next),
}

impl Pcapng {
    fn block<const BIG: bool>(&mut self, bytes: &[u8], at: u32, found: &mut Found<'_>) -> Block {
        let Some(head) = bytes.first_chunk::<HEAD>() else { return Block::Stop(Next::Need(HEAD)) };
        let (kind, length) = (word::<BIG, _>(head, 0), word::<BIG, _>(head, 4) as usize);
        if length < FRAME || !length.is_multiple_of(4) {
            return corrupt(format!("corrupt: a block of length {length}"));
        }
        let known = matches!(kind, SECTION | INTERFACE | PACKET | SIMPLE_PACKET | OLD_PACKET);
        if length > MAX_BLOCK {
            if known {
                return corrupt(format!("corrupt: a block of {length} bytes"));
            }
            return Block::Stop(Next::Skip(length as u64));
        }
        let Some(block) = bytes.get(..length) else { return Block::Stop(Next::Need(length)) };
        let again = block.last_chunk::<4>().map_or(0, |tail| word::<BIG, _>(tail, 0));
        if again as usize != length {
            return corrupt(format!("corrupt: a block gives its length as {length} and as {again}"));
        }
        let body = block.get(..length - 4).unwrap_or_default();
        match kind {
            PACKET => self.packet::<BIG, false>(body, at, found),
            OLD_PACKET => self.packet::<BIG, true>(body, at, found),
            SIMPLE_PACKET => self.simple_packet::<BIG>(body, at, found),
            INTERFACE => return self.interface::<BIG>(body, length, found),
            SECTION => return self.section::<BIG>(body, length, found),
            _ => {}
        }
        Block::Done(length)
    }

    /// Enhanced Packet Block, or the obsolete Packet Block, which has 16 bits of interface and 16 of drops instead.
    #[inline]
    fn packet<const BIG: bool, const OLD: bool>(&mut self, body: &[u8], at: u32, found: &mut Found<'_>) {
        let Some(head) = body.first_chunk::<PACKET_HEADER>() else { return self.damaged.add(found.offset, at) };
        let interface = word::<BIG, _>(head, 8);
        let interface = if !OLD {
            interface
        } else if BIG {
            interface >> 16
        } else {
            interface & 0xffff
        };
        let captured = word::<BIG, _>(head, 20);
        if body.len() - PACKET_HEADER < captured as usize {
            return self.damaged.add(found.offset, at);
        }
        let index = self.first.saturating_add(interface as usize);
        let (Some(scale), Ok(interface)) = (self.scales.get(index), u32::try_from(index)) else {
            return self.unknown_interface.add(found.offset, at);
        };
        let ticks = u64::from(word::<BIG, _>(head, 12)) << 32 | u64::from(word::<BIG, _>(head, 16));
        self.time = scale.nanos(ticks);
        let wire = word::<BIG, _>(head, 24);
        found.records.push(Record { time: self.time, offset: at + 28, captured, wire, interface });
    }

    /// Simple Packet Block: of the section's first interface, without a time; it gets that of the packet before.
    fn simple_packet<const BIG: bool>(&mut self, body: &[u8], at: u32, found: &mut Found<'_>) {
        let Some(head) = body.first_chunk::<SIMPLE_HEADER>() else { return self.damaged.add(found.offset, at) };
        let (Some(first), Ok(interface)) = (found.interfaces.get(self.first), u32::try_from(self.first)) else {
            return self.unknown_interface.add(found.offset, at);
        };
        let wire = word::<BIG, _>(head, 8);
        let snaplen = if first.snaplen == 0 { u32::MAX } else { first.snaplen };
        let captured = wire.min(snaplen);
        if body.len() - SIMPLE_HEADER < captured as usize {
            return self.damaged.add(found.offset, at);
        }
        found.records.push(Record { time: self.time, offset: at + 12, captured, wire, interface });
    }

    fn interface<const BIG: bool>(&mut self, body: &[u8], length: usize, found: &mut Found<'_>) -> Block {
        let body = body.get(8..).unwrap_or_default();
        let Some((interface, offset)) = pcapng_idb::read::<BIG>(body) else {
            return corrupt(format!("corrupt: an interface description of {length} bytes"));
        };
        if found.interfaces.len() >= limits::CAPTURE_INTERFACES {
            return corrupt(format!("more than {} interfaces", limits::CAPTURE_INTERFACES));
        }
        self.scales.push(Scale::new(interface.unit, offset));
        found.interfaces.push(interface);
        Block::Done(length)
    }

    fn section<const BIG: bool>(&mut self, body: &[u8], length: usize, found: &mut Found<'_>) -> Block {
        let Some(head) = body.first_chunk::<24>() else {
            return corrupt(format!("corrupt: a section header of {length} bytes"));
        };
        let version = word::<BIG, _>(head, 12);
        let major = if BIG { version >> 16 } else { version & 0xffff };
        if major != 1 {
            return corrupt(format!("pcapng of version {major}, of which nothing is known"));
        }
        self.first = found.interfaces.len();
        Block::Done(length)
    }

    /// The byte order of a section header; of any other block it is that of its section.
    fn order(&mut self, bytes: &[u8]) -> Result<(), Next> {
        let Some(kind) = bytes.first_chunk::<4>() else { return Err(Next::Need(HEAD)) };
        if !is_magic(*kind) {
            return Ok(());
        }
        let Some(head) = bytes.first_chunk::<12>() else { return Err(Next::Need(FRAME)) };
        self.big = match (word::<true, _>(head, 8), word::<false, _>(head, 8)) {
            (BYTE_ORDER, _) => true,
            (_, BYTE_ORDER) => false,
            _ => return Err(Next::Corrupt("corrupt: a section header without a byte order".to_owned())),
        };
        Ok(())
    }
}

impl Format for Pcapng {
    fn scan(&mut self, bytes: &[u8], base: u32, found: &mut Found<'_>) -> Scan {
        let mut used = 0;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let at = base + u32::try_from(used).unwrap_or(u32::MAX - base);
            if let Err(next) = self.order(rest) {
                return Scan { used, next };
            }
            let big = self.big;
            let block = if big { self.block::<true>(rest, at, found) } else { self.block::<false>(rest, at, found) };
            match block {
                Block::Done(length) => used += length,
                Block::Stop(next) => return Scan { used, next },
            }
        }
    }

    fn skipped(&self) -> Vec<(u64, String)> {
        let told = |what: &Counted, words: &str| {
            (what.count > 0).then(|| (what.offset, format!("{words}: {} left out, the first", what.count)))
        };
        let unknown = told(&self.unknown_interface, "packets of interfaces that are not described");
        let damaged = told(&self.damaged, "packets that claim more bytes than their blocks hold");
        unknown.into_iter().chain(damaged).collect()
    }
}

impl Counted {
    #[cold]
    fn add(&mut self, offset: u64, at: u32) {
        if self.count == 0 {
            self.offset = offset + u64::from(at);
        }
        self.count += 1;
    }
}

fn corrupt(problem: String) -> Block {
    Block::Stop(Next::Corrupt(problem))
}

#[cfg(test)]
mod tests {
    use super::super::Interface;
    use super::super::testing::{block, epb, idb, section};
    use super::*;

    type Scanned = (Vec<Record>, Vec<Interface>, Scan, Vec<(u64, String)>);

    fn scan(bytes: &[u8]) -> Scanned {
        let (mut records, mut interfaces) = (Vec::new(), Vec::new());
        let mut pcapng = Pcapng::default();
        let scan = pcapng.scan(bytes, 0, &mut Found { records: &mut records, interfaces: &mut interfaces, offset: 0 });
        let skipped = pcapng.skipped();
        (records, interfaces, scan, skipped)
    }

    #[test]
    fn sections_of_both_byte_orders_number_their_interfaces_on() {
        let one = [section(true), idb(true, 1, &[]), epb(true, 0, 1_000_000, b"abc")].concat();
        let two = [section(false), idb(false, 101, &[]), idb(false, 1, &[]), epb(false, 1, 5, b"defg")].concat();
        let bytes = [one, two].concat();
        let (records, interfaces, scan, skipped) = scan(&bytes);
        assert_eq!((scan.used, scan.next, skipped.len()), (bytes.len(), Next::Need(HEAD), 0));
        assert_eq!(interfaces.iter().map(|i| i.link.0).collect::<Vec<_>>(), [1, 101, 1]);
        let seen: Vec<_> = records.iter().map(|r| (r.time, r.interface, r.captured)).collect();
        assert_eq!(seen, [(1_000_000_000, 0, 3), (5_000, 2, 4)]);
        let at = records[1].offset as usize;
        assert_eq!(bytes.get(at..at + 4), Some(&b"defg"[..]));
    }

    #[test]
    fn simple_and_old_packets_and_unknown_blocks() {
        for big in [false, true] {
            let order = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
            let half = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
            let simple = block(big, 3, &[&order(60)[..], &[7; 4]].concat());
            let parts = [&half(0)[..], &half(9), &order(0), &order(8), &order(2), &order(90), b"xy\0\0"];
            let old = block(big, 2, &parts.concat());
            let unknown = block(big, 0x0bad, b"what");
            // A snap length of 4 cuts the simple packet.
            let idb = block(big, 1, &[half(1), half(0), [0, 0], [0, 0]].concat());
            let idb = if big { [&idb[..15], &[4], &idb[16..]] } else { [&idb[..12], &[4], &idb[13..]] }.concat();
            let (records, _, _, skipped) = scan(&[section(big), idb, old, unknown, simple].concat());
            let seen: Vec<_> = records.iter().map(|r| (r.time, r.captured, r.wire)).collect();
            assert_eq!((seen, skipped.len()), (vec![(8_000, 2, 90), (8_000, 4, 60)], 0));
        }
    }

    #[test]
    fn packets_that_cannot_be_are_left_out_and_told() {
        let mut long = epb(false, 0, 0, b"abcd");
        long[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        let start = [section(false), idb(false, 1, &[])].concat();
        let bytes =
            [start.clone(), epb(false, u32::MAX, 0, b"a"), epb(false, 1, 0, b"a"), long, epb(false, 0, 0, b"a")];
        let (records, _, scan, skipped) = scan(&bytes.concat());
        assert_eq!((records.len(), scan.next), (1, Next::Need(HEAD)));
        assert_eq!(skipped.len(), 2);
        assert_eq!(skipped[0].0, start.len() as u64);
        assert!(skipped[0].1.contains("not described: 2 left out"), "{skipped:?}");
    }

    #[test]
    fn broken_frames_stop_without_a_loop() {
        let start = [section(false), idb(false, 1, &[])].concat();
        for length in [0_u32, 4, 8, 11, 13, u32::MAX] {
            let bad = [6_u32.to_le_bytes(), length.to_le_bytes(), [0; 4], [0; 4]].concat();
            let (_, _, scan, _) = scan(&[start.clone(), bad].concat());
            assert_eq!(scan.used, start.len());
            assert!(matches!(scan.next, Next::Corrupt(_)), "{length}");
        }
        let huge = [99_u32.to_le_bytes(), 0xffff_fffc_u32.to_le_bytes()].concat();
        assert_eq!(scan(&[start.clone(), huge].concat()).2.next, Next::Skip(0xffff_fffc));
        let mut mismatch = epb(false, 0, 0, b"abcd");
        let last = mismatch.len() - 4;
        mismatch[last] ^= 4;
        assert!(matches!(scan(&[start, mismatch].concat()).2.next, Next::Corrupt(_)));
    }

    #[test]
    fn bad_section_headers() {
        let mut order = section(false);
        order[8] = 0;
        let mut version = section(false);
        version[12] = 9;
        for bytes in [order, version, block(false, SECTION, &BYTE_ORDER.to_le_bytes())] {
            assert!(matches!(scan(&bytes).2.next, Next::Corrupt(_)));
        }
    }
}

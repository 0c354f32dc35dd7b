//! Captures made byte by byte, for tests.

use std::io::Write;

use super::{Chunk, More, Source, SourceError};

/// A pcapng block.
pub(crate) fn block(big: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let length = u32::try_from(body.len() + 12).unwrap();
    [&word(kind)[..], &word(length), body, &word(length)].concat()
}

/// A section header of version 1.0 and unknown length.
pub(crate) fn section(big: bool) -> Vec<u8> {
    let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let version = if big { [0, 1, 0, 0] } else { [1, 0, 0, 0] };
    block(big, 0x0a0d_0d0a, &[word(0x1a2b_3c4d), version, [0xff; 4], [0xff; 4]].concat())
}

/// An interface description with options.
pub(crate) fn idb(big: bool, link: u16, options: &[(u16, &[u8])]) -> Vec<u8> {
    let half = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut body = [half(link), [0; 2], [0; 2], [0; 2]].concat();
    for (code, value) in options {
        body.extend([half(*code), half(value.len().try_into().unwrap())].concat());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(big, 1, &body)
}

/// An enhanced packet block.
pub(crate) fn epb(big: bool, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
    let word = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
    let length = u32::try_from(data.len()).unwrap();
    let mut body = [word(interface), word(high), word(low), word(length), word(length)].concat();
    body.extend_from_slice(data);
    body.resize(body.len().next_multiple_of(4), 0);
    block(big, 6, &body)
}

/// A little-endian pcap of Ethernet in microseconds: (seconds, data) of each packet.
pub(crate) fn pcap(packets: &[(u32, &[u8])]) -> Vec<u8> {
    let mut out = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0].to_vec();
    for (seconds, data) in packets {
        let length = u32::try_from(data.len()).unwrap().to_le_bytes();
        out.extend([seconds.to_le_bytes(), [0; 4], length, length].concat());
        out.extend_from_slice(data);
    }
    out
}

/// The bytes as a file.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// What one packet was: time, interface, wire length, data.
pub(crate) type Seen = (i64, u32, u32, Vec<u8>);

/// Reads to the end and checks that every record lies within its chunk.
pub(crate) fn drain(source: &mut dyn Source) -> Result<Vec<Seen>, SourceError> {
    let (mut chunk, mut seen) = (Chunk::default(), Vec::new());
    loop {
        chunk.clear();
        let more = source.fill(&mut chunk)?;
        for record in &chunk.records {
            let data = chunk.data(record);
            assert_eq!(data.len(), record.captured as usize, "a record lies outside of its chunk");
            assert!((record.interface as usize) < source.interfaces().len(), "a record of no interface");
            seen.push((record.time, record.interface, record.wire, data.to_vec()));
        }
        if more == More::No {
            return Ok(seen);
        }
    }
}

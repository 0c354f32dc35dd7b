//! One capture file as a source: large reads straight into the chunk, packets found in place.
//!
//! Nothing is copied but the packet that a read cut, which moves to the front of the next chunk.

use std::path::Path;

use super::format::{Format, Found, Next};
use super::input::Input;
use super::pcap;
use super::recognise::{explain, recognise};
use super::{Chunk, Interface, More, Progress, Source, SourceError};

/// Bytes of one read: large enough that calls cost nothing, small enough to stay in the second-level cache.
pub(super) const BLOCK: usize = 1 << 18;
/// Reads for a file's first packets before it is shown without.
const READ_AHEAD: usize = 16;

/// A capture file that is read.
pub(super) struct FileSource {
    input: Input,
    format: Box<dyn Format>,
    /// Bytes of one read.
    block: usize,
    /// Bytes that were read and belong to the next chunk.
    tail: Vec<u8>,
    /// Offset in the uncompressed capture of the tail's first byte.
    offset: u64,
    /// Bytes that must be there before the next scan.
    need: usize,
    /// Bytes to pass over before anything is of interest.
    skip: u64,
    /// Where they began.
    skip_from: u64,
    /// The first chunk, read ahead of the first call.
    ahead: Option<(Chunk, More)>,
    interfaces: Vec<Interface>,
    warnings: Vec<SourceError>,
    /// Whether there was a packet.
    any: bool,
    ended: bool,
}

impl FileSource {
    /// Opens a capture. A file on disk is read up to its first packets, so that what is no capture is told here;
    /// anything that could make us wait is read up to its header.
    pub(super) fn open(path: &Path, block: usize) -> Result<Self, SourceError> {
        let mut input = Input::open(path)?;
        let mut tail = Vec::new();
        let (format, interfaces) = recognise(&mut input, &mut tail)?;
        let offset = if interfaces.is_empty() { 0 } else { pcap::HEADER as u64 };
        let mut source = Self {
            input,
            format,
            block,
            tail,
            offset,
            need: 1,
            skip: 0,
            skip_from: 0,
            ahead: None,
            interfaces,
            warnings: Vec::new(),
            any: false,
            ended: false,
        };
        if source.input.is_regular() {
            source.ahead = Some(source.first_packets()?);
        }
        Ok(source)
    }

    /// Reads until there are packets, but not on and on where there is something else.
    fn first_packets(&mut self) -> Result<(Chunk, More), SourceError> {
        let mut chunk = Chunk::default();
        let mut more = More::Yes;
        for _ in 0..READ_AHEAD {
            more = self.read(&mut chunk)?;
            if more == More::No || !chunk.records.is_empty() {
                break;
            }
            chunk.clear();
        }
        Ok((chunk, more))
    }

    /// Reads a block, more of them for a packet that is longer, and lists what packets it has.
    fn read(&mut self, chunk: &mut Chunk) -> Result<More, SourceError> {
        if self.ended {
            return Ok(More::No);
        }
        chunk.bytes.append(&mut self.tail);
        while chunk.bytes.len() < self.need {
            match self.input.fill(&mut chunk.bytes, self.block) {
                Ok(0) => return self.end(chunk),
                Ok(_) => self.pass_over(chunk, 0),
                Err(trouble) => return self.stop(explain(&self.input, trouble, self.offset)),
            }
        }
        let mut at = 0;
        let outcome = self.scan(chunk, &mut at);
        self.tail.extend_from_slice(chunk.bytes.get(at..).unwrap_or_default());
        self.offset += at as u64;
        match outcome {
            Ok(()) => Ok(More::Yes),
            Err(problem) => self.stop(self.wrong(self.offset, problem)),
        }
    }

    /// Lists the packets of the chunk and moves `at` behind them. The error says what is wrong there.
    fn scan(&mut self, chunk: &mut Chunk, at: &mut usize) -> Result<(), String> {
        loop {
            let bytes = chunk.bytes.get(*at..).unwrap_or_default();
            let base = u32::try_from(*at).unwrap_or(u32::MAX);
            let (records, interfaces) = (&mut chunk.records, &mut self.interfaces);
            let scan = self.format.scan(bytes, base, &mut Found { records, interfaces, offset: self.offset });
            *at += scan.used;
            self.any |= !chunk.records.is_empty();
            match scan.next {
                Next::Need(need) => {
                    self.need = need;
                    return Ok(());
                }
                Next::Skip(bytes) => {
                    self.skip = bytes;
                    self.skip_from = self.offset + *at as u64;
                    self.pass_over(chunk, *at);
                }
                Next::Corrupt(problem) => return Err(problem),
            }
        }
    }

    /// Takes bytes that are to be skipped out of the chunk, from `at` on.
    fn pass_over(&mut self, chunk: &mut Chunk, at: usize) {
        if self.skip == 0 {
            return;
        }
        let there = chunk.bytes.len() - at;
        let n = usize::try_from(self.skip).map_or(there, |skip| skip.min(there));
        chunk.bytes.drain(at..at + n);
        self.skip -= n as u64;
        self.offset += n as u64;
    }

    /// The end of the file, which may come too early.
    fn end(&mut self, chunk: &Chunk) -> Result<More, SourceError> {
        let end = self.offset + chunk.bytes.len() as u64;
        let from = if self.skip > 0 { self.skip_from } else { self.offset };
        if end > from {
            let problem = format!("truncated: the file ends inside a record, of which {} bytes are there", end - from);
            return self.stop(self.wrong(from, problem));
        }
        self.ended = true;
        self.tell_skipped();
        Ok(More::No)
    }

    /// The warnings, given away.
    pub(super) fn take_warnings(&mut self) -> Vec<SourceError> {
        std::mem::take(&mut self.warnings)
    }

    /// Ends the source on a trouble: an error if there was no packet, else a warning.
    fn stop(&mut self, trouble: SourceError) -> Result<More, SourceError> {
        self.ended = true;
        self.tell_skipped();
        if !self.any {
            return Err(trouble);
        }
        self.warnings.push(trouble);
        Ok(More::No)
    }

    fn tell_skipped(&mut self) {
        for (offset, problem) in self.format.skipped() {
            self.warnings.push(self.wrong(offset, problem));
        }
    }

    fn wrong(&self, offset: u64, problem: String) -> SourceError {
        SourceError::Format { path: self.input.path().to_path_buf(), offset, problem }
    }
}

impl Source for FileSource {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<More, SourceError> {
        if let Some((ahead, more)) = self.ahead.take() {
            *chunk = ahead;
            return Ok(more);
        }
        self.read(chunk)
    }

    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn progress(&self) -> Progress {
        self.input.progress()
    }

    fn warnings(&self) -> &[SourceError] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Seen, block, drain, epb, file, idb, pcap, section};
    use super::*;
    use crate::limits;

    /// What reading gave: the packets or the error, and the warnings.
    fn read(bytes: &[u8], block: usize) -> (Result<Vec<Seen>, String>, Vec<String>) {
        let file = file(bytes);
        let text = |error: &SourceError| error.to_string().replace(&*file.path().to_string_lossy(), "FILE");
        let mut source = match FileSource::open(file.path(), block) {
            Ok(source) => source,
            Err(error) => return (Err(text(&error)), Vec::new()),
        };
        let seen = drain(&mut source).map_err(|e| text(&e));
        (seen, source.warnings().iter().map(text).collect())
    }

    fn a_pcapng() -> Vec<u8> {
        let unknown = block(true, 77, &[1; 400]);
        let one = [section(true), idb(true, 1, &[(9, &[9])]), epb(true, 0, 1, &[5; 99]), unknown].concat();
        let two = [section(false), idb(false, 101, &[]), epb(false, 0, 7, b"abc"), epb(false, 0, 8, b"")].concat();
        [one, two].concat()
    }

    #[test]
    fn the_size_of_a_read_does_not_matter() {
        let packets: Vec<_> = (0..100_u32).map(|n| (n, vec![n.to_le_bytes()[0]; n as usize * 7])).collect();
        let packets: Vec<(u32, &[u8])> = packets.iter().map(|(n, data)| (*n, &data[..])).collect();
        for bytes in [pcap(&packets), a_pcapng()] {
            let whole = read(&bytes, BLOCK);
            assert!(whole.0.as_ref().is_ok_and(|seen| seen.len() >= 3) && whole.1.is_empty(), "{whole:?}");
            for block in [1, 2, 13, 64, 1000] {
                assert_eq!(read(&bytes, block), whole, "reads of {block} bytes");
            }
        }
    }

    #[test]
    fn a_capture_without_packets_is_one() {
        for bytes in [pcap(&[]), section(false), [section(true), idb(true, 1, &[])].concat()] {
            assert_eq!(read(&bytes, BLOCK), (Ok(Vec::new()), Vec::new()));
        }
    }

    #[test]
    fn what_is_no_capture_is_told_at_once() {
        let gz_in_gz = [&[0x1f, 0x8b][..], &[0; 40]].concat();
        let cases: [(&[u8], &str); 8] = [
            (b"", "empty"),
            (b"\xd4\xc3", "ends after 2 bytes"),
            (&pcap(&[])[..17], "ends after 17 bytes"),
            (&section(false)[..20], "ends after 20 bytes"),
            (&[0; 400], "not a pcap or pcapng"),
            (b"<html>\x1b[2J and so on and so on and so on", "not a pcap or pcapng"),
            (b"BZh9 some more bytes that do not matter now", "bzip2"),
            (&zstd::encode_all(&gz_in_gz[..], 1).unwrap(), "gzip once more"),
        ];
        for (bytes, words) in cases {
            let error = read(bytes, BLOCK).0.unwrap_err();
            assert!(error.contains(words) && !error.contains('\x1b'), "{error}");
        }
        assert!(FileSource::open(Path::new("/dev/null"), BLOCK).is_err());
        assert!(FileSource::open(Path::new("/dev/zero"), BLOCK).is_err());
    }

    #[test]
    fn damage_keeps_what_was_read_and_says_where() {
        let good = pcap(&[(1, b"abcd"), (2, b"efgh")]);
        let (seen, warnings) = read(&good[..good.len() - 1], BLOCK);
        assert_eq!(seen.unwrap().len(), 1);
        assert!(warnings[0].contains("truncated") && warnings[0].contains("byte 44"), "{warnings:?}");
        let absurd = [&good[..], &[0xff; 16], &[0; 99]].concat();
        let (seen, warnings) = read(&absurd, BLOCK);
        assert_eq!(seen.unwrap().len(), 2);
        assert!(warnings[0].contains("corrupt") && warnings[0].contains("byte 64"), "{warnings:?}");
        assert!(read(&[&pcap(&[])[..], &[0xff; 16]].concat(), BLOCK).0.unwrap_err().contains("corrupt"));
    }

    #[test]
    fn a_block_of_no_interest_is_skipped_whatever_its_length() {
        let long = block(false, 99, &vec![7; limits::CAPTURE_PACKET + 8192]);
        let bytes = [section(false), idb(false, 1, &[]), long.clone(), epb(false, 0, 1, b"abc")].concat();
        let (seen, warnings) = read(&bytes, BLOCK);
        assert_eq!((seen.unwrap().len(), warnings.len()), (1, 0));
        let start = [section(false), idb(false, 1, &[]), epb(false, 0, 1, b"abc")].concat();
        let (seen, warnings) = read(&[&start[..], &long[..1 << 20]].concat(), BLOCK);
        assert_eq!(seen.unwrap().len(), 1);
        assert!(warnings[0].contains("truncated"));
    }

    #[test]
    fn a_packet_longer_than_a_read_is_whole() {
        let data = vec![9; 3 << 20];
        let (seen, warnings) = read(&pcap(&[(1, b"a"), (2, &data), (3, b"b")]), 1 << 14);
        let seen = seen.unwrap();
        assert!(seen.len() == 3 && seen[1].3 == data && warnings.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_after_a_header_end(body in proptest::collection::vec(any::<u8>(), 0..2000), ng: bool) {
            let head = if ng { [section(false), idb(false, 1, &[])].concat() } else { pcap(&[]) };
            let _ = read(&[head, body].concat(), 64);
        }

        #[test]
        fn flipped_and_cut_captures_end(flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 0..6), cut: usize) {
            for mut bytes in [a_pcapng(), pcap(&[(1, &[1; 40]), (2, &[2; 90]), (3, b"")])] {
                for (at, mask) in &flips {
                    let at = at % bytes.len();
                    bytes[at] ^= mask;
                }
                bytes.truncate(cut % (bytes.len() + 1));
                let whole = read(&bytes, BLOCK);
                prop_assert_eq!(whole, read(&bytes, 7), "reads of 7 bytes give the same");
            }
        }
    }
}

//! Several captures as one, in the order of their time stamps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;

use super::file::{BLOCK, FileSource};
use super::{Chunk, Interface, More, Progress, Record, Source, SourceError};

/// Bytes that all files together read ahead, if they are many.
const READ_AHEAD: usize = 1 << 23;
/// Packets of one merged chunk.
const RECORDS: usize = 4096;

/// Opens captures: pcap or pcapng, plain, gzip or zstd; `-` is standard input. Several are merged by time; packets of
/// one file stay in their order, and of equal times those of the earlier file come first.
///
/// # Errors
/// If one of them cannot be read up to its first packet: missing, a directory, empty, not a capture, damaged there.
pub fn open(paths: &[PathBuf]) -> Result<Box<dyn Source>, SourceError> {
    if let [path] = paths {
        return Ok(Box::new(FileSource::open(path, BLOCK)?));
    }
    let block = (READ_AHEAD / paths.len().max(1)).clamp(1 << 14, BLOCK);
    let sources = paths.iter().map(|path| FileSource::open(path, block));
    Ok(Box::new(Merge::new(sources.collect::<Result<_, _>>()?)))
}

/// Captures that are read side by side.
struct Merge {
    lanes: Vec<Lane>,
    /// Time of the next packet of each lane that has one, and the lane.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    interfaces: Vec<Interface>,
    warnings: Vec<SourceError>,
    primed: bool,
}

/// One of the captures.
struct Lane {
    source: FileSource,
    chunk: Chunk,
    /// Packets of the chunk that are done.
    done: usize,
    more: More,
    /// For each of its interfaces the number among all.
    numbers: Vec<Option<u32>>,
}

impl Merge {
    fn new(sources: Vec<FileSource>) -> Self {
        let lane = |source| Lane { source, chunk: Chunk::default(), done: 0, more: More::Yes, numbers: Vec::new() };
        let lanes = sources.into_iter().map(lane).collect();
        Self { lanes, heads: BinaryHeap::new(), interfaces: Vec::new(), warnings: Vec::new(), primed: false }
    }

    /// Brings every lane to its first packet, and with it every file's first interface to our list: whoever looks at
    /// that at the first packet knows whether an input is a pcapng.
    fn prime(&mut self) -> Result<(), SourceError> {
        self.primed = true;
        for at in 0..self.lanes.len() {
            self.advance(at)?;
            if let Some(interface) = self.lanes.get(at).and_then(Lane::head).map(|head| head.interface) {
                self.number(at, interface);
            }
        }
        Ok(())
    }

    /// Puts the next packet of a lane into the heap, or winds the lane up if it has none.
    fn advance(&mut self, at: usize) -> Result<(), SourceError> {
        let Some(lane) = self.lanes.get_mut(at) else { return Ok(()) };
        lane.refill()?;
        if let Some(head) = lane.head() {
            self.heads.push(Reverse((head.time, at)));
            return Ok(());
        }
        self.warnings.append(&mut lane.source.take_warnings());
        for interface in 0..u32::try_from(lane.source.interfaces().len()).unwrap_or(u32::MAX) {
            self.number(at, interface);
        }
        Ok(())
    }

    /// The number among all of a lane's interface, given when it is first asked for: so it does not depend on how
    /// much of a file was read at once.
    fn number(&mut self, at: usize, interface: u32) -> u32 {
        let Some(lane) = self.lanes.get_mut(at) else { return 0 };
        let index = interface as usize;
        if lane.numbers.len() <= index {
            lane.numbers.resize(index + 1, None);
        }
        let Some(number) = lane.numbers.get_mut(index) else { return 0 };
        *number.get_or_insert_with(|| {
            let next = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
            self.interfaces.extend(lane.source.interfaces().get(index).cloned());
            next
        })
    }

    /// Moves the earliest packet into the chunk.
    fn step(&mut self, chunk: &mut Chunk) -> Result<bool, SourceError> {
        let Some(Reverse((_, at))) = self.heads.pop() else { return Ok(false) };
        let Some(head) = self.lanes.get(at).and_then(Lane::head).copied() else { return Ok(true) };
        let interface = self.number(at, head.interface);
        if let Some(lane) = self.lanes.get_mut(at) {
            let offset = u32::try_from(chunk.bytes.len()).unwrap_or(u32::MAX);
            chunk.bytes.extend_from_slice(lane.chunk.data(&head));
            chunk.records.push(Record { offset, interface, ..head });
            lane.done += 1;
        }
        self.advance(at)?;
        Ok(true)
    }
}

impl Lane {
    /// Its next packet.
    fn head(&self) -> Option<&Record> {
        self.chunk.records.get(self.done)
    }

    /// Reads on until there is a packet or the end.
    fn refill(&mut self) -> Result<(), SourceError> {
        while self.head().is_none() && self.more == More::Yes {
            self.chunk.clear();
            self.done = 0;
            self.more = self.source.fill(&mut self.chunk)?;
        }
        Ok(())
    }
}

impl Source for Merge {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<More, SourceError> {
        if !self.primed {
            self.prime()?;
        }
        while chunk.records.len() < RECORDS && chunk.bytes.len() < BLOCK {
            if !self.step(chunk)? {
                return Ok(More::No);
            }
        }
        Ok(More::Yes)
    }

    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn progress(&self) -> Progress {
        let add = |sum: Progress, lane: &Lane| {
            let own = lane.source.progress();
            Progress { read: sum.read + own.read, total: sum.total + own.total }
        };
        self.lanes.iter().fold(Progress::default(), add)
    }

    fn warnings(&self) -> &[SourceError] {
        &self.warnings
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{drain, epb, file, idb, pcap, section};
    use super::*;

    #[test]
    fn merges_by_time_and_keeps_ties_in_the_order_of_the_files() {
        let one = file(&pcap(&[(1, b"a"), (3, b"c"), (3, b"d"), (2, b"late")]));
        let two = file(&pcap(&[(2, b"b"), (3, b"e"), (9, b"z")]));
        let empty = file(&pcap(&[]));
        let mut source = open(&[&one, &two, &empty].map(|f| f.path().to_path_buf())).unwrap();
        let seen = drain(&mut *source).unwrap();
        let order: Vec<_> = seen.iter().map(|(_, _, _, data)| String::from_utf8_lossy(data).into_owned()).collect();
        assert_eq!(order, ["a", "b", "c", "d", "late", "e", "z"]);
        assert_eq!(seen.iter().map(|s| s.1).collect::<Vec<_>>(), [0, 1, 0, 0, 0, 1, 1]);
        assert_eq!(source.interfaces().len(), 3);
    }

    #[test]
    fn interfaces_are_numbered_anew_and_warnings_come_along() {
        let ng = |ticks| {
            let idbs = [idb(false, 1, &[]), idb(false, 101, &[])].concat();
            [section(false), idbs, epb(false, 1, ticks, b"x"), epb(false, 0, ticks + 1, b"y")].concat()
        };
        let one = file(&ng(10));
        let mut cut = ng(20);
        cut.truncate(cut.len() - 5);
        let two = file(&cut);
        let mut source = open(&[&one, &two].map(|f| f.path().to_path_buf())).unwrap();
        let seen = drain(&mut *source).unwrap();
        let links: Vec<_> = seen.iter().map(|s| source.interfaces()[s.1 as usize].link.0).collect();
        assert_eq!(links, [101, 1, 101]);
        assert_eq!(source.interfaces().len(), 4);
        assert_eq!(source.warnings().len(), 1);
    }

    #[test]
    fn one_bad_file_is_an_error_that_names_it() {
        let good = file(&pcap(&[(1, b"a")]));
        let missing = good.path().with_file_name("there is no\u{1b}such.pcap");
        let error = open(&[good.path().to_path_buf(), missing]).err().unwrap().to_string();
        assert!(error.contains("such.pcap") && !error.contains('\u{1b}'), "{error}");
    }
}

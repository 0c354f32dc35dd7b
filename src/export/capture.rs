//! Captures written: packets as they came, with their times, original lengths, link types and interfaces.
//!
//! The format follows what is written: pcapng if any interface came from one or if link types differ, else a classic
//! pcap with the input's time unit and snap length. It is compressed if its name ends in `.gz` or `.zst`.

use std::io;
use std::path::Path;

use super::atomic::{Existing, Output, OutputError};
use super::capture_blocks as blocks;
use super::packed::Sink;
use crate::engine::source::{Interface, Record, Unit};
use crate::packet::LinkType;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 18;
/// Snap length of a merged pcap if one of the inputs had none: the most that libpcap takes.
const NO_SNAPLEN: u32 = 262_144;
const ETHERNET: LinkType = LinkType(1);

/// Which format a capture is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// By the interfaces that are known at the first packet, or at the end if there is none. Every source gives at
    /// least one interface of each of its files with its first packet, so the choice does not come too early.
    #[default]
    Auto,
    /// pcap, in the largest unit that keeps the times.
    Pcap,
    /// pcapng.
    Pcapng,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Packets.
    pub packets: u64,
    /// Their captured bytes.
    pub bytes: u64,
}

/// Writes one capture.
pub struct CaptureWriter {
    sink: Sink,
    /// Whole records that are not written yet.
    buffer: Vec<u8>,
    choice: Choice,
    format: Option<Format>,
    written: Written,
}

/// The format once it is chosen.
enum Format {
    Pcap { link: LinkType, nanos: bool },
    Pcapng { described: usize },
}

impl CaptureWriter {
    /// Begins a capture; see [`Output::create`] for what becomes of the file, and of `-`, devices and FIFOs.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(path: &Path, existing: Existing, choice: Choice) -> Result<Self, OutputError> {
        Self::new(Output::create(path, existing)?, path, choice)
    }

    /// Begins a capture that can be read while it grows; see [`Output::create_at_once`] and [`Self::flush`].
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create_at_once(path: &Path, existing: Existing, choice: Choice) -> Result<Self, OutputError> {
        Self::new(Output::create_at_once(path, existing)?, path, choice)
    }

    fn new(output: Output, path: &Path, choice: Choice) -> Result<Self, OutputError> {
        let sink = Sink::new(output, path)?;
        let buffer = Vec::with_capacity(BUFFER + (1 << 16));
        Ok(Self { sink, buffer, choice, format: None, written: Written::default() })
    }

    /// Writes a packet. `interfaces` are all of the source that are known by now; its interface is among them.
    ///
    /// # Errors
    /// If the system cannot write, or if a classic pcap, once begun, would need a second link type.
    #[inline]
    pub fn write(&mut self, record: &Record, data: &[u8], interfaces: &[Interface]) -> Result<(), OutputError> {
        let Some(interface) = interfaces.get(record.interface as usize) else {
            return Err(self.refuse(format!("interface {} is not described", record.interface)));
        };
        if self.format.is_none() {
            self.begin(interfaces);
        }
        match &mut self.format {
            Some(Format::Pcap { link, nanos }) if *link == interface.link => {
                blocks::pcap_record(&mut self.buffer, record.time, *nanos, record.wire, data);
            }
            Some(Format::Pcapng { described }) => {
                let up_to = record.interface as usize + 1;
                describe(&mut self.buffer, described, interfaces.get(..up_to).unwrap_or_default());
                let buffer = &mut self.buffer;
                blocks::packet(buffer, record.interface, interface.unit, record.time, record.wire, data);
            }
            _ => return Err(self.refuse(format!("a pcap has one link type, and {} is another", interface.link.0))),
        }
        self.written.packets += 1;
        self.written.bytes += data.len() as u64;
        if self.buffer.len() >= BUFFER { self.spill() } else { Ok(()) }
    }

    /// Hands everything on to the system, so that the file is valid up to the last packet.
    ///
    /// # Errors
    /// If the system cannot write.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.spill()?;
        self.sink.flush().map_err(|error| self.sink.output().failed("write", error))
    }

    /// Ends the capture: header and interfaces are there even if there was no packet.
    ///
    /// # Errors
    /// If the system cannot write or keep it.
    pub fn finish(mut self, interfaces: &[Interface]) -> Result<Written, OutputError> {
        if self.format.is_none() {
            self.begin(interfaces);
        }
        if let Some(Format::Pcapng { described }) = &mut self.format {
            describe(&mut self.buffer, described, interfaces);
        }
        self.spill()?;
        self.sink.finish()?;
        Ok(self.written)
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> Written {
        self.written
    }

    #[cold]
    fn begin(&mut self, interfaces: &[Interface]) {
        let link = interfaces.first().map_or(ETHERNET, |first| first.link);
        let mixed = interfaces.iter().any(|i| i.pcapng || i.link != link);
        let pcapng = self.choice == Choice::Pcapng || (self.choice == Choice::Auto && mixed);
        if pcapng {
            blocks::section(&mut self.buffer);
            self.format = Some(Format::Pcapng { described: 0 });
            return;
        }
        let nanos = interfaces.iter().any(|i| !is_micro(i.unit));
        let no_limit = interfaces.len() > 1 && interfaces.iter().any(|i| i.snaplen == 0);
        let largest = interfaces.iter().map(|i| i.snaplen).max().unwrap_or(NO_SNAPLEN);
        let snaplen = if no_limit { largest.max(NO_SNAPLEN) } else { largest };
        blocks::pcap_header(&mut self.buffer, link.0, snaplen, nanos);
        self.format = Some(Format::Pcap { link, nanos });
    }

    fn spill(&mut self) -> Result<(), OutputError> {
        self.sink.write_all(&self.buffer).map_err(|error| self.sink.output().failed("write", error))?;
        self.buffer.clear();
        Ok(())
    }

    fn refuse(&self, problem: String) -> OutputError {
        self.sink.output().failed("write", io::Error::other(problem))
    }
}

/// Describes those interfaces that are not yet. They come when a packet first needs them, so that the same packets
/// make the same bytes whenever the source got to know them.
fn describe(buffer: &mut Vec<u8>, described: &mut usize, interfaces: &[Interface]) {
    for interface in interfaces.get(*described..).unwrap_or_default() {
        blocks::interface(buffer, interface);
        *described += 1;
    }
}

/// Whether microseconds keep the times.
fn is_micro(unit: Unit) -> bool {
    matches!(unit, Unit::Decimal(0..=6))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::source::testing::{Seen, drain, epb, file, idb, pcap, section};
    use crate::engine::source::{Chunk, More, open};

    /// Reads captures, writes them as one of that name, and reads that: packets and interfaces of both.
    fn copy(captures: &[Vec<u8>], name: &str) -> [(Vec<Seen>, Vec<Interface>); 2] {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<_> = captures.iter().map(|bytes| file(bytes)).collect();
        let paths: Vec<PathBuf> = files.iter().map(|f| f.path().to_path_buf()).collect();
        let out = folder.path().join(name);
        let mut writer = CaptureWriter::create(&out, Existing::Keep, Choice::Auto).unwrap();
        let mut source = open(&paths).unwrap();
        let mut chunk = Chunk::default();
        loop {
            chunk.clear();
            let more = source.fill(&mut chunk).unwrap();
            for record in &chunk.records {
                writer.write(record, chunk.data(record), source.interfaces()).unwrap();
            }
            if more == More::No {
                break;
            }
        }
        writer.finish(source.interfaces()).unwrap();
        [paths, vec![out]].map(|paths| {
            let mut source = open(&paths).unwrap();
            (drain(&mut *source).unwrap(), source.interfaces().to_vec())
        })
    }

    fn nanos(mut pcap: Vec<u8>) -> Vec<u8> {
        pcap[..4].copy_from_slice(&0xa1b2_3c4d_u32.to_le_bytes());
        pcap[28] = 77;
        pcap
    }

    #[test]
    fn a_pcap_comes_back_in_its_unit_and_snap_length() {
        let micro = pcap(&[(1, b"abc"), (2, b""), (1, b"back in time")]);
        for bytes in [micro.clone(), nanos(micro), pcap(&[])] {
            for name in ["out.pcap", "out.pcap.gz", "out.pcap.ZST", "out"] {
                let [before, after] = copy(std::slice::from_ref(&bytes), name);
                assert_eq!(before, after, "{name}");
            }
        }
    }

    #[test]
    fn a_pcapng_comes_back_with_its_interfaces_and_units() {
        let units: Vec<Vec<u8>> = [0_u8, 3, 6, 9, 0x81, 0x94]
            .iter()
            .map(|&u| idb(false, 113, &[(2, b"eth0"), (3, b"x"), (9, &[u])]))
            .collect();
        let packets: Vec<Vec<u8>> = (0..6).map(|n| epb(false, n, 1_000_003, &vec![7; n as usize])).collect();
        let [before, after] = copy(&[[section(false), units.concat(), packets.concat()].concat()], "out.pcap");
        assert_eq!(before.1.len(), 6);
        assert_eq!(before, after);
    }

    #[test]
    fn link_types_that_differ_or_one_pcapng_make_a_pcapng() {
        let mut raw = pcap(&[(2, b"raw")]);
        raw[20] = 101;
        let ethernet = pcap(&[(1, b"one"), (3, b"two")]);
        let ng = [section(true), idb(true, 1, &[]), epb(true, 0, 5, b"x")].concat();
        for (captures, pcapng) in [
            (vec![ethernet.clone(), ethernet.clone()], false),
            (vec![ethernet.clone(), raw], true),
            (vec![ethernet.clone(), ng], true),
            (vec![ethernet.clone(), section(false)], false),
        ] {
            let [before, after] = copy(&captures, "out");
            assert_eq!(after.1[0].pcapng, pcapng);
            let bare = |seen: &[Seen]| seen.iter().map(|s| (s.0, s.2, s.3.clone())).collect::<Vec<_>>();
            assert_eq!(bare(&before.0), bare(&after.0));
        }
    }

    #[test]
    fn merged_pcaps_get_the_finer_unit() {
        let [before, after] = copy(&[pcap(&[(1, b"a")]), nanos(pcap(&[(1, b"b")]))], "out");
        assert!(!after.1[0].pcapng && after.1[0].unit == Unit::NANO);
        assert_eq!(before.0[1].0, after.0[1].0);
    }

    #[test]
    fn a_full_disk_is_an_error_whatever_the_compression() {
        let interface =
            Interface { link: ETHERNET, snaplen: 0, unit: Unit::MICRO, name: None, description: None, pcapng: false };
        let record = Record { time: 0, offset: 0, captured: 9, wire: 9, interface: 0 };
        let interfaces = [interface.clone(), Interface { link: LinkType(101), ..interface }];
        let full = Path::new("/dev/full");
        let mut writer = CaptureWriter::create(full, Existing::Replace, Choice::Auto).unwrap();
        let mut outcome = Ok(());
        for _ in 0..20_000 {
            outcome = outcome.and_then(|()| writer.write(&record, b"123456789", &interfaces));
        }
        assert_eq!(outcome.unwrap_err().error.kind(), io::ErrorKind::StorageFull);
        for name in ["plain", "packed.gz", "packed.zst"] {
            let output = Output::create(full, Existing::Replace).unwrap();
            let mut writer = CaptureWriter::new(output, Path::new(name), Choice::Pcap).unwrap();
            writer.write(&record, b"123456789", &interfaces).unwrap();
            let other = Record { interface: 1, ..record };
            assert!(writer.write(&other, b"x", &interfaces).unwrap_err().to_string().contains("101 is another"));
            assert_eq!(writer.finish(&interfaces).unwrap_err().error.kind(), io::ErrorKind::StorageFull);
        }
    }

    #[test]
    fn flushed_it_is_whole_up_to_the_last_packet() {
        let folder = tempfile::tempdir().unwrap();
        let source = open(&[file(&pcap(&[(1, b"a")])).path().to_path_buf()]).unwrap();
        let record = Record { time: 0, offset: 0, captured: 1, wire: 1, interface: 0 };
        for name in ["a.pcap", "a.pcap.gz"] {
            let out = folder.path().join(name);
            let mut writer = CaptureWriter::create_at_once(&out, Existing::Keep, Choice::Auto).unwrap();
            writer.write(&record, b"x", source.interfaces()).unwrap();
            writer.flush().unwrap();
            let mut so_far = open(std::slice::from_ref(&out)).unwrap();
            assert_eq!(drain(&mut *so_far).unwrap().len(), 1, "{name}");
            assert_eq!(so_far.warnings().len(), usize::from(name.ends_with("gz")));
        }
    }
}

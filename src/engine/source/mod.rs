//! Where packets come from: capture files, standard input, live devices.
//!
//! A source fills [`Chunk`]s: one large buffer of raw bytes and a list of where each packet lies in it. Payload is
//! never copied on its way to the workers; chunks are reused.

pub mod device;
mod file;
mod format;
mod input;
mod merge;
mod pcap;
mod pcapng;
mod pcapng_idb;
mod recognise;
mod scale;
#[cfg(test)]
pub(crate) mod testing;

use std::path::PathBuf;
use std::{fmt, io};

use crate::packet::LinkType;

pub use merge::open;

/// Where one packet lies in its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Nanoseconds since 1970-01-01 UTC, as the capture says (saturated where it says nonsense).
    pub time: i64,
    /// Offset of the first byte in [`Chunk::bytes`].
    pub offset: u32,
    /// Bytes captured.
    pub captured: u32,
    /// Bytes on the wire.
    pub wire: u32,
    /// Index into [`Source::interfaces`].
    pub interface: u32,
}

/// A batch of packets: raw bytes and where the packets lie in them.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Raw bytes, packet data among them.
    pub bytes: Vec<u8>,
    /// The packets, in order.
    pub records: Vec<Record>,
}

impl Chunk {
    /// The captured bytes of a record of this chunk.
    #[must_use]
    pub fn data(&self, record: &Record) -> &[u8] {
        let start = record.offset as usize;
        self.bytes.get(start..start.saturating_add(record.captured as usize)).unwrap_or_default()
    }

    /// Empties it, keeping its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
    }
}

/// An interface that packets came from: one per classic pcap file, one per Interface Description Block of a pcapng.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Link type of its packets.
    pub link: LinkType,
    /// Snap length in bytes; 0 for none.
    pub snaplen: u32,
    /// Time stamps per second, as powers of ten or two: see [`Unit`].
    pub unit: Unit,
    /// Name, if the capture tells it. From outside: make it harmless when shown.
    pub name: Option<String>,
    /// Description, if the capture tells it.
    pub description: Option<String>,
    /// Whether it came from a pcapng.
    pub pcapng: bool,
}

/// Resolution of time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 10^-n seconds.
    Decimal(u8),
    /// 2^-n seconds.
    Binary(u8),
}

impl Unit {
    /// Microseconds, pcap's own.
    pub const MICRO: Self = Self::Decimal(6);
    /// Nanoseconds.
    pub const NANO: Self = Self::Decimal(9);
}

/// How far a source has been read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read of the files as they lie on disk.
    pub read: u64,
    /// Bytes in all, 0 if unknown.
    pub total: u64,
}

/// Whether there may be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// Ask again.
    Yes,
    /// The source has ended; the chunk may hold its last packets.
    No,
}

/// Something that packets come from.
pub trait Source: Send {
    /// Fills an empty chunk with the next packets, in order. A call may block, and may return [`More::Yes`] with none.
    fn fill(&mut self, chunk: &mut Chunk) -> Result<More, SourceError>;

    /// All interfaces seen so far; grows only between calls of `fill`, and indexes stay.
    fn interfaces(&self) -> &[Interface];

    /// How far it has been read.
    fn progress(&self) -> Progress {
        Progress::default()
    }

    /// Troubles that ended the source early or were read over (a truncated or corrupt file), one sentence each. What
    /// was read before stays read.
    fn warnings(&self) -> &[SourceError] {
        &[]
    }
}

/// Why a source cannot be read (on). Its text is one line with the path, made harmless, and the offset.
#[derive(Debug)]
pub enum SourceError {
    /// The system said no.
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `"open"`, `"read"`.
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Not a capture, or no longer one.
    Format {
        /// The file.
        path: PathBuf,
        /// Offset in bytes of the uncompressed capture.
        offset: u64,
        /// What is wrong, in words.
        problem: String,
    },
    /// A device or filter was refused, in libpcap's words.
    Device(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, action, error } => {
                write!(f, "{}: cannot {action}: {error}", path.to_string_lossy().escape_debug())
            }
            Self::Format { path, offset, problem } => {
                write!(f, "{}: {problem} (at byte {offset})", path.to_string_lossy().escape_debug())
            }
            Self::Device(text) => write!(f, "{}", text.escape_debug()),
        }
    }
}

impl std::error::Error for SourceError {}

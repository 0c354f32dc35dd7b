//! What the two capture formats have in common: bytes in, packets out, nothing copied.

use super::{Interface, Record};

/// A capture format, told by its header.
pub(super) trait Format: Send {
    /// Finds packets in `bytes`, which go on where the last scan stopped and lie at `base` in their chunk, and lists
    /// those that are there as a whole.
    fn scan(&mut self, bytes: &[u8], base: u32, found: &mut Found<'_>) -> Scan;

    /// Things that were read over, in words with their offset.
    fn skipped(&self) -> Vec<(u64, String)> {
        Vec::new()
    }
}

/// Where a scan puts what it finds.
pub(super) struct Found<'a> {
    /// Packets.
    pub(super) records: &'a mut Vec<Record>,
    /// Interfaces so far.
    pub(super) interfaces: &'a mut Vec<Interface>,
    /// Offset in the capture of the first byte of the chunk.
    pub(super) offset: u64,
}

/// How far a scan came.
pub(super) struct Scan {
    /// Bytes that are done with.
    pub(super) used: usize,
    /// What it needs to go on.
    pub(super) next: Next,
}

/// What a scan needs to go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// So many bytes from the first that is not used; never more than make the next scan say something else.
    Need(usize),
    /// So many bytes are of no interest from the first that is not used.
    Skip(u64),
    /// The capture is damaged from the first byte that is not used.
    Corrupt(String),
}

/// A 32-bit word at a place in a header, of either byte order. 0 past the end, which callers rule out by `N`.
#[inline]
pub(super) fn word<const BIG: bool, const N: usize>(header: &[u8; N], at: usize) -> u32 {
    let bytes = header.get(at..).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
    if BIG { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

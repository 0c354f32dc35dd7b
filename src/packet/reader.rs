//! The bounds-checked cursor that every parser of bytes uses.
//!
//! A read past the end is an [`Incomplete`] with the name of the field that was missing; nothing here panics.

use std::fmt;

/// The input ended inside a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incomplete(
    /// Name of the field that was missing.
    pub &'static str,
);

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input ends before {}", self.0)
    }
}

impl std::error::Error for Incomplete {}

/// A cursor over bytes. Integers are big endian unless the name says `le`.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Offset of the next byte from the start, in bytes.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    #[must_use]
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// The bytes not yet read, without moving.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize, field: &'static str) -> Result<&'a [u8], Incomplete> {
        let end = self.at.checked_add(n).ok_or(Incomplete(field))?;
        let taken = self.bytes.get(self.at..end).ok_or(Incomplete(field))?;
        self.at = end;
        Ok(taken)
    }

    /// A cursor over the next `n` bytes only, which this one leaves behind.
    pub fn sub(&mut self, n: usize, field: &'static str) -> Result<Self, Incomplete> {
        self.take(n, field).map(Self::new)
    }

    /// Moves over `n` bytes.
    pub fn skip(&mut self, n: usize, field: &'static str) -> Result<(), Incomplete> {
        self.take(n, field).map(drop)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Incomplete> {
        let end = self.at.checked_add(N).ok_or(Incomplete(field))?;
        let bytes = self.bytes.get(self.at..end).ok_or(Incomplete(field))?;
        self.at = end;
        bytes.try_into().map_err(|_| Incomplete(field))
    }

    /// One byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, Incomplete> {
        self.array::<1>(field).map(|[b]| b)
    }

    /// Two bytes, big endian.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, Incomplete> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Three bytes, big endian.
    pub fn u24(&mut self, field: &'static str) -> Result<u32, Incomplete> {
        self.array(field).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four bytes, big endian.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, Incomplete> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Eight bytes, big endian.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, Incomplete> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// Two bytes, little endian.
    pub fn u16_le(&mut self, field: &'static str) -> Result<u16, Incomplete> {
        self.array(field).map(u16::from_le_bytes)
    }

    /// Three bytes, little endian.
    pub fn u24_le(&mut self, field: &'static str) -> Result<u32, Incomplete> {
        self.array(field).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    /// Four bytes, little endian.
    pub fn u32_le(&mut self, field: &'static str) -> Result<u32, Incomplete> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Eight bytes, little endian.
    pub fn u64_le(&mut self, field: &'static str) -> Result<u64, Incomplete> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// The bytes up to `end`, which is consumed and not returned.
    pub fn until(&mut self, end: u8, field: &'static str) -> Result<&'a [u8], Incomplete> {
        let n = memchr::memchr(end, self.rest()).ok_or(Incomplete(field))?;
        let taken = self.take(n, field)?;
        self.skip(1, field)?;
        Ok(taken)
    }

    /// One line without its LF or CRLF.
    pub fn line(&mut self, field: &'static str) -> Result<&'a [u8], Incomplete> {
        let line = self.until(b'\n', field)?;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_order_and_names_what_is_missing() {
        let mut r = Reader::new(&[1, 0, 2, 0, 0, 3, 9]);
        assert_eq!(r.u8("a"), Ok(1));
        assert_eq!(r.u16("b"), Ok(2));
        assert_eq!(r.u24("c"), Ok(3));
        assert_eq!(r.u16("d"), Err(Incomplete("d")));
        assert_eq!(r.rest(), &[9], "a failed read moves nothing");
    }

    #[test]
    fn lines_lose_their_ending() {
        let mut r = Reader::new(b"one\r\ntwo\nthree");
        assert_eq!(r.line("l"), Ok(&b"one"[..]));
        assert_eq!(r.line("l"), Ok(&b"two"[..]));
        assert_eq!(r.line("l"), Err(Incomplete("l")));
    }

    #[test]
    fn huge_lengths_do_not_overflow() {
        assert!(Reader::new(&[0; 4]).take(usize::MAX, "n").is_err());
    }
}

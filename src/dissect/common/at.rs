//! Numbers at an offset, for probes that look here and there in a message. None past the end.

/// One byte.
#[must_use]
pub fn u8(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// Two bytes, big endian.
#[must_use]
pub fn u16(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk().map(|b| u16::from_be_bytes(*b))
}

/// Three bytes, big endian.
#[must_use]
pub fn u24(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|[a, b, c]| u32::from_be_bytes([0, *a, *b, *c]))
}

/// Four bytes, big endian.
#[must_use]
pub fn u32(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// Two bytes, little endian.
#[must_use]
pub fn u16_le(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

/// Three bytes, little endian.
#[must_use]
pub fn u24_le(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|[a, b, c]| u32::from_le_bytes([*a, *b, *c, 0]))
}

/// Four bytes, little endian.
#[must_use]
pub fn u32_le(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

/// Bytes up to a NUL, which must be there.
#[must_use]
pub fn c_string(data: &[u8], at: usize) -> Option<&[u8]> {
    let rest = data.get(at..)?;
    rest.get(..memchr::memchr(0, rest)?)
}

/// Whether bytes are printable ASCII.
#[must_use]
pub fn printable(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
}

/// Whether a length that a message states about itself is what there is: exactly for datagrams (that were captured
/// whole), at least as much for a stream.
#[must_use]
pub fn is_length(seen: &crate::dissect::Seen, whole: usize) -> bool {
    if seen.datagram() { whole == seen.wire } else { whole <= 1 << 24 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_the_end_is_nothing() {
        assert_eq!(u16(&[1, 2, 3], 1), Some(0x0203));
        assert_eq!(u16(&[1, 2, 3], 2), None);
        assert_eq!(u32_le(&[1, 0, 0, 0], 0), Some(1));
        assert_eq!(c_string(b"ab\0c", 0), Some(&b"ab"[..]));
        assert_eq!(c_string(b"ab", 0), None);
    }
}

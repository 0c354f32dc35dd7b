//! Text in UTF-16, little endian, as Windows sends it.

/// The text up to a NUL; what is no UTF-16 becomes U+FFFD. At most 256 units are read.
#[must_use]
pub fn le(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0).take(256);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_ends_at_nul() {
        assert_eq!(super::le(b"a\0b\0\0\0c\0"), "ab");
        assert_eq!(super::le(b"\0\xd8a"), "\u{fffd}");
    }
}

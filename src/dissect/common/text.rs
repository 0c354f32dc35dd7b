//! Protocols of text lines: what many of them share.

use memchr::memchr;

/// Whether a byte can stand in a token of the Internet's text protocols (RFC 9110 section 5.6.2).
#[must_use]
pub fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The first line without its end, and how many bytes it takes with it; none if it is not complete.
#[must_use]
pub fn line(data: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr(b'\n', data)?;
    let line = data.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}

/// What stands before and after the first `byte`, which is left out.
#[must_use]
pub fn split(data: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = data.split_at_checked(memchr(byte, data)?)?;
    Some((before, after.get(1..)?))
}

/// A header's name and value, without the space around it.
#[must_use]
pub fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = split(line, b':')?;
    let name = name.trim_ascii_end();
    (!name.is_empty() && name.iter().copied().all(is_token)).then_some((name, value.trim_ascii()))
}

/// Whether `text` holds `part`, letters in any case. `part` is in lower case.
#[must_use]
pub fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len().max(1)).any(|w| w.eq_ignore_ascii_case(part))
}

/// Whether `text` begins with `part`, letters in any case.
#[must_use]
pub fn begins(text: &[u8], part: &[u8]) -> bool {
    text.get(..part.len()).is_some_and(|t| t.eq_ignore_ascii_case(part))
}

/// A decimal number, of at most 18 digits and nothing else.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 18 && text.iter().all(u8::is_ascii_digit);
    digits.then(|| text.iter().fold(0, |n, b| n * 10 + u64::from(b - b'0')))
}

/// A host without its port and without the brackets of an IPv6 address.
#[must_use]
pub fn host(authority: &[u8]) -> &[u8] {
    if let Some(address) = authority.strip_prefix(b"[") {
        return split(address, b']').map_or(address, |(inside, _)| inside);
    }
    match split(authority, b':') {
        Some((host, port)) if port.iter().all(u8::is_ascii_digit) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_headers_hosts() {
        assert_eq!(line(b"a b\r\nc"), Some((&b"a b"[..], 5)));
        assert_eq!(header(b"Host : example.org "), Some((&b"Host"[..], &b"example.org"[..])));
        assert_eq!(header(b"no header"), None);
        assert_eq!(host(b"example.org:8080"), b"example.org");
        assert_eq!(host(b"[2001:db8::1]:80"), b"2001:db8::1");
        assert_eq!(host(b"2001:db8::1"), b"2001:db8::1");
        assert_eq!(number(b"12"), Some(12));
        assert_eq!(number(b"1x"), None);
    }
}

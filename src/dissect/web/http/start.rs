//! The first line of an HTTP message, and how it is told from other text protocols.

use crate::dissect::Verdict;
use crate::dissect::common::text::{is_token, line, split};

/// A first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start<'a> {
    /// Method, target, version.
    Request(&'a [u8], &'a [u8], &'a [u8]),
    /// Version and status code.
    Status(&'a [u8], u16),
}

impl<'a> Start<'a> {
    /// Reads a line.
    #[must_use]
    pub fn new(line: &'a [u8]) -> Option<Self> {
        let (first, rest) = split(line, b' ')?;
        if first.starts_with(b"HTTP/") || first == b"ICY" {
            return status(first, rest);
        }
        let Some(at) = rest.iter().rposition(|b| *b == b' ') else {
            let oldest = first == b"GET" && rest.starts_with(b"/");
            return oldest.then_some(Self::Request(first, rest, b"HTTP/0.9"));
        };
        let (target, version) = (rest.get(..at)?.trim_ascii_end(), rest.get(at + 1..)?);
        let sound = is_method(first) && is_version(version) && !target.is_empty();
        sound.then_some(Self::Request(first, target, version))
    }
}

fn status<'a>(version: &'a [u8], rest: &'a [u8]) -> Option<Start<'a>> {
    let code = rest.get(..3)?;
    let ended = rest.get(3).is_none_or(|b| *b == b' ');
    let number = code.iter().fold(0_u16, |n, b| n.saturating_mul(10).saturating_add(u16::from(b.wrapping_sub(b'0'))));
    let sound = code.iter().all(u8::is_ascii_digit) && ended && (version == b"ICY" || is_version(version));
    sound.then_some(Start::Status(version, number))
}

/// What a direction's first bytes say.
#[must_use]
pub fn probe(data: &[u8]) -> Verdict {
    if let Some((line, _)) = line(data) {
        return match Start::new(line) {
            None if is_spoilt(line) => Verdict::Weak("HTTP method and path"),
            Some(Start::Request(b"PRI", ..)) | None => Verdict::No,
            Some(Start::Request(..)) => Verdict::Yes("HTTP request line"),
            Some(Start::Status(..)) => Verdict::Yes("HTTP status line"),
        };
    }
    let Some((first, target)) = split(data, b' ') else { return unfinished(data) };
    if first.starts_with(b"HTTP/1.") && target.len() >= 3 {
        return if Start::new(data).is_some() { Verdict::Yes("HTTP status line") } else { Verdict::No };
    }
    // A segment may end between CR and LF.
    let target = target.strip_suffix(b"\r").unwrap_or(target);
    let text = target.iter().all(|b| *b >= b' ' && *b != 0x7f);
    if !text || !(is_method(first) || first.starts_with(b"HTTP/") || first == b"ICY") {
        return Verdict::No;
    }
    match METHODS.contains(&first) && is_target(target) {
        true if target.len() > LONG_TARGET => Verdict::Yes("HTTP request line"),
        true => Verdict::Weak("beginning of an HTTP request line"),
        _ if data.len() > LONG_TARGET => Verdict::No,
        _ => Verdict::More,
    }
}

/// A request whose version is damaged.
fn is_spoilt(line: &[u8]) -> bool {
    let known = split(line, b' ').filter(|(method, target)| METHODS.contains(method) && target.starts_with(b"/"));
    known.is_some_and(|(_, target)| memchr::memmem::find(target, b" HTTP/").is_some())
}

/// Bytes without a space yet.
fn unfinished(data: &[u8]) -> Verdict {
    let version = b"HTTP/1.";
    let status = data.len() <= 8 && data.iter().zip(version).all(|(a, b)| a == b);
    if is_method(data) || status { Verdict::More } else { Verdict::No }
}

/// Methods are tokens by the standard; those ever seen are short words of capital letters.
fn is_method(word: &[u8]) -> bool {
    let capital = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'-' | b'_');
    METHODS.contains(&word)
        || ((1..=MAX_METHOD).contains(&word.len())
            && (word.iter().all(capital) || word.eq_ignore_ascii_case(b"get") || word.eq_ignore_ascii_case(b"post")))
}

fn is_version(version: &[u8]) -> bool {
    matches!(version, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'3', b'.', b'0'..=b'9'] | b"HTTP/2" | b"HTTP/3")
}

/// Targets of RTSP, SIP and their like have their own schemes.
fn is_target(target: &[u8]) -> bool {
    target.starts_with(b"/") || target.starts_with(b"http://") || target.starts_with(b"https://")
}

/// Whether a lost stream can go on here: at a line that can only be the first of a message.
#[must_use]
pub fn resume(data: &[u8]) -> Option<usize> {
    let mut from = 0;
    for _ in 0..MAX_TRIES {
        let at = from + memchr::memmem::find(data.get(from..)?, b"HTTP/1.")?;
        let begin = data.get(..at)?.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        let line = line(data.get(begin..)?)?.0;
        if line.len() < LONG_TARGET && line.iter().copied().all(is_text) && Start::new(line).is_some() {
            return Some(begin);
        }
        from = at + 7;
    }
    None
}

fn is_text(byte: u8) -> bool {
    is_token(byte) || (byte >= b' ' && byte != 0x7f)
}

const MAX_METHOD: usize = 24;
/// A target longer than this is taken without its end.
const LONG_TARGET: usize = 1500;
const MAX_TRIES: usize = 8;

/// RFC 9110, WebDAV (RFC 4918, 3253, 5842), UPnP eventing, and a few of Microsoft's.
static METHODS: &[&[u8]] = &[
    b"GET",
    b"POST",
    b"HEAD",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"PATCH",
    b"TRACE",
    b"CONNECT",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"REPORT",
    b"SEARCH",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"NOTIFY",
    b"RPC_IN_DATA",
    b"RPC_OUT_DATA",
    b"BITS_POST",
    b"CCM_POST",
    b"SOURCE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_may_end_before_the_line_feed() {
        assert!(matches!(probe(b"GET /chat HTTP/1.1\r"), Verdict::Weak(_)));
    }

    #[test]
    fn first_lines() {
        assert_eq!(Start::new(b"GET /a b HTTP/1.1"), Some(Start::Request(b"GET", b"/a b", b"HTTP/1.1")));
        assert_eq!(Start::new(b"HTTP/1.0 404 Not Found"), Some(Start::Status(b"HTTP/1.0", 404)));
        assert_eq!(Start::new(b"HTTP/1.1 200"), Some(Start::Status(b"HTTP/1.1", 200)));
        assert_eq!(Start::new(b"GET /"), Some(Start::Request(b"GET", b"/", b"HTTP/0.9")));
        for other in [&b"OPTIONS rtsp://a RTSP/1.0"[..], b"INVITE sip:a SIP/2.0", b"GET key", b"HTTP/1.1 abc"] {
            assert_eq!(Start::new(other), None);
        }
    }

    #[test]
    fn lost_streams_find_the_next_message() {
        assert_eq!(resume(b"body HTTP/1. more\r\nHTTP/1.1 200 OK\r\n"), Some(19));
        assert_eq!(resume(b"bodyGET / HTTP/1.1\r\n"), None);
        assert_eq!(resume(b"nothing"), None);
    }
}

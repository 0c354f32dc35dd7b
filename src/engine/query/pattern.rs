//! Texts to look for, without regard to case and without allocating for each flow.

use std::fmt::Write as _;
use std::net::IpAddr;

/// Where in a text a pattern must be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fit {
    Whole,
    Start,
    Within,
}

/// A text to look for, its case folded once; `*` and `?` make it a glob over the whole text.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    folded: Vec<char>,
    ascii: bool,
    glob: bool,
    fit: Fit,
    address_like: bool,
}

impl Pattern {
    pub(super) fn new(text: &str, fit: Fit) -> Self {
        let folded: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        Self {
            ascii: folded.iter().all(char::is_ascii),
            glob: text.contains(['*', '?']),
            address_like: text.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '*' | '?'))
                && text.contains(|c: char| c.is_ascii_digit() || matches!(c, '.' | ':')),
            folded,
            fit,
        }
    }

    /// Whether looking through addresses can find anything.
    pub(super) fn may_be_address(&self) -> bool {
        self.address_like
    }

    /// The same text, found anywhere.
    pub(super) fn within(mut self) -> Self {
        self.fit = Fit::Within;
        self
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        if self.ascii && text.is_ascii() {
            return self.fits_in(text.as_bytes(), |b| char::from(b.to_ascii_lowercase()));
        }
        let folded: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        self.fits_in(&folded, |c| c)
    }

    fn fits_in<T: Copy>(&self, text: &[T], fold: impl Fn(T) -> char + Copy) -> bool {
        if self.glob {
            return glob(&self.folded, text, fold);
        }
        let same = |part: &[T]| part.iter().zip(&self.folded).all(|(t, p)| fold(*t) == *p);
        let len = self.folded.len();
        match self.fit {
            Fit::Whole => text.len() == len && same(text),
            Fit::Start => text.len() >= len && same(text),
            Fit::Within => len == 0 || text.windows(len).any(same),
        }
    }
}

/// Whether the glob fits the whole text; linear but for the last star, which is tried again further on.
fn glob<T: Copy>(pattern: &[char], text: &[T], fold: impl Fn(T) -> char) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(want) if *want == '?' || *want == fold(*c) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

/// An address as text, on the stack: a filter looks at every flow.
pub(super) struct Buffer {
    bytes: [u8; 64],
    len: usize,
}

impl Buffer {
    pub(super) fn of(ip: IpAddr, port: Option<u16>) -> Self {
        let mut out = Self { bytes: [0; 64], len: 0 };
        // Cannot fail: the longest address with its port has 47 characters.
        let _ = match (ip, port) {
            (ip, None) => write!(out, "{ip}"),
            (IpAddr::V4(ip), Some(port)) => write!(out, "{ip}:{port}"),
            (IpAddr::V6(ip), Some(port)) => write!(out, "[{ip}]:{port}"),
        };
        out
    }

    pub(super) fn text(&self) -> &str {
        self.bytes.get(..self.len).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl std::fmt::Write for Buffer {
    fn write_str(&mut self, s: &str) -> std::fmt::Result {
        let end = self.len + s.len();
        self.bytes.get_mut(self.len..end).ok_or(std::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len = end;
        Ok(())
    }
}

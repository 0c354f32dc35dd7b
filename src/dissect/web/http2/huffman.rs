//! The Huffman code of HPACK (RFC 7541 appendix B). It is canonical: the lengths of the codes are all there is to know.

use std::sync::LazyLock;

/// Decodes a string. An impossible code ends it.
#[must_use]
pub fn decode(coded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(coded.len() * 8 / 5);
    let (mut code, mut length) = (0_u32, 0_usize);
    for byte in coded {
        for shift in (0..8).rev() {
            code = code << 1 | u32::from(byte >> shift & 1);
            length += 1;
            if let Some(symbol) = CODE.symbol(code, length) {
                out.push(symbol);
                (code, length) = (0, 0);
            } else if length >= LONGEST {
                return out;
            }
        }
    }
    out
}

/// Codes by length.
struct Code {
    /// First code of a length, how many there are, and where their symbols start.
    lengths: [(u32, u32, usize); LONGEST + 1],
    /// Symbols in the order of their codes.
    symbols: Vec<u8>,
}

impl Code {
    fn new() -> Self {
        let mut code = Self { lengths: [(0, 0, 0); LONGEST + 1], symbols: Vec::with_capacity(256) };
        let mut next = 0;
        for (length, place) in code.lengths.iter_mut().enumerate() {
            next <<= 1;
            let start = code.symbols.len();
            let these = (0..=u8::MAX).zip(LENGTHS).filter(|(_, l)| usize::from(*l) == length);
            code.symbols.extend(these.map(|(symbol, _)| symbol));
            let count = u32::try_from(code.symbols.len() - start).unwrap_or(0);
            *place = (next, count, start);
            next += count;
        }
        code
    }

    fn symbol(&self, code: u32, length: usize) -> Option<u8> {
        let (first, count, start) = *self.lengths.get(length)?;
        let place = code.checked_sub(first).filter(|place| *place < count)?;
        self.symbols.get(start + usize::try_from(place).ok()?).copied()
    }
}

static CODE: LazyLock<Code> = LazyLock::new(Code::new);

/// The longest code of a byte; the end of the string is longer.
const LONGEST: usize = 30;

/// Bits of each byte's code.
#[rustfmt::skip]
static LENGTHS: [u8; 256] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_of_the_standard() {
        // RFC 7541 appendix C.4.1.
        assert_eq!(decode(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), b"www.example.com");
        assert!(decode(&[0xff; 64]).is_empty());
    }
}

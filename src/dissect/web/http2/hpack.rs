//! HPACK (RFC 7541), as much as a reader of headers needs: static and dynamic table, literals, Huffman code.
//!
//! Tables and strings are bounded; a block that breaks a bound ends the reading of its direction.

use std::collections::VecDeque;

use super::huffman;
use crate::packet::{Incomplete, Reader};

/// A name and its value.
pub type Header = (Box<[u8]>, Box<[u8]>);

/// One direction's decoder.
#[derive(Default)]
pub struct Decoder {
    /// Newest first.
    dynamic: VecDeque<Header>,
    size: usize,
    /// The size that the sender set, if it did.
    limit: Option<usize>,
}

impl Decoder {
    /// Decodes a block.
    pub fn block(&mut self, block: &[u8], mut each: impl FnMut(&[u8], &[u8])) -> Result<(), Incomplete> {
        let mut r = Reader::new(block);
        for _ in 0..MAX_HEADERS {
            let Some(first) = r.rest().first().copied() else { return Ok(()) };
            let header = match first {
                0x80.. => self.at(integer(&mut r, 7)?)?,
                0x40.. => {
                    let header = self.literal(&mut r, 6)?;
                    self.add(header.clone());
                    header
                }
                0x20.. => {
                    let limit = integer(&mut r, 5)?;
                    self.limit = Some(limit);
                    self.evict();
                    continue;
                }
                _ => self.literal(&mut r, 4)?,
            };
            each(&header.0, &header.1);
        }
        Err(Incomplete("end of block"))
    }

    fn literal(&self, r: &mut Reader, bits: u8) -> Result<Header, Incomplete> {
        let name = match integer(r, bits)? {
            0 => string(r)?,
            index => self.at(index)?.0,
        };
        Ok((name, string(r)?))
    }

    fn at(&self, index: usize) -> Result<Header, Incomplete> {
        let place = index.checked_sub(1).ok_or(Incomplete("index"))?;
        if let Some((name, value)) = STATIC.get(place) {
            return Ok((name.as_bytes().into(), value.as_bytes().into()));
        }
        self.dynamic.get(place - STATIC.len()).cloned().ok_or(Incomplete("dynamic entry"))
    }

    fn add(&mut self, header: Header) {
        self.size += header.0.len() + header.1.len() + OVERHEAD;
        self.dynamic.push_front(header);
        self.evict();
    }

    fn evict(&mut self) {
        let limit = self.limit.unwrap_or(DEFAULT_SIZE).min(MAX_SIZE);
        while self.size > limit {
            let Some((name, value)) = self.dynamic.pop_back() else { break };
            self.size -= name.len() + value.len() + OVERHEAD;
        }
    }
}

/// An integer with a prefix of so many bits.
fn integer(r: &mut Reader, bits: u8) -> Result<usize, Incomplete> {
    let full = (1_usize << bits) - 1;
    let first = usize::from(r.u8("integer")?) & full;
    if first < full {
        return Ok(first);
    }
    let mut value = full;
    for shift in [0, 7, 14, 21] {
        let byte = r.u8("integer")?;
        value += usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Incomplete("end of integer"))
}

fn string(r: &mut Reader) -> Result<Box<[u8]>, Incomplete> {
    let coded = r.rest().first().is_some_and(|b| b & 0x80 != 0);
    let length = integer(r, 7)?;
    let bytes = r.take(length, "string")?;
    if coded { Ok(huffman::decode(bytes).into()) } else { Ok(bytes.into()) }
}

/// What an entry costs besides its text.
const OVERHEAD: usize = 32;
const DEFAULT_SIZE: usize = 4096;
const MAX_SIZE: usize = 16 << 10;
const MAX_HEADERS: usize = 512;

/// RFC 7541 appendix A.
static STATIC: &[(&str, &str)] = &[
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A GET of https://www.example.org/a?b by curl/8 for application/grpc, coded by another implementation.
    pub const FIRST: &[u8] =
        b"\x82\x87\x44\x84\x60\x7f\xe4\x7f\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x9e\xc9\xbf\
        \x7a\x85\x25\xb6\x50\xc3\xdf\x5f\x8b\x1d\x75\xd0\x62\x0d\x26\x3d\x4c\x4d\x65\x64";
    /// A second request in the same direction: authority and agent from the dynamic table.
    pub const SECOND: &[u8] = b"\x82\xc0\xbf";

    #[test]
    fn the_dynamic_table_is_kept() {
        let mut decoder = Decoder::default();
        let mut list = Vec::new();
        let mut keep = |n: &[u8], v: &[u8]| list.push(format!("{}={}", n.escape_ascii(), v.escape_ascii()));
        decoder.block(FIRST, &mut keep).unwrap();
        decoder.block(SECOND, &mut keep).unwrap();
        let wanted = [":method=GET", ":scheme=https", ":path=/a?b", ":authority=www.example.org", "user-agent=curl/8"];
        assert_eq!(list[..5], wanted);
        assert_eq!(
            list[5..],
            ["content-type=application/grpc", ":method=GET", ":authority=www.example.org", "user-agent=curl/8"]
        );
    }

    #[test]
    fn bounds_hold() {
        let mut decoder = Decoder::default();
        let entry = [&[0x40, 1, b'a', 0x7f, 0xe9, 6][..], &[b'v'; 1000]].concat();
        for _ in 0..100 {
            decoder.block(&entry, |_, _| {}).unwrap();
        }
        assert!(decoder.size <= DEFAULT_SIZE && decoder.dynamic.len() < 5);
        assert!(decoder.block(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff], |_, _| {}).is_err());
    }
}

//! ASN.1 in its Basic and Distinguished Encoding Rules (X.690): tag, length, value. Tags of one byte, definite lengths.
//!
//! Nothing here recurses; a caller goes down only as many levels as its message has.

use crate::packet::{Incomplete, Reader};

/// BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// INTEGER.
pub const INTEGER: u8 = 0x02;
/// BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub const OID: u8 = 0x06;
/// ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// SEQUENCE, SEQUENCE OF.
pub const SEQUENCE: u8 = 0x30;
/// SET, SET OF.
pub const SET: u8 = 0x31;

/// A tag and the length of what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Class, form and number in one byte.
    pub tag: u8,
    /// Bytes of the value.
    pub length: usize,
}

/// A value with its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Class, form and number in one byte.
    pub tag: u8,
    /// The value.
    pub body: &'a [u8],
}

impl<'a> Element<'a> {
    /// A cursor over the value.
    #[must_use]
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.body)
    }

    /// The value as a number that is not negative; at most eight bytes.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let significant = self.body.strip_prefix(&[0]).unwrap_or(self.body);
        let fits = !self.body.is_empty() && significant.len() <= 8;
        fits.then(|| significant.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }
}

/// Reads tag and length. Indefinite lengths and tags of several bytes are not taken.
pub fn header(r: &mut Reader) -> Result<Header, Incomplete> {
    let tag = r.u8("tag")?;
    let first = r.u8("length")?;
    if tag & 0x1f == 0x1f || first == 0x80 || first > 0x84 {
        return Err(Incomplete("definite length"));
    }
    if first < 0x80 {
        return Ok(Header { tag, length: usize::from(first) });
    }
    let bytes = r.take(usize::from(first & 0x7f), "length")?;
    let length = bytes.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
    Ok(Header { tag, length })
}

/// Reads the next element.
pub fn element<'a>(r: &mut Reader<'a>) -> Result<Element<'a>, Incomplete> {
    let Header { tag, length } = header(r)?;
    Ok(Element { tag, body: r.take(length, "value")? })
}

/// Reads the next element, which must have this tag; gives a cursor over its value.
pub fn expect<'a>(r: &mut Reader<'a>, tag: u8, field: &'static str) -> Result<Reader<'a>, Incomplete> {
    let mut ahead = *r;
    let found = element(&mut ahead)?;
    if found.tag != tag {
        return Err(Incomplete(field));
    }
    *r = ahead;
    Ok(found.reader())
}

/// Reads the next element if it has this tag.
pub fn optional<'a>(r: &mut Reader<'a>, tag: u8) -> Option<Reader<'a>> {
    expect(r, tag, "optional element").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_in_order() {
        let mut r = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x05, 0x04, 0x81, 0x01, 0x41]);
        let mut sequence = expect(&mut r, SEQUENCE, "sequence").unwrap();
        assert_eq!(element(&mut sequence).unwrap().number(), Some(5));
        assert!(optional(&mut r, INTEGER).is_none(), "another tag is left where it is");
        assert_eq!(element(&mut r).unwrap(), Element { tag: OCTET_STRING, body: b"A" });
    }

    #[test]
    fn lengths_that_lie_are_errors() {
        for bytes in [&[0x30, 0x80][..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x1f, 0x01], &[0x30, 0x05, 0x00]] {
            assert!(element(&mut Reader::new(bytes)).is_err());
        }
    }
}

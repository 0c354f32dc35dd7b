//! TPKT (RFC 1006) and COTP (X.224, ISO 8073): the frames below H.323, S7, MMS and RDP.

use crate::packet::{Incomplete, Reader};

/// The body of the next TPKT frame. `Err` where bytes are missing; `Ok(None)` where this is no TPKT.
pub fn frame<'a>(r: &mut Reader<'a>) -> Result<Option<&'a [u8]>, Incomplete> {
    let version = r.u8("version")?;
    if version != 3 {
        return Ok(None);
    }
    if r.u8("reserved")? != 0 {
        return Ok(None);
    }
    let length = usize::from(r.u16("length")?);
    if length < 5 {
        return Ok(None);
    }
    r.take(length - 4, "TPKT body").map(Some)
}

/// A COTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cotp<'a> {
    /// Connection request or confirm, with its variable part.
    Connect(&'a [u8]),
    /// Data; what it carries.
    Data(&'a [u8]),
    /// Anything else.
    Other,
}

impl<'a> Cotp<'a> {
    /// Reads the header of what a TPKT frame carries.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Option<Self> {
        let (length, rest) = body.split_first()?;
        let (head, data) = rest.split_at_checked(usize::from(*length))?;
        match head {
            [0xe0 | 0xd0, _, _, _, _, 0, options @ ..] | [0xe0 | 0xd0, _, _, _, _, 0x10..=0x43, options @ ..] => {
                data.is_empty().then_some(Self::Connect(options))
            }
            [0xf0, 0x80 | 0x00, ..] if head.len() == 2 => Some(Self::Data(data)),
            [0x80 | 0xc0 | 0x70 | 0x50, ..] => Some(Self::Other),
            _ => None,
        }
    }
}

/// The values of the calling (0xc1) and called (0xc2) selectors in the variable part of a connection request.
#[must_use]
pub fn selectors(options: &[u8]) -> Option<[&[u8]; 2]> {
    let mut r = Reader::new(options);
    let mut found: [&[u8]; 2] = [&[], &[]];
    while !r.is_empty() {
        let (kind, length) = (r.u8("parameter").ok()?, r.u8("length").ok()?);
        let value = r.take(usize::from(length), "value").ok()?;
        match kind {
            0xc1 => found[0] = value,
            0xc2 => found[1] = value,
            _ => {}
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_headers() {
        let mut r = Reader::new(&[3, 0, 0, 8, 2, 0xf0, 0x80, 0x32, 3]);
        let body = frame(&mut r).unwrap().unwrap();
        assert_eq!(Cotp::new(body), Some(Cotp::Data(&[0x32])));
        assert!(frame(&mut r).is_err());
        assert_eq!(frame(&mut Reader::new(&[3, 1, 0, 8])), Ok(None));
        assert_eq!(selectors(&[0xc1, 1, 7, 0xc2, 2, 1, 2]), Some([&[7][..], &[1, 2]]));
        assert_eq!(selectors(&[0xc1, 9, 7]), None);
    }
}

//! TPKT (RFC 1006) and the ISO transport class 0 inside it (RFC 905): the framing of RDP, S7, MMS, H.323.

use super::at;

/// A transport PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tpdu<'a> {
    /// Its kind: [`CONNECT`], [`CONFIRM`], [`DATA`] ...
    pub kind: u8,
    /// What follows the fixed part of its header, within the header.
    pub parameters: &'a [u8],
    /// What follows its header.
    pub body: &'a [u8],
    /// Bytes of the whole packet.
    pub whole: usize,
}

/// Connection request.
pub const CONNECT: u8 = 0xe0;
/// Connection confirm.
pub const CONFIRM: u8 = 0xd0;
/// Data.
pub const DATA: u8 = 0xf0;
/// Disconnect request.
pub const DISCONNECT: u8 = 0x80;

/// Reads a packet at the start of a stream; none if it is no such packet or not all of its header is there. The body
/// may be cut.
#[must_use]
pub fn tpdu(data: &[u8]) -> Option<Tpdu<'_>> {
    let whole = usize::from(at::u16(data, 2)?);
    let header = usize::from(at::u8(data, 4)?);
    let kind = at::u8(data, 5)? & 0xf0;
    let fixed = match kind {
        CONNECT | CONFIRM | DISCONNECT => 6,
        DATA => 2,
        _ => return None,
    };
    if data.first_chunk() != Some(&[3, 0]) || header < fixed || whole < header + 5 {
        return None;
    }
    let parameters = data.get(5 + fixed..5 + header)?;
    let body = data.get(5 + header..)?;
    Some(Tpdu { kind, parameters, body: body.get(..whole - 5 - header).unwrap_or(body), whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_request() {
        let data = b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0";
        let tpdu = tpdu(data).unwrap();
        assert_eq!((tpdu.kind, tpdu.parameters.len(), tpdu.body.len(), tpdu.whole), (CONNECT, 8, 0, 19));
    }

    #[test]
    fn lengths_that_lie() {
        assert_eq!(tpdu(b"\x03\0\0\x05\xff\xe0\0\0\0\0\0"), None);
        assert_eq!(tpdu(b"\x03\0\0\x0b\x01\xe0\0\0\0\0\0"), None);
    }
}

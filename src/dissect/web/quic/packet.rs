//! Headers of QUIC packets (RFC 8999, RFC 9000 section 17, RFC 9369), and the versions there are.

use crate::packet::{Incomplete, Reader};

/// A version of QUIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// Its number on the wire.
    pub number: u32,
    /// What protects its Initial packets; none where they are not encrypted (up to Q046).
    pub salt: Option<&'static [u8; 20]>,
    /// Its kind of packet types and key labels: version 2 has others than version 1.
    pub second: bool,
}

impl Version {
    /// A version that is known.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        let salt = match number {
            1 | 0xff00_0021 | 0xff00_0022 => Some(&SALT_1),
            0x6b33_43cf => Some(&SALT_2),
            0xff00_001d..=0xff00_0020 => Some(&SALT_29),
            0xff00_0017..=0xff00_001c | 0xface_b002..=0xface_b01f => Some(&SALT_23),
            0xff00_0015 | 0xff00_0016 | 0xface_b001 => Some(&SALT_22),
            0x5130_3530 => Some(&SALT_Q050),
            0x5430_3530 => Some(&SALT_T050),
            0x5430_3531 => Some(&SALT_T051),
            0xff00_0001..=0xff00_0014 => None,
            _ if is_google(number) => None,
            _ => return None,
        };
        Some(Self { number, salt, second: number == 0x6b33_43cf })
    }

    /// Its name in records.
    #[must_use]
    pub fn name(self) -> String {
        match self.number {
            0x6b33_43cf => "2".into(),
            0xff00_0000..=0xff00_00ff => format!("draft-{:02}", self.number & 0xff),
            0xface_b000..=0xface_b0ff => format!("mvfst-{:02x}", self.number & 0xff),
            n if is_google(n) => String::from_utf8_lossy(&n.to_be_bytes()).into_owned(),
            n => n.to_string(),
        }
    }
}

/// Google's versions are written as letters: Q0xx, and T0xx with TLS inside.
#[must_use]
pub fn is_google(number: u32) -> bool {
    matches!(number.to_be_bytes(), [b'Q' | b'T', b'0', b'0'..=b'9', b'0'..=b'9'])
}

/// Versions that only ask the other side to name those it knows (RFC 9000 section 15).
#[must_use]
pub fn is_greased(number: u32) -> bool {
    number & 0x0f0f_0f0f == 0x0a0a_0a0a
}

/// The part of a long header that all versions have.
#[derive(Debug, Clone, Copy)]
pub struct Long<'a> {
    /// First byte.
    pub first: u8,
    /// Version's number; 0 is version negotiation.
    pub version: u32,
    /// Connection id of the receiver.
    pub destination: &'a [u8],
    /// Connection id of the sender.
    pub source: &'a [u8],
}

impl<'a> Long<'a> {
    /// Reads it.
    pub fn new(r: &mut Reader<'a>) -> Result<Self, Incomplete> {
        let first = r.u8("first byte")?;
        if first & 0x80 == 0 {
            return Err(Incomplete("long header"));
        }
        let version = r.u32("version")?;
        // Q044 to Q049 and drafts up to 21 have both lengths in one byte.
        let packed = is_google(version) && !matches!(version & 0xffff, 0x3530..)
            || (0xff00_0001..=0xff00_0015).contains(&version);
        let [to, from] = if packed {
            let lengths = r.u8("connection id lengths")?;
            [lengths >> 4, lengths & 15].map(|n| if n == 0 { 0 } else { usize::from(n) + 3 })
        } else {
            [0, 0]
        };
        let to = if packed { to } else { usize::from(r.u8("destination length")?) };
        let destination = r.take(to, "destination connection id")?;
        let from = if packed { from } else { usize::from(r.u8("source length")?) };
        let source = r.take(from, "source connection id")?;
        if to > MAX_ID || from > MAX_ID {
            return Err(Incomplete("sane connection ids"));
        }
        Ok(Self { first, version, destination, source })
    }

    /// Kind of packet: 0 Initial, 1 0-RTT, 2 Handshake, 3 Retry.
    #[must_use]
    pub fn kind(&self, version: Version) -> u8 {
        let bits = self.first >> 4 & 3;
        if version.second { bits.wrapping_sub(1) & 3 } else { bits }
    }
}

/// A number of variable length (RFC 9000 section 16).
pub fn number(r: &mut Reader) -> Result<u64, Incomplete> {
    let first = r.u8("number")?;
    let more = r.take((1_usize << (first >> 6)) - 1, "number")?;
    Ok(more.iter().fold(u64::from(first & 0x3f), |n, b| n << 8 | u64::from(*b)))
}

/// The same as a length; what does not fit is an error further on.
pub fn length(r: &mut Reader) -> Result<usize, Incomplete> {
    Ok(usize::try_from(number(r)?).unwrap_or(usize::MAX))
}

const MAX_ID: usize = 20;

const SALT_1: [u8; 20] = *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
const SALT_2: [u8; 20] = *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";
const SALT_29: [u8; 20] = *b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99";
const SALT_23: [u8; 20] = *b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02";
const SALT_22: [u8; 20] = *b"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a";
const SALT_Q050: [u8; 20] = *b"\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45";
const SALT_T050: [u8; 20] = *b"\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10";
const SALT_T051: [u8; 20] = *b"\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length() {
        for (bytes, value) in [(&[0x25][..], 37), (&[0x7b, 0xbd], 15_293), (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333)] {
            assert_eq!(number(&mut Reader::new(bytes)), Ok(value));
        }
    }

    #[test]
    fn versions_by_name() {
        let name = |n| Version::new(n).map(Version::name);
        assert_eq!(name(1).as_deref(), Some("1"));
        assert_eq!(name(0xff00_001d).as_deref(), Some("draft-29"));
        assert_eq!(name(0x5130_3436).as_deref(), Some("Q046"));
        assert_eq!(name(0x1234_5678), None);
    }
}

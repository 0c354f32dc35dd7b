//! IP headers of both versions, IPv6 extension headers included (RFC 791, RFC 8200).

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::headers::Addr;
use super::{Reader, Undecoded};

/// One IP header, read.
pub(super) struct Ip {
    pub source: Addr,
    pub target: Addr,
    /// Protocol of what follows the header and its extensions.
    pub proto: u8,
    /// Offset of what follows, from the header's first byte.
    pub header: usize,
    /// Bytes that follow, as the header says.
    pub payload: usize,
    /// Identification, offset in bytes, more fragments.
    pub fragment: Option<(u32, u32, bool)>,
    pub bad_checksum: bool,
}

/// Reads the IP header at the start of `bytes`; `wire` is what there was on the wire from there on.
pub(super) fn ip(bytes: &[u8], wire: usize) -> Result<Ip, Undecoded> {
    match bytes.first().map(|b| b >> 4) {
        Some(4) => v4(bytes, wire),
        Some(6) => v6(bytes, wire),
        Some(_) => Err(Undecoded::BadIp),
        None => Err(Undecoded::Truncated),
    }
}

fn v4(bytes: &[u8], wire: usize) -> Result<Ip, Undecoded> {
    if bytes.len() < 20 {
        return Err(Undecoded::Truncated);
    }
    let header = Ipv4HeaderSlice::from_slice(bytes).map_err(|_| Undecoded::BadIp)?;
    let length = header.slice().len();
    let total = match usize::from(header.total_len()) {
        0 => wire, // segmentation offload: the length was to be filled in by the card
        total if total < length => return Err(Undecoded::BadIp),
        total => total,
    };
    let offset = u32::from(header.fragments_offset().value()) * 8;
    let more = header.more_fragments();
    Ok(Ip {
        source: Addr::v4(header.source()),
        target: Addr::v4(header.destination()),
        proto: header.protocol().0,
        header: length,
        payload: total - length,
        fragment: (more || offset > 0).then(|| (u32::from(header.identification()), offset, more)),
        bad_checksum: !checksum_holds(header.slice()),
    })
}

/// The one's complement sum over a sound header is all ones (RFC 1071).
fn checksum_holds(header: &[u8]) -> bool {
    let (words, _) = header.as_chunks::<2>();
    let sum: u32 = words.iter().map(|w| u32::from(u16::from_be_bytes(*w))).sum();
    (sum >> 16) + (sum & 0xffff) == 0xffff
}

fn v6(bytes: &[u8], wire: usize) -> Result<Ip, Undecoded> {
    if bytes.len() < 40 {
        return Err(Undecoded::Truncated);
    }
    let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|_| Undecoded::BadIp)?;
    let after = match usize::from(header.payload_length()) {
        0 => wire.saturating_sub(40), // jumbogram or segmentation offload
        n => n,
    };
    let mut ip = Ip {
        source: Addr::v6(header.source()),
        target: Addr::v6(header.destination()),
        proto: header.next_header().0,
        header: 40,
        payload: after,
        fragment: None,
        bad_checksum: false,
    };
    let mut r = Reader::new(bytes.get(40..).unwrap_or_default());
    for _ in 0..MAX_EXTENSIONS {
        if !extension(&mut ip, &mut r)? {
            break;
        }
    }
    ip.header = 40 + r.position();
    ip.payload = after.saturating_sub(r.position());
    Ok(ip)
}

/// Steps over one extension header; false if there is none, or none that can be stepped over.
fn extension(ip: &mut Ip, r: &mut Reader) -> Result<bool, Undecoded> {
    if ip.fragment.is_some_and(|(_, offset, _)| offset > 0) {
        return Ok(false); // what follows is the middle of the datagram
    }
    match ip.proto {
        HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HIP | SHIM6 => {
            ip.proto = r.u8("next header")?;
            let length = usize::from(r.u8("extension length")?);
            r.skip(length * 8 + 6, "extension header")?;
        }
        FRAGMENT => {
            ip.proto = r.u8("next header")?;
            r.skip(1, "reserved")?;
            let word = r.u16("fragment offset")?;
            let id = r.u32("identification")?;
            let (offset, more) = (u32::from(word & 0xfff8), word & 1 == 1);
            if offset > 0 || more {
                ip.fragment = Some((id, offset, more));
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

const MAX_EXTENSIONS: usize = 10;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

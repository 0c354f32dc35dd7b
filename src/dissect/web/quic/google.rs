//! Google's QUIC before TLS (Q024 to Q050; "QUIC Crypto"): the CHLO message, a table of tags.
//!
//! Up to Q046 its packets are not encrypted but hashed, so the message is found at once.

use crate::packet::Reader;

/// What a client says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Chlo<'a> {
    /// Server's name.
    pub sni: &'a [u8],
    /// What the client is.
    pub agent: &'a [u8],
}

/// Finds and reads a CHLO within a packet. What was cut off is left out.
#[must_use]
pub fn find_chlo(packet: &[u8]) -> Option<Chlo<'_>> {
    let at = memchr::memmem::find(packet.get(..SEARCH).unwrap_or(packet), b"CHLO")?;
    chlo(packet.get(at..)?)
}

fn chlo(message: &[u8]) -> Option<Chlo<'_>> {
    let mut r = Reader::new(message);
    r.skip(4, "CHLO").ok()?;
    let count = usize::from(r.u16_le("count").ok()?);
    if r.u16_le("padding").ok()? != 0 || !(1..=MAX_TAGS).contains(&count) {
        return None;
    }
    let mut tags = r.sub(count * 8, "tags").ok()?;
    let values = r.rest();
    let (mut chlo, mut from) = (Chlo::default(), 0);
    while let (Ok(tag), Ok(end)) = (tags.array::<4>("tag"), tags.u32_le("end")) {
        let end = usize::try_from(end).ok().filter(|end| *end >= from)?;
        let value = values.get(from..end).unwrap_or_default();
        match &tag {
            b"SNI\0" => chlo.sni = value,
            b"UAID" => chlo.agent = value,
            _ => {}
        }
        from = end;
    }
    Some(chlo)
}

/// Whether a server's packet holds the beginning of its answer: rejection or hello.
#[must_use]
pub fn is_answer(packet: &[u8]) -> bool {
    let head = packet.get(..SEARCH).unwrap_or(packet);
    [&b"REJ\0"[..], b"SHLO"].iter().any(|name| {
        let table =
            memchr::memmem::find(head, name).and_then(|at| head.get(at + 4..)).and_then(|t| t.first_chunk::<4>());
        matches!(table, Some([1..=32, 0, 0, 0]))
    })
}

const SEARCH: usize = 128;
const MAX_TAGS: usize = 128;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn message(tags: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut out = [&b"CHLO"[..], &u16::try_from(tags.len()).unwrap().to_le_bytes(), &[0, 0]].concat();
        let mut end = 0_u32;
        for (tag, value) in tags {
            end += u32::try_from(value.len()).unwrap();
            out.extend([&tag[..], &end.to_le_bytes()].concat());
        }
        tags.iter().for_each(|(_, value)| out.extend(*value));
        out
    }

    #[test]
    fn tags_cut_anywhere() {
        let message = message(&[(b"SNI\0", b"example.org"), (b"UAID", b"Chrome/1")]);
        let whole = find_chlo(&message).unwrap();
        assert_eq!((whole.sni, whole.agent), (&b"example.org"[..], &b"Chrome/1"[..]));
        for end in 0..message.len() {
            let _ = find_chlo(&message[..end]);
        }
    }
}

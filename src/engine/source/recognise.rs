//! What a file is, by its first bytes; and if it is no capture, what it is instead.

use super::format::Format;
use super::input::{Input, Trouble};
use super::pcap::{self, Pcap};
use super::pcapng::{self, Pcapng};
use super::{Interface, SourceError};

/// Bytes that tell what a file is: a pcapng has no less.
const HEAD: usize = 28;

/// Reads the first bytes and tells the format by them. Of a pcap the header is taken, of a pcapng nothing.
pub(super) fn recognise(
    input: &mut Input,
    tail: &mut Vec<u8>,
) -> Result<(Box<dyn Format>, Vec<Interface>), SourceError> {
    loop {
        let magic = tail.first_chunk::<4>().copied();
        match (magic, tail.first_chunk::<{ pcap::HEADER }>()) {
            (Some(magic), Some(header)) if pcap::is_magic(magic) => {
                let (pcap, interface) = Pcap::new(header);
                tail.drain(..pcap::HEADER);
                return Ok((Box::new(pcap), vec![interface]));
            }
            (Some(magic), _) if pcapng::is_magic(magic) && tail.len() >= HEAD => {
                return Ok((Box::new(Pcapng::default()), Vec::new()));
            }
            (Some(magic), _) if !pcap::is_magic(magic) && !pcapng::is_magic(magic) => break,
            _ => {}
        }
        match input.fill(tail, HEAD.saturating_sub(tail.len())) {
            Ok(0) => break,
            Ok(_) => {}
            Err(trouble) => return Err(explain(input, trouble, tail.len() as u64)),
        }
    }
    let problem = what_instead(tail, input.is_compressed());
    Err(SourceError::Format { path: input.path().to_path_buf(), offset: 0, problem })
}

/// What a file is that is no capture, in words.
fn what_instead(bytes: &[u8], unpacked: bool) -> String {
    const PACKED: &[(&[u8], &str)] = &[
        (&[0x1f, 0x8b], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
        (b"PK\x03\x04", "zip"),
    ];
    if bytes.is_empty() {
        return "empty, not a capture".to_owned();
    }
    if let Some((_, name)) = PACKED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        let again = if unpacked { " once more" } else { "" };
        return format!("compressed with {name}{again}: unpack it first, then give it to '-r -'");
    }
    let known = bytes.first_chunk::<4>().is_some_and(|&magic| pcap::is_magic(magic) || pcapng::is_magic(magic));
    if known || bytes.len() < 4 {
        return format!("truncated: ends after {} bytes, inside the header of a capture", bytes.len());
    }
    "not a pcap or pcapng capture".to_owned()
}

/// What the input says, with its name.
pub(super) fn explain(input: &Input, trouble: Trouble, offset: u64) -> SourceError {
    let path = input.path().to_path_buf();
    match trouble {
        Trouble::System(error) => SourceError::Io { path, action: "read", error },
        Trouble::Packed(problem) => SourceError::Format { path, offset, problem },
    }
}

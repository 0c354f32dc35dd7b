//! MPEG-2 transport streams (ISO/IEC 13818-1) in datagrams or over TCP: packets of 188 bytes that begin with 0x47.
//!
//! Nothing is extracted.

use crate::dissect::{Protocol, Reading, Seen, Start, Transport, Verdict};

/// MPEG-2 transport stream.
pub static MPEG_TS: Protocol = Protocol {
    name: "MPEG_TS",
    eve: "",
    category: "Media",
    how: "packets of 188 bytes, each with the sync byte",
    over: &[Transport::Udp, Transport::Tcp],
    starts: &[Start::At(0, &[SYNC])],
    probe,
    reading: Reading::Nothing,
    ..Protocol::NEW
};

const SYNC: u8 = 0x47;
const PACKET: usize = 188;

fn probe(seen: &Seen) -> Verdict {
    let packets = seen.data.chunks_exact(PACKET);
    let whole = packets.remainder().is_empty();
    let (count, sound) = (packets.len(), packets.clone().all(is_packet));
    match (seen.datagram(), sound) {
        (_, false) => Verdict::No,
        (true, _) if !(whole && count > 0 && seen.complete()) => Verdict::No,
        (_, _) if count >= 4 => Verdict::Yes("transport stream packets"),
        (true, _) => Verdict::Weak("transport stream packet"),
        (false, _) => Verdict::More,
    }
}

/// Sync byte, no error, adaptation field control that is not reserved, not scrambled in the reserved way.
fn is_packet(packet: &[u8]) -> bool {
    matches!(packet, [SYNC, second, _, fourth, ..] if second & 0x80 == 0 && fourth & 0x30 != 0 && fourth & 0xc0 != 0x40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    fn packets(count: usize) -> Vec<u8> {
        [&[SYNC, 0x01, 0x00, 0x10][..], &[0xff; PACKET - 4]].concat().repeat(count)
    }

    #[test]
    fn several_packets_at_once_or_one_after_another() {
        assert_eq!(Talk::udp(4000, 9999).client(&packets(7)).run().names(), ["MPEG_TS"]);
        assert!(Talk::udp(4000, 9999).client(&packets(1)).run().names().is_empty());
        assert_eq!(Talk::udp(4000, 9999).client(&packets(1)).client(&packets(1)).run().names(), ["MPEG_TS"]);
        assert_eq!(Talk::tcp(4000, 9999).client(&packets(5)).run().names(), ["MPEG_TS"]);
        survives(&MPEG_TS, &[&packets(2)]);
    }

    #[test]
    fn text_is_not_it() {
        assert!(Talk::udp(4000, 9999).client(&[b'G'; 4 * PACKET]).run().names().contains(&"MPEG_TS").eq(&false));
    }
}

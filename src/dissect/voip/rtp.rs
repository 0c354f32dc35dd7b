//! RTP and RTCP (RFC 3550, 3551, 5761), and SRTP, which looks the same from outside (RFC 3711).
//!
//! Extracted: payload type, source, CNAME. RTP has no mark of its own: it is named from datagrams that continue one
//! another. Over TCP each packet has its length before it (RFC 4571).

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// RTP.
pub static RTP: Protocol = Protocol {
    name: "RTP",
    eve: "rtp",
    category: "Media",
    how: "datagrams of one source in sequence",
    over: &[Transport::Udp, Transport::Tcp],
    starts: &[Start::Range(0x80, 0xbf), Start::Mask(0, 0xf800_c000, 0x0000_8000)],
    fields: &[&PAYLOAD_TYPE, &SSRC],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

/// RTCP.
pub static RTCP: Protocol = Protocol {
    name: "RTCP",
    eve: "rtcp",
    category: "VoIP",
    how: "reports whose lengths fill the datagram",
    over: &[Transport::Udp],
    starts: &[Start::Mask(0, 0xc0f8_0000, 0x80c8_0000)],
    fields: &[&CNAME],
    probe: probe_control,
    reading: Reading::Stateless(read_control),
    ..Protocol::NEW
};

static PAYLOAD_TYPE: Field = Field::new("rtp", "payload_type");
static SSRC: Field = Field::new("rtp", "ssrc");
static CNAME: Field = Field::new("rtcp", "cname");

fn probe(seen: &Seen) -> Verdict {
    if !seen.datagram() {
        return probe_framed(seen);
    }
    match (Packet::new(seen.data), Packet::new(seen.previous)) {
        (Ok(now), Ok(before)) if now.follows(&before) => {
            if now.payload_type == before.payload_type && now.sequence == before.sequence.wrapping_add(1) {
                Verdict::Yes("two RTP packets of one source in sequence")
            } else {
                Verdict::Weak("RTP packets of one source")
            }
        }
        _ => Verdict::No,
    }
}

/// Three packets, each with its length before it.
fn probe_framed(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    let mut before: Option<Packet> = None;
    for _ in 0..3 {
        let Ok(length) = r.u16("length") else { return Verdict::More };
        if !(12..=2048).contains(&length) {
            return Verdict::No;
        }
        let Ok(data) = r.take(usize::from(length), "packet") else {
            return if Packet::new(r.rest()).is_err() && r.left() >= 12 { Verdict::No } else { Verdict::More };
        };
        let Ok(packet) = Packet::new(data) else { return Verdict::No };
        if before.is_some_and(|b| !packet.follows(&b) && !packet.follows_unnamed(&b)) {
            return Verdict::No;
        }
        before = Some(packet);
    }
    Verdict::Yes("RTP packets of one source, with lengths between them")
}

fn probe_control(seen: &Seen) -> Verdict {
    match reports(seen.data) {
        Some((count, true)) if count > 1 => Verdict::Yes("RTCP compound whose reports fill the datagram"),
        Some((_, true)) => Verdict::Weak("RTCP report that fills the datagram"),
        // Encrypted behind the first header; the source stays the same.
        Some((_, false)) if is_control(seen.previous) && seen.data.get(4..8) == seen.previous.get(4..8) => {
            Verdict::Yes("RTCP reports of one source, encrypted")
        }
        _ => Verdict::No,
    }
}

/// What all RTP packets begin with.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

impl Packet {
    fn new(data: &[u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(data);
        let first = r.u8("version")?;
        let second = r.u8("payload type")?;
        // RTCP's packet types stand in the same place.
        if first >> 6 != 2 || (192..=223).contains(&second) {
            return Err(Incomplete("RTP version"));
        }
        let packet = Self {
            payload_type: second & 0x7f,
            sequence: r.u16("sequence number")?,
            timestamp: r.u32("timestamp")?,
            ssrc: r.u32("source")?,
        };
        if (35..=71).contains(&packet.payload_type) && packet.payload_type != 63 {
            return Err(Incomplete("assigned payload type"));
        }
        Ok(packet)
    }

    /// Whether it can be the next packet of the same source, or one soon after it.
    fn follows(&self, before: &Self) -> bool {
        let steps = self.sequence.wrapping_sub(before.sequence);
        let time = self.timestamp.wrapping_sub(before.timestamp);
        let varied = self.ssrc != u32::from(self.sequence) && !matches!(self.ssrc, 0 | u32::MAX);
        self.ssrc == before.ssrc && varied && (1..=16).contains(&steps) && time < 1 << 24
    }
}

/// Some senders have no number for the source; only where lengths agree too.
impl Packet {
    fn follows_unnamed(&self, before: &Self) -> bool {
        self.ssrc == 0 && before.ssrc == 0 && self.sequence == before.sequence.wrapping_add(1)
    }
}

/// What a direction said last.
#[derive(Debug, Default)]
pub struct Stream(Option<Packet>);

impl Stream {
    /// Whether a datagram continues the last one.
    pub fn continues(&mut self, data: &[u8]) -> bool {
        let Ok(now) = Packet::new(data) else { return false };
        self.0.replace(now).is_some_and(|before| now.follows(&before))
    }
}

/// Whether a datagram is RTCP, encrypted or not.
#[must_use]
pub fn is_control(data: &[u8]) -> bool {
    matches!(data, [0x80..=0xbf, 200..=207, ..]) && reports(data).is_some()
}

/// How many reports there are, and whether they fill the datagram. Encrypted ones have a trailer of up to 20 bytes.
fn reports(data: &[u8]) -> Option<(u8, bool)> {
    let mut r = Reader::new(data);
    let mut count = 0;
    while !r.is_empty() && count < MAX_REPORTS {
        let mut ahead = r;
        let Ok(head) = ahead.array::<4>("header") else { return (count > 0).then_some((count, false)) };
        let [first, kind, high, low] = head;
        let body = ahead.take(usize::from(u16::from_be_bytes([high, low])) * 4, "report");
        let items = usize::from(first & 0x1f);
        let sound = |body: &[u8]| match kind {
            200 => body.len() >= 24 + 24 * items,
            201 => body.len() >= 4 + 24 * items,
            202 | 203 => body.len() >= 4 * items,
            204..=207 => body.len() >= 4,
            _ => false,
        };
        match body {
            Ok(body) if first >> 6 == 2 && sound(body) => count += 1,
            _ => return (count > 0).then_some((count, false)),
        }
        r = ahead;
    }
    (count > 0).then_some((count, r.is_empty()))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let data = if cx.transport == Transport::Tcp { data.get(2..).unwrap_or_default() } else { data };
    if let Ok(packet) = Packet::new(data) {
        cx.number(&PAYLOAD_TYPE, packet.payload_type);
        cx.number(&SSRC, packet.ssrc);
        cx.note_fact("payload type", &PAYLOAD_TYPE);
    }
    Step::Done
}

/// Reads the CNAME of the first source description.
fn read_control(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    for _ in 0..MAX_REPORTS {
        let Ok([_, kind, high, low]) = r.array::<4>("header") else { break };
        let Ok(body) = r.take(usize::from(u16::from_be_bytes([high, low])) * 4, "report") else { break };
        if let (202, Some([1, length, name @ ..])) = (kind, body.get(4..))
            && let Some(name) = name.get(..usize::from(*length))
        {
            cx.text(&CNAME, name);
            cx.note_fact("CNAME", &CNAME);
        }
    }
    Step::Done
}

const MAX_REPORTS: u8 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn rtp(sequence: u8, ssrc: u8) -> Vec<u8> {
        [&[0x80, 8, 0, sequence, 0, 0, sequence, 160, 9, 8, 7, ssrc][..], &[0xd5; 160]].concat()
    }

    const COMPOUND: &[u8] = b"\x80\xc9\x00\x01\x01\x02\x03\x04\x81\xca\x00\x03\x01\x02\x03\x04\x01\x03a@b\x00\x00\x00";

    #[test]
    fn datagrams_in_sequence() {
        let talk = Talk::udp(4000, 9999).client(&rtp(1, 1)).client(&rtp(2, 1)).run();
        assert_eq!(talk.names(), ["RTP"]);
        assert_eq!(facts(&talk, &PAYLOAD_TYPE), ["8"]);
        assert!(Talk::udp(4000, 9999).client(&rtp(1, 1)).client(&rtp(2, 2)).run().names().is_empty());
        assert!(Talk::udp(4000, 9999).client(&rtp(1, 1)).client(&rtp(99, 1)).run().names().is_empty());
    }

    #[test]
    fn framed_over_tcp() {
        let stream: Vec<u8> = (1..5).flat_map(|n| [&[0, 172][..], &rtp(n, 1)].concat()).collect();
        assert_eq!(Talk::tcp(4000, 9999).client(&stream[..1]).client(&stream[1..]).run().names(), ["RTP"]);
    }

    #[test]
    fn reports_fill_the_datagram() {
        let talk = Talk::udp(4000, 9999).client(COMPOUND).run();
        assert_eq!(talk.names(), ["RTCP"]);
        assert_eq!(facts(&talk, &CNAME), ["a@b"]);
        assert!(Talk::udp(4000, 9999).client(&COMPOUND[..22]).run().names().is_empty());
    }

    #[test]
    fn damage_is_survived() {
        survives(&RTP, &[&rtp(1, 1)]);
        survives(&RTCP, &[COMPOUND]);
    }
}

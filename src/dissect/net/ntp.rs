//! Network Time Protocol, versions 1 to 4 (RFC 5905, RFC 1305, RFC 1059), its control messages (RFC 9327) and ntpd's
//! private ones.
//!
//! Extracted: version, mode, stratum, reference. Not extracted: times.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// NTP.
pub static NTP: Protocol = Protocol {
    name: "NTP",
    eve: "ntp",
    category: "System",
    how: "48 bytes whose stratum, poll, precision, delay and dispersion are in range",
    over: &[Transport::Udp],
    ports: &[123],
    starts: &[
        // Root delay is less than a minute.
        Start::Mask(4, 0xffc0_0000, 0),
        // Control messages of versions 2 to 4.
        Start::At(0, &[0x16]),
        Start::At(0, &[0x1e]),
        Start::At(0, &[0x26]),
        // Private ones, of a known implementation.
        Start::Mask(0, 0x0700_fc00, 0x0700_0000),
    ],
    fields: &[&VERSION, &MODE, &STRATUM, &REFERENCE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static VERSION: Field = Field::new("ntp", "version");
static MODE: Field = Field::list("ntp", "mode");
static STRATUM: Field = Field::new("ntp", "stratum");
static REFERENCE: Field = Field::new("ntp", "reference_id");

const CONTROL: u8 = 6;
const PRIVATE: u8 = 7;

fn probe(seen: &Seen) -> Verdict {
    let Some(first) = seen.data.first() else { return Verdict::No };
    let (version, mode) = (first >> 3 & 7, first & 7);
    match (version, mode) {
        (1..=4, 1..=5) | (1, 0) => time(seen, version, mode),
        (2..=4, CONTROL) => control(seen),
        (2..=4, PRIVATE) => private(seen),
        _ => Verdict::No,
    }
}

/// Packets of 48 bytes, with a key identifier and digest, or with extension fields.
fn time(seen: &Seen, version: u8, mode: u8) -> Verdict {
    let lengths =
        seen.wire == 48 || (version >= 3 && seen.wire > 48 && seen.wire.is_multiple_of(4) && seen.wire < 2048);
    let (Some([_, stratum, poll, precision]), Some(delay), Some(dispersion)) =
        (seen.data.first_chunk(), at::u16(seen.data, 4), at::u16(seen.data, 8))
    else {
        return Verdict::No;
    };
    if !lengths || *stratum > 16 {
        return Verdict::No;
    }
    let sent = at::u32(seen.data, 40);
    // Clients that say nothing about themselves leave everything but the transmit time empty.
    if mode <= 3 && seen.data.get(4..40).is_some_and(|b| b.iter().all(|b| *b == 0)) {
        return Verdict::Yes("NTP request");
    }
    let in_range = (*poll == 0 || (2..=17).contains(poll)) && (*precision == 0 || (0xd8..=0xff).contains(precision));
    let small = delay < 0x40 && dispersion < 0x80;
    let time = |at: usize| at::u32(seen.data, at).is_none_or(|t| t == 0 || t > THE_NINETIES);
    let times = time(16) && time(32) && sent.is_none_or(|t| t > THE_NINETIES);
    match (in_range, small, times) {
        (true, true, true) if seen.wire == 48 || !seen.complete() || extended(seen.data) => Verdict::Yes("NTP packet"),
        (true, true, _) => Verdict::Weak("NTP packet with odd times"),
        _ => Verdict::No,
    }
}

/// Whether what follows the 48 bytes is a digest, or extension fields whose lengths agree.
fn extended(data: &[u8]) -> bool {
    let Some(mut rest) = data.get(48..) else { return false };
    for _ in 0..16 {
        if matches!(rest.len(), 0 | 4 | 20 | 24 | 72) {
            return true;
        }
        let Some(length) = at::u16(rest, 2).map(usize::from).filter(|n| *n >= 8 && n % 4 == 0) else { return false };
        let Some(after) = rest.get(length..) else { return false };
        rest = after;
    }
    false
}

/// A control message states how many bytes of data follow its 12.
fn control(seen: &Seen) -> Verdict {
    let (Some(operation), Some(offset), Some(count)) =
        (at::u8(seen.data, 1), at::u16(seen.data, 8), at::u16(seen.data, 10))
    else {
        return Verdict::No;
    };
    let known = matches!(operation & 0x1f, 0..=12 | 31) && offset <= 0x4000;
    let whole = 12 + usize::from(count);
    let fits = seen.wire >= whole && seen.wire - whole < 4
        || (seen.wire >= whole.next_multiple_of(4) + 16 && seen.wire < whole + 32);
    let text =
        seen.data.get(12..whole).is_some_and(|t| t.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()));
    match known && fits && first_is_zero(seen.data) {
        true if count >= 4 && text => Verdict::Yes("NTP control message"),
        true if count == 0 && offset == 0 && seen.wire == 12 => Verdict::Yes("NTP control request"),
        true => Verdict::Weak("NTP control message"),
        false => Verdict::No,
    }
}

/// The leap indicator of control messages is zero.
fn first_is_zero(data: &[u8]) -> bool {
    data.first().is_some_and(|b| b >> 6 == 0)
}

/// ntpd's private messages: the number and size of the items that follow, or a request with nothing but zeros.
fn private(seen: &Seen) -> Verdict {
    let Some([_, _, implementation, request, items @ ..]) = seen.data.first_chunk::<8>() else { return Verdict::No };
    if !matches!(implementation, 0 | 2 | 3) || *request > 46 {
        return Verdict::No;
    }
    let response = seen.data.first().is_some_and(|b| b & 0x80 != 0);
    let (count, size) = (at::u16(items, 0).unwrap_or(0) & 0xfff, at::u16(items, 2).unwrap_or(0));
    let whole = 8 + usize::from(count) * usize::from(size & 0xfff);
    if response && size >> 12 == 0 && whole == seen.wire && count > 0 {
        return Verdict::Yes("NTP private response");
    }
    let empty = seen.data.get(4..).is_some_and(|rest| rest.iter().all(|b| *b == 0));
    if !response && empty && matches!(seen.wire, 8 | 16 | 48 | 160 | 184 | 188 | 192) {
        return Verdict::Yes("NTP private request");
    }
    Verdict::No
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some([first, stratum]) = data.first_chunk() else { return Step::Used(0) };
    let (version, mode) = (first >> 3 & 7, first & 7);
    cx.number(&VERSION, version);
    cx.word(&MODE, mode_name(mode));
    if !matches!(mode, 2 | 4 | 5) {
        return Step::Used(0);
    }
    cx.number(&STRATUM, *stratum);
    if let Some(reference) = data.get(12..16) {
        match (stratum, reference) {
            (0 | 1, text) => {
                let end = text.iter().position(|b| *b == 0).unwrap_or(4);
                if end > 0 && at::printable(text.get(..end).unwrap_or_default()) {
                    cx.text(&REFERENCE, text.get(..end).unwrap_or_default());
                }
            }
            (_, &[a, b, c, d]) => {
                cx.address(&REFERENCE, std::net::Ipv4Addr::new(a, b, c, d).into());
            }
            _ => {}
        }
    }
    Step::Done
}

fn mode_name(mode: u8) -> &'static str {
    match mode {
        1 => "symmetric active",
        2 => "symmetric passive",
        3 => "client",
        4 => "server",
        5 => "broadcast",
        6 => "control",
        7 => "private",
        _ => "unspecified",
    }
}

/// Seconds since 1900 in 1992.
const THE_NINETIES: u32 = 0xad00_0000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REPLY: &[u8] = b"\x24\x01\x06\xec\0\0\0\0\0\0\0\x05GPS\0\xe5\0\0\0\0\0\0\0\xe5\0\0\0\0\0\0\0\
                           \xe5\0\0\0\0\0\0\0\xe5\0\0\0\0\0\0\0";

    #[test]
    fn request_and_reply() {
        let mut request = [0_u8; 48];
        request[0] = 0x23;
        request[40..48].copy_from_slice(b"whatever");
        let talk = Talk::udp(4000, 9999).client(&request).server(REPLY).run();
        assert_eq!(talk.names(), ["NTP"]);
        assert_eq!(facts(&talk, &STRATUM), ["1"]);
        assert_eq!(facts(&talk, &REFERENCE), ["GPS"]);
        assert!(talk.done);
    }

    #[test]
    fn control_and_private() {
        assert_eq!(Talk::udp(4000, 9999).client(b"\x16\x02\0\x01\0\0\0\0\0\0\0\0").run().names(), ["NTP"]);
        assert_eq!(Talk::udp(4000, 9999).client(b"\x17\0\x03\x2a\0\0\0\0").run().names(), ["NTP"]);
    }

    #[test]
    fn damaged() {
        survives(&NTP, &[REPLY]);
    }
}

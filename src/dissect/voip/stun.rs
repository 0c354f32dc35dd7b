//! STUN (RFC 8489, and RFC 3489 without the cookie) and TURN (RFC 8656) over UDP and TCP.
//!
//! Extracted: realm, software, user name, the reflexive address, methods; the app of calls by attributes and realms of
//! its own. In the same flow: DTLS is handed on, RTP and RTCP are recognised in place, in channel data too.
//! Not extracted: data inside Send and Data indications.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::rtp::{self, RTCP, RTP};
use crate::dissect::common::text::line;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// STUN.
pub static STUN: Protocol = Protocol {
    name: "STUN",
    eve: "stun",
    category: "Network",
    how: "the magic cookie, or attributes that fill the message; channel data twice on one channel",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[3478, 3479, 3480, 3481, 5349, 19302],
    starts: &[
        Start::At(4, &COOKIE),
        Start::At(6, &COOKIE),
        // Classic: the two highest bits and the lowest two of the length are zero.
        Start::Mask(0, 0xfee0_0003, 0),
        Start::Range(0x40, 0x4f),
        Start::At(0, b"RSP/"),
    ],
    fields: &[&REALM, &SOFTWARE, &USERNAME, &METHOD, &MAPPED],
    probe,
    reading: Reading::Machine(|| Box::<Stun>::default()),
    ..Protocol::NEW
};

static REALM: Field = Field::new("stun", "realm").role(Role::Asked);
static SOFTWARE: Field = Field::new("stun", "software").role(Role::Agent);
static USERNAME: Field = Field::new("stun", "username");
static METHOD: Field = Field::list("stun", "methods");
static MAPPED: Field = Field::new("stun", "mapped_address");

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

fn probe(seen: &Seen) -> Verdict {
    if seen.data.starts_with(b"RSP/") {
        return by_words(seen);
    }
    if seen.datagram() { probe_datagram(seen) } else { probe_stream(seen) }
}

/// Cameras ask their servers in words: `RSP/2.0 STUN`.
fn by_words(seen: &Seen) -> Verdict {
    match line(seen.data) {
        Some((first, _)) if memchr::memmem::find(first, b"STUN").is_some() => Verdict::Yes("RSP line that names STUN"),
        None if !seen.datagram() && seen.data.len() < 128 => Verdict::More,
        _ => Verdict::No,
    }
}

fn probe_datagram(seen: &Seen) -> Verdict {
    if let Some(channel) = channel_data(seen.data) {
        let again = [seen.previous, seen.other].into_iter().any(|d| d.get(..2) == Some(channel));
        return if again { Verdict::Weak("TURN channel data twice on one channel") } else { Verdict::No };
    }
    let Ok(message) = Message::new(seen.data) else { return Verdict::No };
    let fills = message.length + HEADER == seen.wire;
    if message.cookie {
        return if fills || seen.wire > message.length + HEADER || !seen.complete() {
            Verdict::Yes("STUN message with its magic cookie")
        } else {
            Verdict::Weak("STUN message with its magic cookie, cut")
        };
    }
    if !fills || !message.is_classic() {
        return Verdict::No;
    }
    let answers = seen.other.get(4..HEADER).is_some_and(|id| seen.data.get(4..HEADER) == Some(id));
    match message.attributes().count() {
        0 if answers => Verdict::Yes("STUN question and answer with one transaction id"),
        0 => Verdict::Weak("classic STUN message"),
        _ => Verdict::Yes("classic STUN message whose attributes fill it"),
    }
}

/// Over TCP only with the cookie; RFC 4571 puts a length before each message.
fn probe_stream(seen: &Seen) -> Verdict {
    let framed = matches!(seen.data, [_, _, 0 | 1, _, ..]) && seen.data.get(6..10) == Some(&COOKIE);
    let data = if framed { seen.data.get(2..).unwrap_or_default() } else { seen.data };
    match Message::new(data) {
        Ok(message) if message.cookie => Verdict::Yes("STUN message with its magic cookie"),
        Ok(_) => Verdict::No,
        Err(_) if seen.data.len() < HEADER + 2 && !matches!(seen.data.first(), Some(0x40..)) => Verdict::More,
        Err(_) => Verdict::No,
    }
}

/// The number of a channel whose data fill the datagram, padded or not.
fn channel_data(data: &[u8]) -> Option<&[u8]> {
    let [0x40..=0x4f, _, high, low, rest @ ..] = data else { return None };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let padded = length.next_multiple_of(4);
    (length > 0 && (rest.len() == length || rest.len() == padded)).then_some(data.get(..2)?)
}

/// A message; its attributes may be cut.
struct Message<'a> {
    kind: u16,
    length: usize,
    cookie: bool,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(data);
        let kind = r.u16("type")?;
        let length = usize::from(r.u16("length")?);
        let cookie = r.array::<4>("cookie")? == COOKIE;
        r.skip(12, "transaction id")?;
        if kind & 0xc000 != 0 || (!cookie && length & 3 != 0) {
            return Err(Incomplete("STUN header"));
        }
        Ok(Self { kind, length, cookie, body: r.take(length.min(r.left()), "attributes")? })
    }

    /// Attributes as (type, value). Ends at the first that does not fit.
    fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let mut r = Reader::new(self.body);
        std::iter::from_fn(move || {
            let (kind, length) = (r.u16("attribute").ok()?, usize::from(r.u16("length").ok()?));
            let value = r.take(length, "value").ok()?;
            let padding = length.next_multiple_of(4) - length;
            r.skip(padding.min(r.left()), "padding").ok()?;
            Some((kind, value))
        })
        .take(MAX_ATTRIBUTES)
    }

    /// RFC 3489: known message types, and attributes of known types and lengths that fill the message.
    fn is_classic(&self) -> bool {
        let known = matches!(self.kind, 0x0001 | 0x0101 | 0x0111 | 0x0002 | 0x0102 | 0x0112 | 0x0003 | 0x0103 | 0x0113);
        let sound = |(kind, value): (u16, &[u8])| match kind {
            // Addresses.
            1 | 2 | 4 | 5 | 0xb | 0x20 | 0x8020 | 0x8022..=0x8023 if value.len() != 8 && value.len() != 20 => {
                kind == 0x8022
            }
            1 | 2 | 4 | 5 | 0xb => matches!(value, [0, 1 | 2, ..]),
            0x20 | 0x8020..=0x8023 => true,
            3 => value.len() == 4,
            8 => value.len() == 20,
            6 | 7 => value.len() % 4 == 0,
            9 => value.len() >= 4,
            0xa => value.len() % 2 == 0,
            // Zoom's.
            0x0101 => value.len() == 20,
            0x0103 => value.len() == 8,
            _ => false,
        };
        let mut used = 0;
        known
            && self.attributes().all(|(kind, value)| {
                used += 4 + value.len().next_multiple_of(4);
                sound((kind, value))
            })
            && used == self.length
    }
}

#[derive(Default)]
struct Stun {
    messages: u16,
    streams: [rtp::Stream; 2],
    named: [bool; 2],
}

impl Dissector for Stun {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.transport == Transport::Tcp { self.stream(cx, data) } else { self.datagram(cx, data) }
    }
}

impl Stun {
    fn datagram(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        self.messages = self.messages.saturating_add(1);
        match data {
            [0..=3, ..] | [8, 0..=9, ..] => self.message(cx, data),
            [20..=25, 0xfe, 0xfd | 0xff, ..] | [20..=23, 1, 0, ..] => return Step::Inner(0),
            [0x40..=0x4f, _, _, _, inside @ ..] => self.media(cx, inside),
            _ => self.media(cx, data),
        }
        if self.messages >= MAX_MESSAGES { Step::Done } else { Step::Used(0) }
    }

    /// One message of a TCP stream.
    fn stream(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if data.starts_with(b"RSP/") {
            return Step::Done;
        }
        let framed = data.get(6..10) == Some(&COOKIE);
        let whole = match data {
            _ if framed => 2 + length_at(data, 0),
            [0x40..=0x7f, ..] => 4 + length_at(data, 2).next_multiple_of(4),
            _ => HEADER + length_at(data, 2),
        };
        let Some(message) = data.get(usize::from(framed) * 2..whole) else { return Step::Used(0) };
        self.messages = self.messages.saturating_add(1);
        match message {
            [0..=0x3f, ..] if message.get(4..8) == Some(&COOKIE) => self.message(cx, message),
            [0x40..=0x7f, ..] => {}
            _ => return Step::Done,
        }
        if self.messages >= MAX_MESSAGES { Step::Done } else { Step::Used(whole) }
    }

    fn message(&mut self, cx: &mut Cx, data: &[u8]) {
        let Ok(message) = Message::new(data) else { return };
        if let Some(name) = method(message.kind) {
            cx.word(&METHOD, name);
        }
        if (0x0800..=0x0805).contains(&message.kind) {
            cx.app("WhatsAppCall");
        }
        for (kind, value) in message.attributes() {
            self.attribute(cx, kind, value);
        }
    }

    fn attribute(&mut self, cx: &mut Cx, kind: u16, value: &[u8]) {
        match kind {
            0x0006 => drop(cx.text(&USERNAME, value.trim_ascii_end())),
            0x0014 => realm(cx, value),
            0x8022 => software(cx, value),
            0x0020 => {
                if let Some(address) = xored(value) {
                    cx.address(&MAPPED, address);
                }
            }
            0x4000..=0x4007 => cx.app("WhatsAppCall"),
            // MS-TURN, MS-ICE2: implementation version, candidate identifier, service quality, multiplexed session.
            0x8050 | 0x8054 | 0x8055 | 0x8070 | 0x8090 | 0x8095 => cx.app("Skype_TeamsCall"),
            0xff03 => cx.app("GoogleCall"),
            0x0101 | 0x0103 => cx.app("Zoom"),
            _ => {}
        }
    }

    /// RTP and RTCP beside STUN: named from two that agree.
    fn media(&mut self, cx: &mut Cx, data: &[u8]) {
        let Some(stream) = self.streams.get_mut(usize::from(!cx.from_client)) else { return };
        let [rtp, rtcp] = &mut self.named;
        if rtp::is_control(data) {
            if !std::mem::replace(rtcp, true) {
                cx.layer(&RTCP);
            }
        } else if stream.continues(data) && !std::mem::replace(rtp, true) {
            cx.note("RTP beside STUN");
            cx.layer(&RTP);
        }
    }
}

fn software(cx: &mut Cx, value: &[u8]) {
    let text = value.iter().all(|b| (b' '..=b'~').contains(b)) && value != b"None";
    if text && cx.text(&SOFTWARE, value) {
        cx.note_fact("SOFTWARE", &SOFTWARE);
    }
}

fn realm(cx: &mut Cx, value: &[u8]) {
    let value = value.trim_ascii();
    let is_name = value.contains(&b'.') && value.iter().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(b));
    if !is_name || !cx.host(&REALM, value) {
        return;
    }
    cx.note_fact("REALM", &REALM);
    let ours = |(suffix, _): &&(&[u8], &str)| value.to_ascii_lowercase().ends_with(suffix);
    if let Some((_, app)) = CALLS.iter().find(ours) {
        cx.app(app);
    }
}

/// Calls of those who run their own TURN servers.
static CALLS: &[(&[u8], &str)] = &[
    (b"telegram.org", "TelegramVoip"),
    (b"signal.org", "SignalVoip"),
    (b"viber.com", "ViberVoip"),
    (b"whatsapp.com", "WhatsAppCall"),
    (b"facebook.com", "FacebookVoip"),
    (b"fbcdn.net", "FacebookVoip"),
    (b"google.com", "GoogleCall"),
];

fn xored(value: &[u8]) -> Option<IpAddr> {
    match value {
        [_, 1, _, _, rest @ ..] => {
            let [a, b, c, d] = rest.first_chunk::<4>()?;
            let [w, x, y, z] = COOKIE;
            Some(IpAddr::V4(Ipv4Addr::new(a ^ w, b ^ x, c ^ y, d ^ z)))
        }
        // The rest of an IPv6 address is masked by the transaction id; only an unmasked prefix would be known.
        [_, 2, ..] => None::<Ipv6Addr>.map(IpAddr::V6),
        _ => None,
    }
}

fn method(kind: u16) -> Option<&'static str> {
    Some(match kind & 0x3eef {
        0x001 => "Binding",
        0x002 => "SharedSecret",
        0x003 => "Allocate",
        0x004 => "Refresh",
        0x006 => "Send",
        0x007 => "Data",
        0x008 => "CreatePermission",
        0x009 => "ChannelBind",
        0x00a => "Connect",
        0x00b => "ConnectionBind",
        0x00c => "ConnectionAttempt",
        _ => return None,
    })
}

fn length_at(data: &[u8], at: usize) -> usize {
    data.get(at..).and_then(<[u8]>::first_chunk).map_or(usize::MAX >> 1, |b| usize::from(u16::from_be_bytes(*b)))
}

const HEADER: usize = 20;
const MAX_ATTRIBUTES: usize = 32;
/// Realm, software and media are seen by then, or there are none.
const MAX_MESSAGES: u16 = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&kind.to_be_bytes()[..], &length, &COOKIE, &[7; 12], &body].concat()
    }

    #[test]
    fn realm_software_and_call() {
        let error = message(0x0113, &[(0x0014, b"turn.telegram.org"), (0x8022, b"Coturn-4.6"), (0x0006, b"a:b")]);
        let talk = Talk::udp(4000, 9999).client(&message(3, &[(0x19, &[17, 0, 0, 0])])).server(&error).run();
        assert_eq!(talk.names(), ["STUN"]);
        assert_eq!(facts(&talk, &REALM), ["turn.telegram.org"]);
        assert_eq!(facts(&talk, &SOFTWARE), ["Coturn-4.6"]);
        assert_eq!(facts(&talk, &METHOD), ["Allocate"]);
        assert_eq!(talk.app, Some("TelegramVoip"));
        let stream = error.chunks(5).fold(Talk::tcp(4000, 9999), Talk::client).run();
        assert_eq!(facts(&stream, &REALM), ["turn.telegram.org"]);
    }

    #[test]
    fn classic_needs_sound_attributes() {
        let mut classic = message(1, &[(3, &[0, 0, 0, 0])]);
        classic[4] = 9;
        assert_eq!(Talk::udp(4000, 9999).client(&classic).run().names(), ["STUN"]);
        classic[21] = 0x77;
        assert!(Talk::udp(4000, 9999).client(&classic).run().names().is_empty());
    }

    #[test]
    fn media_in_the_same_flow() {
        let rtp = |n: u8| [&[0x80, 96, 0, n, 0, 0, 1, n, 9, 8, 7, 6][..], &[0xab; 40]].concat();
        let talk = Talk::udp(4000, 9999).client(&message(1, &[])).client(&rtp(1)).client(&rtp(2)).run();
        assert_eq!(talk.names(), ["STUN", "RTP"]);
    }

    #[test]
    fn damage_is_survived() {
        survives(&STUN, &[&message(0x0101, &[(0x20, &[0, 1, 2, 3, 4, 5, 6, 7]), (0x14, b"x.org")])]);
        assert!(Talk::udp(4000, 9999).client(b"GET / HTTP/1.1\r\n\r\n").run().names().is_empty());
    }
}

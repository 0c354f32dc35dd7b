//! The descriptor of a protocol, and the small vocabulary in which probes and dissectors answer.

use super::context::Cx;
use crate::facts::Field;

/// What a protocol runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP: bytes in order.
    Tcp,
    /// UDP: datagrams.
    Udp,
    /// SCTP: packets behind the common header.
    Sctp,
    /// Any other IP protocol, by number.
    Ip(u8),
}

impl Transport {
    /// From an IP protocol number.
    #[must_use]
    pub fn of(proto: u8) -> Self {
        match proto {
            6 => Self::Tcp,
            17 | 136 => Self::Udp,
            132 => Self::Sctp,
            other => Self::Ip(other),
        }
    }
}

/// Everything that is known of a protocol besides its code. Declared once, as a `static`, in the protocol's file.
#[derive(Debug)]
pub struct Protocol {
    /// Its name, in the usual spelling.
    pub name: &'static str,
    /// EVE's `app_proto` name, or `""` where EVE has none.
    pub eve: &'static str,
    /// Category, one of those in `assets/apps.tsv`.
    pub category: &'static str,
    /// How it is recognised, in a few words (for `dpimon protocols`).
    pub how: &'static str,
    /// What it runs over.
    pub over: &'static [Transport],
    /// Usual server ports: a hint.
    pub ports: &'static [u16],
    /// What its first bytes (of a TCP direction, or of a datagram) can be; any one of these makes it a candidate.
    pub starts: &'static [Start],
    /// Mere framing: its name gives way to what it carries (NetBIOS session, TPKT).
    pub framing: bool,
    /// The app that the protocol alone stands for, by its name in the app table.
    pub app: Option<&'static str>,
    /// Every field it can give.
    pub fields: &'static [&'static Field],
    /// Recognises it.
    pub probe: fn(&Seen) -> Verdict,
    /// Takes its facts.
    pub reading: Reading,
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Protocol {}

impl Protocol {
    /// What most descriptors have in common, for `..Protocol::NEW`.
    pub const NEW: Self = Self {
        name: "",
        eve: "",
        category: "Network",
        how: "",
        over: &[],
        ports: &[],
        starts: &[],
        framing: false,
        app: None,
        fields: &[],
        probe: |_| Verdict::No,
        reading: Reading::Nothing,
    };

    /// The best fit of its `starts`. For datagrams there is nothing to wait for: short is no.
    #[must_use]
    pub fn fits(&self, data: &[u8], datagram: bool, usual: bool) -> Fit {
        let best = self.starts.iter().map(|s| s.fits(data, datagram, usual)).max().unwrap_or(Fit::No);
        if datagram && best == Fit::Short { Fit::No } else { best }
    }

    /// Whether `port` is one of its usual ones.
    #[must_use]
    pub fn usual_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }
}

/// A condition on the first bytes, cheap enough to be checked before a probe is asked. Choose it as narrow as the
/// protocol allows.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// These bytes at this offset.
    At(usize, &'static [u8]),
    /// These bytes at offset 0, letters in any case (give them in lower case).
    Text(&'static [u8]),
    /// The first byte lies in this range, both ends included.
    Range(u8, u8),
    /// The four bytes at this offset, big endian, masked, equal this value. `Mask(offset, mask, value)`.
    Mask(usize, u32, u32),
    /// A TCP direction begins with this many bytes, big endian, that state the length of what follows plus this much:
    /// `Length(bytes, offset, add)`. Not above 1 MiB. For datagrams the length must match exactly.
    Length(usize, usize, i32),
    /// Anything, but only on one of the usual ports.
    Port,
    /// Anything on any port: asked for every flow. Only where there really is no mark.
    Any,
}

impl Start {
    /// Whether bytes begin like this. `usual` says whether a port is a usual one.
    #[must_use]
    pub fn fits(&self, data: &[u8], datagram: bool, usual: bool) -> Fit {
        match *self {
            Self::At(at, bytes) => equal(data, at, bytes, |a, b| a == b),
            Self::Text(text) => equal(data, 0, text, <[u8]>::eq_ignore_ascii_case),
            Self::Range(low, high) => data.first().map_or(Fit::Short, |b| Fit::from((low..=high).contains(b))),
            Self::Mask(at, mask, value) => match data.get(at..).and_then(<[u8]>::first_chunk::<4>) {
                Some(word) => Fit::from(u32::from_be_bytes(*word) & mask == value),
                None => Fit::Short,
            },
            Self::Length(size, at, add) => length_fits(data, datagram, (size, at, add)),
            Self::Port => Fit::from(usual),
            Self::Any => Fit::Yes,
        }
    }

    /// Whether a first byte can be meant at all.
    #[must_use]
    pub fn first_byte(&self, byte: u8) -> bool {
        match *self {
            Self::At(0, bytes) => bytes.first().is_none_or(|b| *b == byte),
            Self::Text(text) => text.first().is_none_or(|b| *b == byte.to_ascii_lowercase()),
            Self::Range(low, high) => (low..=high).contains(&byte),
            Self::Mask(0, mask, value) => u32::from(byte) << 24 & mask == value & 0xff00_0000 & mask,
            _ => true,
        }
    }
}

/// Whether a [`Start`] fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It does not.
    No,
    /// As far as there are bytes; more would tell.
    Short,
    /// It does.
    Yes,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

/// Compares what there is of `wanted` at an offset.
fn equal(data: &[u8], at: usize, wanted: &[u8], same: fn(&[u8], &[u8]) -> bool) -> Fit {
    let Some(there) = data.get(at..) else { return Fit::Short };
    let n = there.len().min(wanted.len());
    match (there.get(..n), wanted.get(..n)) {
        (Some(a), Some(b)) if !same(a, b) => Fit::No,
        _ if n < wanted.len() => Fit::Short,
        _ => Fit::Yes,
    }
}

fn length_fits(data: &[u8], datagram: bool, (size, at, add): (usize, usize, i32)) -> Fit {
    let Some(bytes) = data.get(at..at + size) else { return Fit::Short };
    let stated = bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let whole = i64::try_from(stated).unwrap_or(i64::MAX).saturating_add(i64::from(add));
    let have = i64::try_from(data.len()).unwrap_or(i64::MAX);
    let most = 1 << 20;
    Fit::from(if datagram { whole == have } else { whole > 0 && whole <= most })
}

/// What a probe sees.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What carries it.
    pub transport: Transport,
    /// TCP: the bytes of this direction in order from its start (or from the middle, see `midstream`). Else: this packet.
    pub data: &'a [u8],
    /// TCP: the same of the other direction. Else: the first [`crate::limits::HEAD`] bytes of its latest packet.
    pub other: &'a [u8],
    /// Not TCP: the first [`crate::limits::HEAD`] bytes of the previous packet of this direction; empty if this is the first.
    pub previous: &'a [u8],
    /// Whether the client sent `data`.
    pub from_client: bool,
    /// The client's port.
    pub client_port: u16,
    /// The server's port.
    pub server_port: u16,
    /// Length on the wire of this datagram; more than `data.len()` where the capture was cut.
    pub wire: usize,
    /// Whether one of the ports is a usual one of the protocol that is asked.
    pub usual: bool,
    /// TCP whose beginning was not captured: `data` may start within a message.
    pub midstream: bool,
}

impl Seen<'_> {
    /// Whether this is a datagram (anything but TCP).
    #[must_use]
    pub fn datagram(&self) -> bool {
        self.transport != Transport::Tcp
    }

    /// Whether the whole datagram was captured.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.data.len() >= self.wire
    }
}

/// What a probe says. The words are evidence that a person reads: what was seen ("ClientHello", "banner SSH-2.0").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not this protocol.
    No,
    /// It may be; more bytes (TCP) or packets would tell.
    More,
    /// It looks like it, but chance could look so too (worse than about 1 in 100,000 random payloads). Believed when a
    /// second packet, or a second message of the same stream, says so too, or on a usual port.
    Weak(&'static str),
    /// It is.
    Yes(&'static str),
}

/// How facts are taken once the probe said yes.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// There is nothing more to learn.
    Nothing,
    /// A function without memory, called with the bytes not yet used (TCP) or each datagram.
    Stateless(fn(&mut Cx, &[u8]) -> Step),
    /// A machine with memory, one for each flow.
    Machine(fn() -> Box<dyn Dissector>),
}

/// A dissector with memory.
pub trait Dissector: Send {
    /// Takes bytes of one direction (`cx.from_client`) that follow those used so far, or one datagram.
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step;

    /// Bytes of this direction were lost; what comes next may start within a message. Those that can find their feet
    /// again (at the next line, say) return [`Step::Used`]`(0)`.
    fn gap(&mut self, cx: &mut Cx) -> Step {
        let _ = cx;
        Step::Done
    }
}

/// What a dissector did with its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// This many bytes are used up. Called again at once if some are left and some were used; with 0, when more came.
    /// For datagrams the number means nothing.
    Used(usize),
    /// This many bytes, more than there are perhaps, need no look (a body, a file).
    Skip(usize),
    /// This direction has nothing more to tell; the other goes on.
    DoneHere,
    /// Nothing more to learn from the flow.
    Done,
    /// This many bytes are used up, and from there on both directions carry another protocol (STARTTLS, CONNECT).
    Inner(usize),
    /// It is not this protocol after all.
    Wrong,
}

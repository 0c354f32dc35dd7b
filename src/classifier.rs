//! The engine as a library: packets or payloads in, flows and their labels out, without screen, threads or libpcap.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use crate::classify::apps::AppTable;
use crate::classify::{Knowledge, LabelState, Layers};
use crate::dissect::{Layer, Protocol, Registry};
use crate::engine::book::NameBook;
use crate::engine::judge::Judge;
use crate::engine::record::FlowRecord;
use crate::engine::tracker::{Arrived, Settings, Tracked, Tracker};
use crate::flow::{Flow, FlowIndex};
use crate::packet::{self, Addr, Carrier, Fragments, Headers, Key, LinkType, Piece, Undecoded};

/// Names flows from their packets, as early as the first one allows.
///
/// ```
/// use dpimon::{Classifier, Direction, FiveTuple};
///
/// let mut classifier = Classifier::new();
/// let tuple = FiveTuple { proto: 17, client: ("10.0.0.1".parse()?, 40000), server: ("10.0.0.2".parse()?, 4242) };
/// let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07youtube\x03com\0\0\x01\0\x01";
/// let seen = classifier.payload(tuple, Direction::ToServer, 0, query);
/// assert!(seen.new);
/// assert_eq!(seen.label.protocol.as_deref(), Some("DNS"));
/// assert_eq!(seen.label.app.as_deref(), Some("YouTube"));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub struct Classifier {
    tracker: Tracker,
    fragments: Fragments,
    book: NameBook,
    carriers: Vec<Carrier>,
    packets: u64,
}

/// What a classifier is made of.
#[derive(Debug, Default)]
pub struct Builder {
    protocols: Vec<&'static Protocol>,
    apps: Option<AppTable>,
    layers: Layers,
    max_flows: Option<usize>,
    idle_timeout: Option<i64>,
}

/// Protocol and endpoints of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FiveTuple {
    /// IP protocol number: 6 for TCP, 17 for UDP.
    pub proto: u8,
    /// The client's address and port.
    pub client: (IpAddr, u16),
    /// The server's address and port.
    pub server: (IpAddr, u16),
}

/// Who sent some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The client.
    ToServer,
    /// The server.
    ToClient,
}

/// What is known of a flow after a packet.
#[derive(Debug, Clone)]
pub struct Classified {
    /// Number of the flow: that of its first packet.
    pub flow: u64,
    /// Whether the flow began with this packet.
    pub new: bool,
    /// What it is called.
    pub label: LabelView,
}

/// What a flow is called, and why.
#[derive(Debug, Clone)]
pub struct LabelView {
    /// Outermost protocol.
    pub protocol: Option<String>,
    /// The layer that named the protocol.
    pub confidence: Option<Layer>,
    /// App.
    pub app: Option<String>,
    /// The layer that named the app.
    pub app_confidence: Option<Layer>,
    /// Category of the app, else of the protocol.
    pub category: Option<String>,
    /// First name that the client asked for.
    pub domain: Option<String>,
    /// Protocols seen, outermost first.
    pub stack: Vec<&'static str>,
    /// How far identification has come.
    pub state: LabelState,
    /// Evidence: packet number (0 for a guess), layer, what was seen.
    pub evidence: Vec<(u64, Layer, String)>,
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Classifier {
    /// A classifier that knows what dpimon knows.
    #[must_use]
    pub fn new() -> Self {
        Builder::default().build()
    }

    /// A classifier with protocols, apps or layers of one's own.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Takes a captured frame. `time` is in nanoseconds; it may be any that grows.
    ///
    /// # Errors
    /// Why the frame belongs to no flow.
    pub fn packet(&mut self, link: LinkType, time: i64, bytes: &[u8]) -> Result<Classified, Undecoded> {
        self.packets += 1;
        let wire = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut carriers = std::mem::take(&mut self.carriers);
        carriers.clear();
        let decoded = packet::decode(link, bytes, wire, &mut carriers);
        let result = decoded.and_then(|(headers, fragment)| {
            let Some(fragment) = fragment else { return Ok(self.take(&headers, time, wire, bytes, &carriers, false)) };
            let at = fragment.at as usize;
            let piece = bytes.get(at..at + fragment.len as usize).unwrap_or_default();
            let first = (fragment.offset == 0).then_some((headers.key, headers.from_low));
            match self.fragments.push(&fragment, piece, first) {
                Piece::Whole(datagram) => {
                    let headers = packet::decode_ip_payload(&fragment, &datagram, &mut carriers)?;
                    Ok(self.take(&headers, time, wire, &datagram, &carriers, false))
                }
                Piece::Waiting(Some((key, from_low))) if first.is_none() => {
                    let headers = Headers { key, from_low, payload_len: 0, payload_wire: 0, ..headers };
                    Ok(self.take(&headers, time, wire, bytes, &carriers, false))
                }
                Piece::Waiting(_) if first.is_some() => Ok(self.take(&headers, time, wire, bytes, &carriers, false)),
                Piece::Waiting(_) => Err(Undecoded::Fragment),
            }
        });
        self.carriers = carriers;
        result
    }

    /// Takes payload of a flow: the next bytes of a TCP direction, or one datagram.
    pub fn payload(&mut self, tuple: FiveTuple, direction: Direction, time: i64, bytes: &[u8]) -> Classified {
        self.packets += 1;
        let (from, to) = match direction {
            Direction::ToServer => (tuple.client, tuple.server),
            Direction::ToClient => (tuple.server, tuple.client),
        };
        let (key, from_low) = Key::new((Addr::from(from.0), from.1), (Addr::from(to.0), to.1), tuple.proto, 0);
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut headers = Headers { key, from_low, payload_len: length, payload_wire: length, ..Headers::default() };
        if direction == Direction::ToClient && self.tracker.table.find(&key).is_none() {
            headers.tcp.flags = packet::TcpFlags(SYN_ACK); // whoever receives a SYN+ACK is the client
        }
        self.take(&headers, time, length, bytes, &[], true)
    }

    /// What is known of a flow now; `None` if it is not, or no longer, in the table.
    #[must_use]
    pub fn label(&self, flow: u64) -> Option<LabelView> {
        let (_, found) = self.tracker.table.iter().find(|(_, f)| f.first == flow)?;
        Some(self.view(found, false))
    }

    /// All flows that are left with their numbers, in the order in which they began, guesses included and marked by
    /// their layer.
    #[must_use]
    pub fn finish(mut self) -> Vec<(u64, LabelView)> {
        let mut flows: Vec<Flow<Tracked>> = std::mem::take(&mut self.tracker.mail.ended);
        flows.extend(self.tracker.table.drain());
        flows.sort_by_key(|f| f.first);
        flows.iter().map(|f| (f.first, self.view(f, true))).collect()
    }

    fn take(
        &mut self,
        headers: &Headers,
        time: i64,
        wire: u32,
        bytes: &[u8],
        carriers: &[Carrier],
        bare: bool,
    ) -> Classified {
        let at = headers.payload_at as usize;
        let payload = bytes.get(at..at + headers.payload_len as usize).unwrap_or_default();
        let outcome =
            self.tracker.packet(&Arrived { number: self.packets, time, wire, headers, payload, carriers, bare });
        for hint in self.tracker.mail.take_names() {
            self.book.add(hint);
        }
        self.classified(outcome.flow, outcome.new)
    }

    fn classified(&self, at: FlowIndex, new: bool) -> Classified {
        match self.tracker.table.get(at) {
            Some(flow) => Classified { flow: flow.first, new, label: self.view(flow, false) },
            None => Classified { flow: 0, new, label: LabelView::unknown() }, // `at` was just given by the table
        }
    }

    fn view(&self, flow: &Flow<Tracked>, ended: bool) -> LabelView {
        let record = FlowRecord::new(flow, ended, &self.tracker.knowledge, &self.book);
        LabelView {
            protocol: record.protocol.map(|(p, _)| p.name.to_owned()),
            confidence: record.protocol.map(|(_, layer)| layer),
            app: record.app.map(|(name, _)| name.to_owned()),
            app_confidence: record.app.map(|(_, layer)| layer),
            category: record.category.map(str::to_owned),
            domain: record.domain.map(str::to_owned),
            stack: record.stack.iter().map(|p| p.name).collect(),
            state: record.label_state,
            evidence: record.evidence,
        }
    }
}

const SYN_ACK: u8 = 0x12;

impl LabelView {
    fn unknown() -> Self {
        Self {
            protocol: None,
            confidence: None,
            app: None,
            app_confidence: None,
            category: None,
            domain: None,
            stack: Vec::new(),
            state: LabelState::Inspecting,
            evidence: Vec::new(),
        }
    }
}

impl Builder {
    /// Adds a protocol; it is asked before those of the house.
    #[must_use]
    pub fn protocol(mut self, protocol: &'static Protocol) -> Self {
        self.protocols.push(protocol);
        self
    }

    /// Adds apps; at the same suffix they win over those of the house.
    #[must_use]
    pub fn apps(mut self, apps: AppTable) -> Self {
        self.apps = Some(match self.apps {
            Some(before) => before.extended_with(&apps),
            None => apps,
        });
        self
    }

    /// Chooses the layers of identification, the most trusted first.
    #[must_use]
    pub fn layers(mut self, order: &[Layer]) -> Self {
        self.layers = Layers::new(order);
        self
    }

    /// Flows kept at once; 262,144 if not said.
    #[must_use]
    pub fn max_flows(mut self, most: usize) -> Self {
        self.max_flows = Some(most);
        self
    }

    /// Ends flows after this many nanoseconds without a packet; never if not said.
    #[must_use]
    pub fn idle_timeout(mut self, nanoseconds: i64) -> Self {
        self.idle_timeout = Some(nanoseconds);
        self
    }

    /// Makes the classifier.
    #[must_use]
    pub fn build(self) -> Classifier {
        let apps = match &self.apps {
            Some(more) => Cow::Owned(AppTable::builtin().extended_with(more)),
            None => Cow::Borrowed(AppTable::builtin()),
        };
        let knowledge = Knowledge { registry: Registry::with(&self.protocols), apps, layers: self.layers };
        let settings = Settings { max_flows: self.max_flows.unwrap_or(262_144), idle_timeout: self.idle_timeout };
        Classifier {
            tracker: Tracker::new(Arc::new(knowledge), Judge::default(), settings),
            fragments: Fragments::default(),
            book: NameBook::default(),
            carriers: Vec::new(),
            packets: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::{Start, Transport, Verdict};

    static KNOCK: Protocol = Protocol {
        name: "Knock",
        how: "the word KNOCK",
        over: &[Transport::Udp],
        starts: &[Start::At(0, b"KNOCK")],
        probe: |_| Verdict::Yes("the word KNOCK"),
        ..Protocol::NEW
    };

    fn tuple(port: u16) -> FiveTuple {
        FiveTuple {
            proto: 17,
            client: ("10.0.0.1".parse().unwrap(), 40_000),
            server: ("10.0.0.2".parse().unwrap(), port),
        }
    }

    #[test]
    fn a_protocol_of_ones_own_is_named() {
        let mut classifier = Classifier::builder().protocol(&KNOCK).build();
        let seen = classifier.payload(tuple(7), Direction::ToServer, 0, b"KNOCK KNOCK");
        assert_eq!(seen.label.protocol.as_deref(), Some("Knock"));
        assert_eq!(seen.label.confidence, Some(Layer::Payload));
    }

    #[test]
    fn guesses_come_at_the_end_and_only_if_their_layer_speaks() {
        let say = |mut classifier: Classifier| {
            let seen = classifier.payload(tuple(53), Direction::ToServer, 0, b"\xff\xff\xff");
            assert_eq!(seen.label.protocol, None);
            classifier.finish().remove(0).1
        };
        let guess = say(Classifier::new());
        assert_eq!((guess.protocol.as_deref(), guess.confidence), (Some("DNS"), Some(Layer::Port)));
        assert_eq!(say(Classifier::builder().layers(&[Layer::Payload]).build()).protocol, None);
    }

    #[test]
    fn the_client_is_told_whoever_speaks_first() {
        let mut classifier = Classifier::new();
        let tcp = FiveTuple { proto: 6, ..tuple(22) };
        classifier.payload(tcp, Direction::ToClient, 0, b"hello");
        let flow = classifier.tracker.table.iter().next().unwrap().1;
        assert_eq!(crate::flow::endpoints(&flow.key, flow.client_is_low)[0].1, 40_000);
    }
}

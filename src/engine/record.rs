//! The record of a flow: everything that is written about it, with guesses marked, in the form that all reports share.

use std::net::IpAddr;
use std::sync::Arc;

use super::book::NameBook;
use super::snapshot::FlowRow;
use super::tracker::{CarrierFlow, Tracked};
use crate::classify::{Knowledge, LabelState};
use crate::dissect::{Evidence, Layer, Protocol, Transport};
use crate::facts::{Facts, Value};
use crate::flow::{self, Count, Flow, TcpTrack};
use crate::packet::{Key, Tunnel};
use crate::rules::Decision;

/// Everything that is written about one flow.
#[derive(Debug, Clone)]
pub struct FlowRecord<'a> {
    /// Deterministic number: that of its first packet; carriers count from 2^48.
    pub id: u64,
    /// VLAN tags, IP protocol, endpoints.
    pub key: Key,
    /// Client and server.
    pub ends: [(IpAddr, u16); 2],
    /// First packet's time in nanoseconds.
    pub start: i64,
    /// Last packet's time.
    pub end: i64,
    /// Packets and bytes, the client's direction first.
    pub counts: [Count; 2],
    /// `new`, `established`, `closed`, `reset`.
    pub state: &'static str,
    /// Why it ended.
    pub reason: &'static str,
    /// TCP's own, for TCP.
    pub tcp: Option<&'a TcpTrack>,
    /// Outermost protocol with the layer that named it.
    pub protocol: Option<(&'static Protocol, Layer)>,
    /// Protocols seen in the payload, outermost first.
    pub stack: Vec<&'static Protocol>,
    /// App with the layer that named it.
    pub app: Option<(&'a str, Layer)>,
    /// Category of the app, else of the protocol.
    pub category: Option<&'a str>,
    /// First name the client asked for.
    pub domain: Option<&'a str>,
    /// All names asked for or certified.
    pub names: Vec<&'a str>,
    /// How far identification came.
    pub label_state: LabelState,
    /// Why it has its name, in words.
    pub evidence: Vec<(u64, Layer, String)>,
    /// Facts.
    pub facts: Option<&'a Facts>,
    /// Name of the server from an earlier DNS answer: a guess.
    pub server_name: Option<Arc<str>>,
    /// The rule that decided on it.
    pub decision: Option<Decision>,
    /// What of it was stopped.
    pub stopped: Count,
    /// Risks, by name.
    pub risks: Vec<&'static str>,
    /// What carries it.
    pub tunnel: Option<Tunnel>,
    /// Whether it carries others.
    pub carrier: bool,
    /// Whether another flow announced it.
    pub announced: bool,
}

impl<'a> FlowRecord<'a> {
    /// The record of a flow; guesses are made if it has ended.
    #[must_use]
    pub fn new(flow: &'a Flow<Tracked>, ended: bool, knowledge: &'a Knowledge, book: &NameBook) -> Self {
        let known = &flow.data.known;
        let ends = flow::endpoints(&flow.key, flow.client_is_low);
        let registry = &knowledge.registry;
        let protocol = knowledge.layers.iter().find_map(|layer| match layer {
            Layer::Payload => known.label.protocol(registry).map(|id| (registry.get(id), layer)),
            Layer::Port if ended => port_guess(&flow.key, ends, knowledge),
            _ => None,
        });
        let server_name = book.before(ends[1].0, flow.first).cloned();
        let hinted =
            || server_name.as_deref().and_then(|name| knowledge.apps.lookup(name)).map(|m| (m.app, Layer::Dns));
        let hinted = || knowledge.layers.rank(Layer::Dns).and_then(|_| hinted());
        let app = known.label.app.or_else(hinted);
        let category = app.map(|(id, _)| knowledge.apps.category(id)).or(protocol.map(|(p, _)| p.category));
        let facts = known.findings.as_deref().map(|f| &f.facts);
        Self {
            id: flow.first,
            key: flow.key,
            ends,
            start: flow.start,
            end: flow.end,
            counts: flow.counts,
            state: state(flow),
            reason: flow.data.reason.name(),
            tcp: (flow.key.proto() == flow::TCP).then_some(&flow.tcp),
            protocol,
            stack: known.label.stack().iter().map(|id| registry.get(*id)).collect(),
            app: app.map(|(id, layer)| (knowledge.apps.name(id), layer)),
            category,
            domain: known.domain(),
            names: known.asked().chain(known.certified()).collect(),
            label_state: if ended { LabelState::Classified } else { known.label.state },
            evidence: evidence(flow, knowledge, protocol, server_name.as_deref()),
            facts,
            server_name,
            decision: flow.data.decision,
            stopped: flow.data.stopped,
            risks: Vec::new(),
            tunnel: flow.data.tunnel,
            carrier: false,
            announced: flow.data.announced,
        }
    }

    /// The record of an outer flow.
    #[must_use]
    pub fn carrier(key: Key, flow: &CarrierFlow, knowledge: &'a Knowledge) -> Self {
        let registry = &knowledge.registry;
        let protocol = registry.by_name(flow.tunnel.name()).map(|id| registry.get(id));
        Self {
            id: CARRIER_IDS + flow.first,
            key,
            ends: flow::endpoints(&key, flow.client_is_low),
            start: flow.start,
            end: flow.end,
            counts: flow.counts,
            state: if flow.counts.iter().all(|c| c.packets > 0) { "established" } else { "new" },
            reason: "shutdown",
            tcp: None,
            protocol: protocol.map(|p| (p, Layer::Payload)),
            stack: protocol.into_iter().collect(),
            app: None,
            category: protocol.map(|p| p.category),
            domain: None,
            names: Vec::new(),
            label_state: LabelState::Classified,
            evidence: vec![(flow.first, Layer::Payload, format!("carries packets in {}", flow.tunnel.name()))],
            facts: None,
            server_name: None,
            decision: flow.decision,
            stopped: Count::default(),
            risks: Vec::new(),
            tunnel: None,
            carrier: true,
            announced: false,
        }
    }

    /// As a row of the screen's table: what filters match on.
    #[must_use]
    pub fn row(&self) -> FlowRow {
        let [(client, client_port), (server, server_port)] = self.ends;
        let guess = |layer: Layer| layer >= Layer::Dns;
        FlowRow {
            proto: self.key.proto(),
            client,
            client_port,
            server,
            server_port,
            server_name: self.server_name.clone(),
            domain: self.domain.map(Into::into),
            registrable: self.domain.and_then(psl::domain_str).map(Into::into),
            protocol: self.protocol.map(|(p, _)| p.name.into()),
            app: self.app.map(|(name, _)| name.into()),
            category: self.category.map(Into::into),
            guess: self.protocol.is_some_and(|(_, l)| guess(l)) || self.app.is_some_and(|(_, l)| guess(l)),
            packets_up: self.counts[0].packets,
            packets_down: self.counts[1].packets,
            bytes_up: self.counts[0].bytes,
            bytes_down: self.counts[1].bytes,
            start: self.start,
            end: self.end,
            state: self.state,
            rule: self.decision.filter(|d| d.is_block()).map(|d| d.rule().0),
            risks: u8::try_from(self.risks.len()).unwrap_or(u8::MAX),
            carrier: self.carrier,
            ..FlowRow::new(self.id)
        }
    }

    /// Its name in one word: the app, else the protocol.
    #[must_use]
    pub fn label(&self) -> Option<&'a str> {
        self.app.map(|(name, _)| name).or(self.protocol.map(|(p, _)| p.name))
    }
}

/// Ids of carriers start here, far above packet numbers, so that they never meet those of the flows inside.
pub const CARRIER_IDS: u64 = 1 << 48;

/// TCP's state by its flags; for others, whether both sides have spoken.
#[must_use]
pub fn state(flow: &Flow<Tracked>) -> &'static str {
    if flow.key.proto() == flow::TCP {
        return flow.tcp.state().name();
    }
    if flow.counts.iter().all(|c| c.packets > 0) { "established" } else { "new" }
}

/// The protocol that the server's port stands for, else the client's: a guess of the lowest rank.
fn port_guess(key: &Key, ends: [(IpAddr, u16); 2], knowledge: &Knowledge) -> Option<(&'static Protocol, Layer)> {
    let transport = Transport::of(key.proto());
    let registry = &knowledge.registry;
    let by_port = |port| registry.by_port(transport, port);
    let id = by_port(ends[1].1).or_else(|| by_port(ends[0].1))?;
    Some((registry.get(id), Layer::Port))
}

/// Evidence in words, guesses included.
fn evidence(
    flow: &Flow<Tracked>,
    knowledge: &Knowledge,
    protocol: Option<(&'static Protocol, Layer)>,
    server_name: Option<&str>,
) -> Vec<(u64, Layer, String)> {
    let findings = flow.data.known.findings.as_deref();
    let steps = findings.map(|f| f.evidence.as_slice()).unwrap_or_default();
    let facts = findings.map(|f| &f.facts);
    let mut lines: Vec<_> = steps.iter().map(|e| (e.packet, e.layer, in_words(e, facts, knowledge))).collect();
    if let Some((guess, Layer::Port)) = protocol {
        lines.push((0, Layer::Port, format!("the usual port of {}", guess.name)));
    }
    if let Some(name) = server_name {
        lines.push((0, Layer::Dns, format!("an earlier answer gave this address for {name}")));
    }
    lines
}

/// What was seen, with the value it speaks of; host names with the suffix that gave the app.
#[must_use]
pub fn in_words(evidence: &Evidence, facts: Option<&Facts>, knowledge: &Knowledge) -> String {
    let fact = evidence.fact.and_then(|place| facts?.at(usize::from(place)));
    let Some((_, value)) = fact else { return evidence.what.to_owned() };
    let value = value_text(value);
    if evidence.layer == Layer::Host {
        let suffix = knowledge.apps.lookup(&value).map_or(String::new(), |m| m.suffix.to_owned());
        return format!("suffix {suffix} of {value}");
    }
    format!("{} {value}", evidence.what)
}

/// A value as text.
#[must_use]
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Word(word) => (*word).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Address(address) => address.to_string(),
    }
}

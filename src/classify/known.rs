//! What identification keeps of one flow, and how a packet changes it.

use std::borrow::Cow;
use std::net::IpAddr;

use super::apps::AppTable;
use super::label::{Label, LabelState, Layers};
use crate::dissect::inspect::{Effort, Env, Inspection, Progress};
use crate::dissect::{Evidence, Findings, Hint, Layer, Protocol, Registry, Transport};
use crate::facts::{Role, Value};
use crate::packet::Tcp;

/// Everything that names can come from. Shared by all workers, never changed while they run.
#[derive(Debug)]
pub struct Knowledge {
    /// Protocols.
    pub registry: Registry,
    /// Services by host name.
    pub apps: Cow<'static, AppTable>,
    /// Which layers speak, and in which order they are trusted.
    pub layers: Layers,
}

impl Knowledge {
    /// What the program itself knows.
    #[must_use]
    pub fn builtin() -> Self {
        Self { registry: Registry::builtin(), apps: Cow::Borrowed(AppTable::builtin()), layers: Layers::default() }
    }
}

/// The payload of one packet, on its way into a flow's inspection.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// 0 if the client sent it, 1 if the server did.
    pub side: usize,
    /// Transport header fields of a TCP segment. `None` for datagrams, and for TCP bytes known to be next.
    pub tcp: Option<&'a Tcp>,
    /// Sequence numbers of the SYNs seen so far, by direction.
    pub syns: [Option<u32>; 2],
    /// Captured bytes.
    pub data: &'a [u8],
    /// Bytes on the wire.
    pub wire: usize,
    /// What carries it.
    pub transport: Transport,
    /// Client and server.
    pub ends: [(IpAddr, u16); 2],
}

/// Scratch that a worker lends to every packet.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Hints given by the packet.
    pub hints: Vec<Hint>,
    /// What inspecting cost so far.
    pub effort: Effort,
    layers: Vec<&'static Protocol>,
}

/// What identification keeps of one flow. Small at rest: the inspection goes when there is nothing more to learn.
#[derive(Default)]
pub struct Known {
    /// The name.
    pub label: Label,
    /// Facts and evidence, if there are any.
    pub findings: Option<Box<Findings>>,
    inspection: Option<Box<Inspection>>,
    seen_facts: u16,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("label", &self.label).field("findings", &self.findings).finish_non_exhaustive()
    }
}

impl Known {
    /// A flow of which nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether its payload is still looked at.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.label.state != LabelState::Classified
    }

    /// Inspects a packet. Whether the label or the names changed.
    pub fn inspect(&mut self, packet: &Packet, knowledge: &Knowledge, scratch: &mut Scratch) -> bool {
        if !self.is_open() {
            return false;
        }
        let findings = self.findings.get_or_insert_default();
        let inspection = self.inspection.get_or_insert_with(|| Box::new(Inspection::after_syns(packet.syns)));
        let (mut app, mut withdrawn) = (None, false);
        scratch.layers.clear();
        let mut env = Env {
            registry: &knowledge.registry,
            packet: packet.number,
            transport: packet.transport,
            ends: packet.ends,
            findings,
            hints: &mut scratch.hints,
            layers: &mut scratch.layers,
            app: &mut app,
            withdrawn: &mut withdrawn,
            effort: &mut scratch.effort,
        };
        let missing = packet.wire.saturating_sub(packet.data.len());
        let progress = match (packet.transport, packet.tcp) {
            (Transport::Tcp, Some(tcp)) => inspection.segment(&mut env, packet.side, tcp, packet.data, missing),
            (Transport::Tcp, None) => inspection.bytes(&mut env, packet.side, packet.data),
            _ => inspection.datagram(&mut env, packet.side, packet.data, packet.wire),
        };
        if withdrawn {
            self.label.clear();
        }
        let mut changed = self.take_layers(scratch, knowledge);
        changed |= self.take_names(packet.number, knowledge);
        if let Some(app) = app.and_then(|name| knowledge.apps.by_name(name)) {
            changed |= self.label.set_app(app, Layer::Payload, &knowledge.layers);
        }
        match progress {
            Progress::Going => {}
            Progress::Done => self.close(),
            Progress::Withdrawn => {
                self.label.clear();
                self.close();
            }
        }
        changed
    }

    /// Nothing more will be learned: gives back the memory of the inspection.
    pub fn close(&mut self) {
        self.label.state = LabelState::Classified;
        self.inspection = None;
        match &mut self.findings {
            Some(findings) if findings.facts.is_empty() && findings.evidence.is_empty() => self.findings = None,
            Some(findings) => {
                findings.facts.shrink();
                findings.evidence.shrink_to_fit();
            }
            None => {}
        }
    }

    /// Names the flow by its IP protocol, a tunnel or an expectation: what needs no look at the payload.
    pub fn name(&mut self, protocol: &'static Protocol, evidence: Evidence, registry: &Registry) {
        if let Some(id) = registry.id(protocol)
            && self.label.push(id)
        {
            self.findings.get_or_insert_default().note(evidence);
            self.label.state = self.label.state.max_partial();
        }
    }

    /// Names asked for by the client, in order.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        self.names(Role::Asked)
    }

    /// Names in the server's certificate.
    pub fn certified(&self) -> impl Iterator<Item = &str> {
        self.names(Role::Certificate)
    }

    /// The first name asked for that is not an address.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.asked().find(|name| !is_address(name))
    }

    /// Bytes of memory it holds besides itself.
    #[must_use]
    pub fn held(&self) -> usize {
        let inspection = self.inspection.as_ref().map_or(0, |i| size_of::<Inspection>() + i.held());
        inspection + self.findings.as_ref().map_or(0, |f| f.held())
    }

    /// Whether it is being inspected.
    #[must_use]
    pub fn is_inspected(&self) -> bool {
        self.inspection.is_some()
    }

    fn names(&self, role: Role) -> impl Iterator<Item = &str> {
        let facts = self.findings.iter().flat_map(|f| f.facts.iter());
        facts.filter_map(move |(field, value)| match value {
            Value::Text(text) if field.role == role => Some(&**text),
            _ => None,
        })
    }

    fn take_layers(&mut self, scratch: &Scratch, knowledge: &Knowledge) -> bool {
        let mut changed = false;
        for protocol in &scratch.layers {
            if let Some(id) = knowledge.registry.id(protocol) {
                changed |= self.label.push(id);
            }
            if let Some(app) = protocol.app.and_then(|name| knowledge.apps.by_name(name)) {
                changed |= self.label.set_app(app, Layer::Payload, &knowledge.layers);
            }
        }
        if changed {
            self.label.state = self.label.state.max_partial();
        }
        changed
    }

    /// Looks up the app of names that are new. Certificates count only where nothing was asked.
    fn take_names(&mut self, packet: u64, knowledge: &Knowledge) -> bool {
        let Some(findings) = self.findings.as_deref_mut() else { return false };
        let seen = usize::from(self.seen_facts);
        if findings.facts.len() == seen {
            return false;
        }
        self.seen_facts = u16::try_from(findings.facts.len()).unwrap_or(u16::MAX);
        let mut changed = false;
        let mut evidence = None;
        let asked = |(field, value): &crate::facts::Fact| {
            field.role == Role::Asked && matches!(value, Value::Text(name) if !is_address(name))
        };
        let nothing_asked = !findings.facts.iter().any(asked);
        for (place, (field, value)) in findings.facts.iter().enumerate().skip(seen) {
            let Value::Text(name) = value else { continue };
            let counts = field.role == Role::Asked || (field.role == Role::Certificate && nothing_asked);
            if !counts {
                continue;
            }
            changed = true;
            if let Some(found) = knowledge.apps.lookup(name)
                && self.label.set_app(found.app, Layer::Host, &knowledge.layers)
            {
                evidence = u16::try_from(place).ok();
            }
        }
        if let Some(place) = evidence {
            findings.note(Evidence { packet, layer: Layer::Host, what: "app by the name", fact: Some(place) });
        }
        changed
    }
}

impl LabelState {
    /// A named flow is at least partial.
    fn max_partial(self) -> Self {
        if self == Self::Inspecting { Self::Partial } else { self }
    }
}

/// Whether a name is an address literal.
fn is_address(name: &str) -> bool {
    let first = name.as_bytes().first().copied().unwrap_or(0);
    (first.is_ascii_hexdigit() || matches!(first, b':' | b'['))
        && name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

//! What a dissector is told, and where it puts what it learns.

use std::net::IpAddr;

use super::protocol::{Protocol, Transport};
use crate::facts::{Facts, Field, Role, Value};
use crate::limits;

/// Which layer of identification spoke, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Layer {
    Payload,
    Host,
    Dns,
    Ip,
    Port,
}

impl Layer {
    /// Its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Host => "host",
            Self::Dns => "dns",
            Self::Ip => "ip",
            Self::Port => "port",
        }
    }
}

/// One step on the way to a label: what was seen, in which packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Number of the packet, from 1; 0 where no packet spoke.
    pub packet: u64,
    /// The layer that spoke.
    pub layer: Layer,
    /// What was seen.
    pub what: &'static str,
    /// Place in the facts of the value that belongs behind `what`.
    pub fact: Option<u16>,
}

/// What was learned of one flow.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Facts.
    pub facts: Facts,
    /// Evidence in order, capped.
    pub evidence: Vec<Evidence>,
}

impl Findings {
    /// Bytes of memory it holds, itself included.
    #[must_use]
    pub fn held(&self) -> usize {
        size_of::<Self>() + self.facts.held() + self.evidence.capacity() * size_of::<Evidence>()
    }

    /// Adds evidence, if there is room and it does not repeat the last.
    pub fn note(&mut self, evidence: Evidence) {
        if self.evidence.len() < limits::EVIDENCE_PER_FLOW
            && self.evidence.last().is_none_or(|e| e.what != evidence.what)
        {
            self.evidence.push(evidence);
        }
    }
}

/// What one flow tells about others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A DNS answer: this address goes by this name.
    Name(IpAddr, Box<str>),
    /// A flow between the same two hosts will be of this protocol: FTP data, RTP, TFTP. The endpoint is one end of it.
    Expect(Transport, IpAddr, u16, &'static Protocol),
}

/// What a dissector is told about its flow, and where it puts what it learns.
pub struct Cx<'a> {
    /// Number of the packet that brought the bytes, from 1.
    pub packet: u64,
    /// What carries the flow.
    pub transport: Transport,
    /// Whether the bytes are the client's.
    pub from_client: bool,
    /// The client's address and port.
    pub client: (IpAddr, u16),
    /// The server's address and port.
    pub server: (IpAddr, u16),
    /// Length on the wire of this datagram; more than the bytes given where the capture was cut.
    pub wire: usize,
    pub(crate) findings: &'a mut Findings,
    pub(crate) hints: &'a mut Vec<Hint>,
    pub(crate) layers: &'a mut Vec<&'static Protocol>,
    pub(crate) app: &'a mut Option<&'static str>,
}

impl Cx<'_> {
    /// The facts so far, to read and to add to.
    pub fn facts(&mut self) -> &mut Facts {
        &mut self.findings.facts
    }

    /// Adds evidence: what was seen, in words.
    pub fn note(&mut self, what: &'static str) {
        self.findings.note(Evidence { packet: self.packet, layer: Layer::Payload, what, fact: None });
    }

    /// Adds evidence that ends with the value of a fact: `note_fact("ClientHello, SNI", &SNI)`.
    pub fn note_fact(&mut self, what: &'static str, field: &'static Field) {
        let place = self.findings.facts.iter().rposition(|(f, _)| std::ptr::eq(*f, field));
        let fact = place.and_then(|p| u16::try_from(p).ok());
        self.findings.note(Evidence { packet: self.packet, layer: Layer::Payload, what, fact });
    }

    /// Adds text from the wire as a fact.
    pub fn text(&mut self, field: &'static Field, bytes: &[u8]) -> bool {
        self.findings.facts.text(field, bytes)
    }

    /// Adds a number as a fact.
    pub fn number(&mut self, field: &'static Field, number: impl Into<u64>) -> bool {
        self.findings.facts.number(field, number)
    }

    /// Adds a word of the program's own as a fact.
    pub fn word(&mut self, field: &'static Field, word: &'static str) -> bool {
        self.findings.facts.word(field, word)
    }

    /// Adds an address as a fact.
    pub fn address(&mut self, field: &'static Field, address: IpAddr) -> bool {
        self.findings.facts.add(field, Value::Address(address))
    }

    /// Adds a yes or no as a fact.
    pub fn flag(&mut self, field: &'static Field, flag: bool) -> bool {
        self.findings.facts.add(field, Value::Flag(flag))
    }

    /// Adds a host name that was asked for or that a certificate has: lower case, without final dot. Names that are
    /// empty, too long or not of host name characters are not kept. The field says by its role what the name means.
    pub fn host(&mut self, field: &'static Field, name: &[u8]) -> bool {
        debug_assert!(matches!(field.role, Role::Asked | Role::Certificate | Role::Plain));
        let name = name.strip_suffix(b".").unwrap_or(name);
        if name.is_empty() || name.len() > 255 || name.iter().any(|b| b.is_ascii_control() || *b == b' ') {
            return false;
        }
        self.findings.facts.text(field, &name.to_ascii_lowercase())
    }

    /// Names a protocol seen inside this one, outermost first.
    pub fn layer(&mut self, protocol: &'static Protocol) {
        self.layers.push(protocol);
    }

    /// Names the app by the protocol's own marks (a call of a messenger, say). The name is one of `assets/apps.tsv`'s or
    /// a protocol's own.
    pub fn app(&mut self, name: &'static str) {
        *self.app = Some(name);
    }

    /// Tells what this flow says about others.
    pub fn hint(&mut self, hint: Hint) {
        if self.hints.len() < limits::HINTS_PER_PACKET {
            self.hints.push(hint);
        }
    }
}

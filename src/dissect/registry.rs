//! All protocols, and the index that tells which of them to ask about some bytes.

use hashbrown::HashMap;

use super::protocol::{Protocol, Transport};

/// Place of a protocol in its [`Registry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProtocolId(
    /// The place.
    pub u16,
);

/// Every protocol that can be named, indexed by first byte.
#[derive(Debug)]
pub struct Registry {
    all: Vec<&'static Protocol>,
    by_name: HashMap<String, ProtocolId, foldhash::fast::RandomState>,
    tcp: Box<[Vec<ProtocolId>; 256]>,
    udp: Box<[Vec<ProtocolId>; 256]>,
    other: Vec<ProtocolId>,
    by_port: HashMap<(bool, u16), ProtocolId, foldhash::fast::RandomState>,
}

/// The families; a new one is a line here.
static FAMILIES: &[&[&Protocol]] = &[
    super::net::PROTOCOLS,
    // Before the web, whose JSON-RPC would take the miners.
    super::p2p::PROTOCOLS,
    super::web::PROTOCOLS,
    super::mail::PROTOCOLS,
    super::remote::PROTOCOLS,
    super::file::PROTOCOLS,
    super::auth::PROTOCOLS,
    super::database::PROTOCOLS,
    super::messaging::PROTOCOLS,
    super::voip::PROTOCOLS,
    super::vpn::PROTOCOLS,
    super::industrial::PROTOCOLS,
    super::iot::PROTOCOLS,
    super::apps::PROTOCOLS,
    super::games::PROTOCOLS,
];

impl Registry {
    /// All protocols of the house.
    #[must_use]
    pub fn builtin() -> Self {
        Self::new(FAMILIES.iter().copied().flatten().copied())
    }

    /// All protocols of the house and some more, which are asked first.
    #[must_use]
    pub fn with(more: &[&'static Protocol]) -> Self {
        Self::new(more.iter().copied().chain(FAMILIES.iter().copied().flatten().copied()))
    }

    fn new(protocols: impl Iterator<Item = &'static Protocol>) -> Self {
        let empty = || Box::new(std::array::from_fn(|_| Vec::new()));
        let mut registry = Self {
            all: Vec::new(),
            by_name: HashMap::default(),
            tcp: empty(),
            udp: empty(),
            other: Vec::new(),
            by_port: HashMap::default(),
        };
        for protocol in protocols {
            registry.add(protocol);
        }
        registry
    }

    fn add(&mut self, protocol: &'static Protocol) {
        let id = ProtocolId(u16::try_from(self.all.len()).unwrap_or(u16::MAX));
        self.all.push(protocol);
        self.by_name.entry(protocol.name.to_ascii_lowercase()).or_insert(id);
        for transport in protocol.over {
            let table = match transport {
                Transport::Tcp => &mut self.tcp,
                Transport::Udp => &mut self.udp,
                _ => {
                    self.other.push(id);
                    continue;
                }
            };
            for (byte, candidates) in (0..=u8::MAX).zip(table.iter_mut()) {
                if protocol.starts.iter().any(|s| s.first_byte(byte)) {
                    candidates.push(id);
                }
            }
            for port in protocol.ports {
                self.by_port.entry((*transport == Transport::Tcp, *port)).or_insert(id);
            }
        }
    }

    /// The protocols that bytes with this first one can be the start of. Their [`Protocol::fits`] says more.
    #[must_use]
    pub fn candidates(&self, transport: Transport, data: &[u8]) -> &[ProtocolId] {
        let first = usize::from(data.first().copied().unwrap_or(0));
        match transport {
            Transport::Tcp => self.tcp.get(first).map_or(&[], Vec::as_slice),
            Transport::Udp => self.udp.get(first).map_or(&[], Vec::as_slice),
            _ => &self.other,
        }
    }

    /// The protocol at a place.
    #[must_use]
    pub fn get(&self, id: ProtocolId) -> &'static Protocol {
        self.all.get(usize::from(id.0)).copied().unwrap_or(&UNKNOWN)
    }

    /// The place of a protocol.
    #[must_use]
    pub fn id(&self, protocol: &'static Protocol) -> Option<ProtocolId> {
        self.by_name(protocol.name)
    }

    /// A protocol by its name, in any case.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<ProtocolId> {
        self.by_name.get(&name.to_ascii_lowercase()).copied()
    }

    /// The protocol that a server port stands for: a guess.
    #[must_use]
    pub fn by_port(&self, transport: Transport, port: u16) -> Option<ProtocolId> {
        match transport {
            Transport::Tcp => self.by_port.get(&(true, port)).copied(),
            Transport::Udp => self.by_port.get(&(false, port)).copied(),
            _ => None,
        }
    }

    /// All protocols in order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Protocol> {
        self.all.iter().copied()
    }
}

/// Stands for a place that does not exist.
static UNKNOWN: Protocol = Protocol { name: "unknown", ..Protocol::NEW };

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_descriptor_is_complete() {
        let registry = Registry::builtin();
        let mut names = HashSet::new();
        for p in registry.iter() {
            assert!(
                !p.name.is_empty() && names.insert(p.name.to_ascii_lowercase()),
                "{:?} twice or without a name",
                p.name
            );
            assert!(!p.over.is_empty(), "{} runs over nothing", p.name);
            assert!(!p.how.is_empty(), "{} does not say how it is recognised", p.name);
            assert!(!p.category.is_empty(), "{} has no category", p.name);
            let fields: HashSet<_> = p.fields.iter().map(|f| (f.object, f.name)).collect();
            assert_eq!(fields.len(), p.fields.len(), "{} declares a field twice", p.name);
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        let registry = Registry::builtin();
        assert_eq!(registry.by_name("dns").map(|id| registry.get(id).name), Some("DNS"));
    }
}

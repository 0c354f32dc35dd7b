//! What the tests of protocols share: a conversation of payloads, run through the real inspection.

use super::context::{Findings, Hint};
use super::inspect::{Effort, Env, Inspection, Progress};
use super::protocol::{Protocol, Transport};
use super::registry::Registry;
use crate::facts::{Field, Value};

/// A conversation, and what was learned from it after [`Talk::run`].
pub struct Talk {
    transport: Transport,
    ports: (u16, u16),
    says: Vec<(usize, Vec<u8>)>,
    /// What was learned.
    pub findings: Findings,
    /// Protocols named, outermost first.
    pub layers: Vec<&'static Protocol>,
    /// Hints given.
    pub hints: Vec<Hint>,
    /// App named by the protocol.
    pub app: Option<&'static str>,
    /// Whether the inspection was over at the end.
    pub done: bool,
}

impl Talk {
    /// Over UDP between these ports.
    pub fn udp(client: u16, server: u16) -> Self {
        Self::over(Transport::Udp, client, server)
    }

    /// Over TCP; each piece is a segment.
    pub fn tcp(client: u16, server: u16) -> Self {
        Self::over(Transport::Tcp, client, server)
    }

    /// Over any transport.
    pub fn over(transport: Transport, client: u16, server: u16) -> Self {
        Self {
            transport,
            ports: (client, server),
            says: Vec::new(),
            findings: Findings::default(),
            layers: Vec::new(),
            hints: Vec::new(),
            app: None,
            done: false,
        }
    }

    /// The client sends this.
    pub fn client(mut self, data: &[u8]) -> Self {
        self.says.push((0, data.to_vec()));
        self
    }

    /// The server sends this.
    pub fn server(mut self, data: &[u8]) -> Self {
        self.says.push((1, data.to_vec()));
        self
    }

    /// Runs it through all protocols of the house.
    pub fn run(self) -> Self {
        self.run_with(&Registry::builtin())
    }

    /// Runs it through a registry.
    pub fn run_with(mut self, registry: &Registry) -> Self {
        let mut inspection = Inspection::default();
        let mut effort = Effort::default();
        let ends = [("10.0.0.1".parse().unwrap(), self.ports.0), ("10.0.0.2".parse().unwrap(), self.ports.1)];
        for (packet, (side, data)) in self.says.iter().enumerate() {
            let mut env = Env {
                registry,
                packet: packet as u64 + 1,
                transport: self.transport,
                ends,
                findings: &mut self.findings,
                hints: &mut self.hints,
                layers: &mut self.layers,
                app: &mut self.app,
                withdrawn: &mut false,
                effort: &mut effort,
            };
            let progress = if self.transport == Transport::Tcp {
                inspection.bytes(&mut env, *side, data)
            } else {
                inspection.datagram(&mut env, *side, data, data.len())
            };
            if progress != Progress::Going {
                self.done = true;
                break;
            }
        }
        self
    }

    /// Names of the protocols, outermost first.
    pub fn names(&self) -> Vec<&'static str> {
        self.layers.iter().map(|p| p.name).collect()
    }

    #[allow(dead_code)] // for protocols whose evidence is worth a test
    /// All evidence in words, one a line, without values.
    pub fn evidence(&self) -> Vec<&'static str> {
        self.findings.evidence.iter().map(|e| e.what).collect()
    }
}

/// The values of a field as text.
pub fn facts(talk: &Talk, field: &'static Field) -> Vec<String> {
    let values = talk.findings.facts.iter().filter(|(f, _)| std::ptr::eq(*f, field));
    values
        .map(|(_, value)| match value {
            Value::Text(text) => text.to_string(),
            Value::Word(word) => (*word).to_string(),
            Value::Number(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::Address(address) => address.to_string(),
        })
        .collect()
}

/// A protocol survives every prefix and every flipped bit of these messages, asked directly and without its index, and
/// in both directions.
pub fn survives(protocol: &'static Protocol, messages: &[&[u8]]) {
    let registry = Registry::with(&[protocol]);
    for transport in protocol.over {
        for side in 0..2 {
            for message in messages {
                for end in 0..message.len() {
                    say(&registry, *transport, side, message, &message[..end]);
                }
                for bit in 0..message.len() * 8 {
                    let mut flipped = message.to_vec();
                    flipped[bit / 8] ^= 1 << (bit % 8);
                    say(&registry, *transport, side, message, &flipped);
                }
            }
        }
    }
}

/// The damaged message alone, and after the sound one, so that dissectors are reached too.
fn say(registry: &Registry, transport: Transport, side: usize, sound: &[u8], damaged: &[u8]) {
    let talk = |pieces: &[&[u8]]| {
        let mut talk = Talk::over(transport, 40_000, 9_999);
        talk.says = pieces.iter().map(|p| (side, p.to_vec())).collect();
        let _ = talk.run_with(registry);
    };
    talk(&[damaged]);
    talk(&[sound, damaged]);
}

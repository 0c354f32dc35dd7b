//! One worker's share of the traffic: its flow table and all it points to, without locks or threads.
//!
//! The same tracker serves the workers of the pipeline and the library's [`crate::Classifier`].

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::judge::Judge;
use super::mailbox::Mailbox;
use crate::classify::{Knowledge, Known, Packet, Scratch};
use crate::dissect::{Evidence, Hint, Layer, Transport};
use crate::flow::{self, Count, Flow, FlowIndex, Table};
use crate::limits;
use crate::packet::{Carrier, Headers, Key, Tunnel};
use crate::rules::Decision;

/// A flow as the engine keeps it.
#[derive(Debug, Default)]
pub struct Tracked {
    /// What identification knows of it.
    pub known: Known,
    /// The rule that decided on it, if one did.
    pub decision: Option<Decision>,
    /// Packets of it that were stopped.
    pub stopped: Count,
    /// What carried its first packet.
    pub tunnel: Option<Tunnel>,
    /// Whether it changed since the last tick.
    pub dirty: bool,
    /// Whether its names changed since they were last sent to the collector.
    pub renamed: bool,
    /// Whether another flow had announced it.
    pub announced: bool,
    /// Why it ended, once it has.
    pub reason: EndReason,
}

/// Why a flow ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndReason {
    /// The input ended.
    #[default]
    Shutdown,
    /// Nothing came for too long.
    Timeout,
    /// The table was full.
    Forced,
}

impl EndReason {
    /// Its name in records (EVE's).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::Timeout => "timeout",
            Self::Forced => "forced",
        }
    }
}

/// An outer flow that carries others, counted apart so that no byte counts twice.
#[derive(Debug, Clone)]
pub struct CarrierFlow {
    /// Number of its first packet.
    pub first: u64,
    /// Time of the first packet in nanoseconds.
    pub start: i64,
    /// Latest time.
    pub end: i64,
    /// Whether the key's lower endpoint is the client.
    pub client_is_low: bool,
    /// Packets and bytes, the client's direction first.
    pub counts: [Count; 2],
    /// What it is.
    pub tunnel: Tunnel,
    /// The rule that decided on it.
    pub decision: Option<Decision>,
}

/// One decoded packet.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Nanoseconds since 1970 UTC.
    pub time: i64,
    /// Bytes on the wire, link header included.
    pub wire: u32,
    /// Its headers.
    pub headers: &'a Headers,
    /// Captured transport payload.
    pub payload: &'a [u8],
    /// What carries it, outermost first.
    pub carriers: &'a [Carrier],
    /// There was no transport header: the bytes are known to be the next of their direction.
    pub bare: bool,
}

/// What happened to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Its flow.
    pub flow: FlowIndex,
    /// Whether the flow began with it.
    pub new: bool,
    /// Whether a rule stops it.
    pub stopped: bool,
}

/// How a tracker behaves.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Flows in the table at most.
    pub max_flows: usize,
    /// Nanoseconds without a packet after which a flow is another; `None` for never.
    pub idle_timeout: Option<i64>,
}

/// One worker's share of the traffic.
pub struct Tracker {
    /// What names come from.
    pub knowledge: Arc<Knowledge>,
    /// Flows that live.
    pub table: Table<Tracked>,
    /// Outer flows.
    pub carriers: HashMap<Key, CarrierFlow, foldhash::fast::RandomState>,
    /// What leaves the tracker: ended flows, hints.
    pub mail: Mailbox,
    /// The rules.
    pub judge: Judge,
    scratch: Scratch,
    expected: Expectations,
    settings: Settings,
    dirty: Vec<FlowIndex>,
    /// Flows begun so far.
    pub begun: u64,
    /// Carriers that found no room in their table.
    pub carriers_lost: u64,
    /// Traffic over time; kept only for a screen, as is what changed.
    pub timeline: Option<super::timeline::Bins>,
    /// Packets taken.
    pub packets: u64,
    /// Packets stopped.
    pub dropped: Count,
}

impl Tracker {
    /// An empty tracker.
    #[must_use]
    pub fn new(knowledge: Arc<Knowledge>, judge: Judge, settings: Settings) -> Self {
        Self {
            knowledge,
            table: Table::new(settings.max_flows),
            carriers: HashMap::default(),
            mail: Mailbox::default(),
            judge,
            scratch: Scratch::default(),
            expected: Expectations::default(),
            settings,
            dirty: Vec::new(),
            begun: 0,
            carriers_lost: 0,
            timeline: None,
            packets: 0,
            dropped: Count::default(),
        }
    }

    /// Takes one packet.
    pub fn packet(&mut self, packet: &Arrived) -> Outcome {
        let (at, new) = self.flow_of(packet);
        let carried = !packet.carriers.is_empty() && self.carry(packet);
        let stopped = self.advance(at, packet, new) || carried;
        self.packets += 1;
        if stopped {
            self.dropped.add(packet.wire);
            if let Some(flow) = self.table.get_mut(at) {
                flow.data.stopped.add(packet.wire);
            }
        }
        Outcome { flow: at, new, stopped }
    }

    /// Flows that changed since this was last asked.
    pub fn take_dirty(&mut self) -> Vec<FlowIndex> {
        let list = std::mem::take(&mut self.dirty);
        for at in &list {
            if let Some(flow) = self.table.get_mut(*at) {
                flow.data.dirty = false;
            }
        }
        list
    }

    /// Probes asked, holes and overfull streams so far.
    #[must_use]
    pub fn effort(&self) -> crate::dissect::inspect::Effort {
        self.scratch.effort
    }

    fn flow_of(&mut self, packet: &Arrived) -> (FlowIndex, bool) {
        if let Some(at) = self.table.find(&packet.headers.key) {
            if !self.has_idled(at, packet.time) {
                return (at, false);
            }
            self.retire(at, EndReason::Timeout);
        }
        (self.begin(packet), true)
    }

    fn has_idled(&self, at: FlowIndex, time: i64) -> bool {
        let timeout = self.settings.idle_timeout;
        timeout.is_some_and(|limit| self.table.get(at).is_some_and(|f| time.saturating_sub(f.end) > limit))
    }

    fn retire(&mut self, at: FlowIndex, reason: EndReason) {
        if let Some(flow) = self.table.remove(at) {
            self.mail.end(flow, reason);
        }
    }

    fn begin(&mut self, packet: &Arrived) -> FlowIndex {
        self.begun += 1;
        let client_is_low = flow::client_is_low(packet.headers);
        let tunnel = packet.carriers.last().map(|c| c.tunnel);
        let mut tracked = Tracked { tunnel, renamed: true, ..Tracked::default() };
        let ends = flow::endpoints(&packet.headers.key, client_is_low);
        if let Some(protocol) = self.expected.take(&packet.headers.key, ends) {
            let evidence = Evidence {
                packet: packet.number,
                layer: Layer::Payload,
                what: "announced by another flow of these hosts",
                fact: None,
            };
            tracked.known.name(protocol, evidence, &self.knowledge.registry);
            tracked.known.close();
            tracked.announced = true;
        }
        let key = &packet.headers.key;
        tracked.decision = self.judge.at_begin(packet.number, key, ends, &tracked.known, &self.knowledge);
        let flow = Flow::new(packet.headers.key, packet.number, packet.time, client_is_low, tracked);
        let inserted = self.table.insert(flow);
        if let Some(evicted) = inserted.evicted {
            self.judge.remember(&evicted);
            self.mail.end(evicted, EndReason::Forced);
        }
        inserted.at
    }

    /// Counts the packet, inspects it, judges the flow. Whether the flow is stopped.
    fn advance(&mut self, at: FlowIndex, packet: &Arrived, new: bool) -> bool {
        let Some(flow) = self.table.get_mut(at) else { return false };
        let side = flow.side(packet.headers.from_low);
        if let Some(count) = flow.counts.get_mut(side) {
            count.add(packet.wire);
        }
        flow.end = flow.end.max(packet.time);
        let proto = packet.headers.key.proto();
        if proto == flow::TCP && !packet.bare {
            flow.tcp.segment(&packet.headers.tcp, side, packet.headers.payload_wire, packet.time);
        }
        if let Some(timeline) = &mut self.timeline {
            if !flow.data.dirty {
                flow.data.dirty = true;
                self.dirty.push(at);
            }
            let bin = timeline.at(packet.time);
            *(if side == 0 { &mut bin.up } else { &mut bin.down }) += u64::from(packet.wire);
            bin.flows += u32::from(new);
        }
        if flow.data.known.is_open() {
            let ends = flow::endpoints(&flow.key, flow.client_is_low);
            let payload = Packet {
                number: packet.number,
                side,
                tcp: (proto == flow::TCP && !packet.bare).then_some(&packet.headers.tcp),
                syns: flow.tcp.syns(),
                data: packet.payload,
                wire: packet.headers.payload_wire as usize,
                transport: Transport::of(proto),
                ends,
            };
            if !is_padding(&payload)
                && worth_inspecting(&payload, flow.data.known.is_inspected())
                && flow.data.known.inspect(&payload, &self.knowledge, &mut self.scratch)
            {
                flow.data.renamed = true;
                let decision = &mut flow.data.decision;
                *decision = decision.or_else(|| self.judge.at_label(&flow.data.known, &self.knowledge));
            }
            if !self.scratch.hints.is_empty() {
                self.send_hints(packet.number, ends);
            }
        }
        self.table.get(at).is_some_and(|f| f.data.decision.is_some_and(|d| d.is_block()))
    }

    /// Hints that concern the same two hosts stay here; the others leave.
    fn send_hints(&mut self, number: u64, ends: [(IpAddr, u16); 2]) {
        for hint in self.scratch.hints.drain(..) {
            match hint {
                Hint::Expect(transport, address, port, protocol) => {
                    if ends.iter().any(|(ip, _)| *ip == address) {
                        self.expected.add(ends, transport, (address, port), protocol);
                    }
                }
                Hint::Name(address, name) => self.mail.name(number, address, name),
            }
        }
    }

    /// Counts the packet for its carriers. Whether one of them is stopped.
    fn carry(&mut self, packet: &Arrived) -> bool {
        let mut stopped = false;
        for carrier in packet.carriers {
            if !self.carriers.contains_key(&carrier.key) && self.carriers.len() >= limits::CARRIERS {
                self.carriers_lost += 1;
                continue;
            }
            let (judge, knowledge) = (&self.judge, &self.knowledge);
            let flow = self.carriers.entry(carrier.key).or_insert_with(|| {
                let ends = flow::endpoints(&carrier.key, carrier.from_low);
                CarrierFlow {
                    first: packet.number,
                    start: packet.time,
                    end: packet.time,
                    client_is_low: carrier.from_low,
                    counts: [Count::default(); 2],
                    tunnel: carrier.tunnel,
                    decision: judge.carrier(&carrier.key, ends, carrier.tunnel, knowledge),
                }
            });
            let [up, down] = &mut flow.counts;
            if flow.client_is_low == carrier.from_low {
                up.add(packet.wire)
            } else {
                down.add(packet.wire)
            }
            flow.end = flow.end.max(packet.time);
            stopped |= flow.decision.is_some_and(|d| d.is_block());
        }
        stopped
    }
}

/// Some boxes count Ethernet's padding into the IP length of bare acknowledgements. A few zeros without PSH are not data:
/// the real data comes with the same sequence number.
fn is_padding(packet: &Packet) -> bool {
    let bare = packet.tcp.is_some_and(|tcp| tcp.flags.0 == ACK);
    bare && packet.data.len() <= PADDING && packet.data.iter().all(|b| *b == 0)
}

const ACK: u8 = 16;
/// What Ethernet's least length of 60 bytes leaves behind 14 + 20 + 20 bytes of headers.
const PADDING: usize = 6;

/// TCP segments without payload matter only to an inspection under way, for the start of the other direction. A flow
/// gets one with its first payload: what a flood is made of never does.
fn worth_inspecting(packet: &Packet, under_way: bool) -> bool {
    match packet.tcp {
        Some(tcp) => packet.wire > 0 || (tcp.flags.syn() && under_way),
        None => packet.wire > 0 || !matches!(packet.transport, Transport::Udp),
    }
}

/// Flows that another flow between the same two hosts has announced.
#[derive(Debug, Default)]
struct Expectations {
    list: std::collections::VecDeque<Expectation>,
}

#[derive(Debug)]
struct Expectation {
    hosts: [IpAddr; 2],
    transport: Transport,
    end: (IpAddr, u16),
    protocol: &'static crate::dissect::Protocol,
}

impl Expectations {
    fn add(
        &mut self,
        ends: [(IpAddr, u16); 2],
        transport: Transport,
        end: (IpAddr, u16),
        protocol: &'static crate::dissect::Protocol,
    ) {
        if self.list.len() >= limits::EXPECTATIONS {
            self.list.pop_front();
        }
        self.list.push_back(Expectation { hosts: sorted(ends), transport, end, protocol });
    }

    /// The protocol that was announced for a flow that begins now; an announcement serves once.
    fn take(&mut self, key: &Key, ends: [(IpAddr, u16); 2]) -> Option<&'static crate::dissect::Protocol> {
        if self.list.is_empty() {
            return None;
        }
        let (hosts, transport) = (sorted(ends), Transport::of(key.proto()));
        let meant = |e: &Expectation| e.transport == transport && e.hosts == hosts && ends.contains(&e.end);
        let place = self.list.iter().position(meant)?;
        self.list.remove(place).map(|e| e.protocol)
    }
}

fn sorted(ends: [(IpAddr, u16); 2]) -> [IpAddr; 2] {
    let [a, b] = ends.map(|(ip, _)| ip);
    if a <= b { [a, b] } else { [b, a] }
}

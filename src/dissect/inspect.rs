//! The inspection of one flow: bytes in order, to candidates by index, to the dissector that takes its facts.
//!
//! It lives as long as there is something to learn. A flow without a name is probed in each direction until no
//! candidate is left or the budget is spent; a named one is read until its dissector is done. Layers nest: after
//! STARTTLS or CONNECT both directions are probed anew.

use super::context::{Cx, Evidence, Findings, Hint, Layer};
use super::protocol::{Dissector, Fit, Protocol, Reading, Seen, Step, Transport, Verdict};
use super::registry::{ProtocolId, Registry};
use crate::flow::{Arrival, Stream};
use crate::limits;
use crate::packet::Tcp;

/// What an inspection works with during one packet.
pub struct Env<'a> {
    /// All protocols.
    pub registry: &'a Registry,
    /// Number of the packet.
    pub packet: u64,
    /// What carries the flow.
    pub transport: Transport,
    /// Client and server.
    pub ends: [(std::net::IpAddr, u16); 2],
    /// Where facts and evidence go.
    pub findings: &'a mut Findings,
    /// Where hints about other flows go.
    pub hints: &'a mut Vec<Hint>,
    /// Where protocols that were named go, outermost first.
    pub layers: &'a mut Vec<&'static Protocol>,
    /// App that a dissector named by the protocol's own marks.
    pub app: &'a mut Option<&'static str>,
    /// Set when a name given earlier turned out to be wrong.
    pub withdrawn: &'a mut bool,
    /// Probes asked and inspections that met a limit.
    pub effort: &'a mut Effort,
}

/// What inspecting cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Effort {
    /// Probes asked.
    pub asked: u64,
    /// Holes in streams that were given up.
    pub holes: u64,
    /// Streams that found no room for a message.
    pub overfull: u64,
}

/// Whether an inspection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There may be more to learn.
    Going,
    /// Nothing more to learn: drop it.
    Done,
    /// The name it gave was wrong, and there is no other: drop both.
    Withdrawn,
}

/// The inspection of one flow.
#[derive(Default)]
pub struct Inspection {
    sides: [Side; 2],
    stage: Stage,
    /// Who gave the first weak sign, in which packet and direction.
    weak: Option<(ProtocolId, u64, usize)>,
    refused: Option<ProtocolId>,
    depth: u8,
    payloads: u16,
}

/// One direction.
#[derive(Default)]
struct Side {
    stream: Stream,
    /// TCP: bytes in order that nobody has used yet. Else: the head of the latest datagram.
    buffer: Vec<u8>,
    /// Bytes to come that need no look.
    skip: usize,
    /// The dissector wants no more of it.
    done: bool,
    candidates: Candidates,
}

/// Who is still meant in one direction of an unnamed TCP flow.
#[derive(Default, PartialEq, Eq)]
enum Candidates {
    #[default]
    Unasked,
    Some(Vec<ProtocolId>),
    None,
}

#[derive(Default)]
enum Stage {
    #[default]
    Probing,
    Stateless(ProtocolId, fn(&mut Cx, &[u8]) -> Step),
    Machine(ProtocolId, Box<dyn Dissector>),
    Over(bool),
}

impl Inspection {
    /// An inspection that begins with the first payload; these SYNs went before.
    #[must_use]
    pub fn after_syns(syns: [Option<u32>; 2]) -> Self {
        let mut inspection = Self::default();
        for (side, syn) in inspection.sides.iter_mut().zip(syns) {
            if let Some(seq) = syn {
                side.stream.syn(seq);
            }
        }
        inspection
    }

    /// Takes a TCP segment of the client (`side` 0) or the server (1). `missing` bytes at its end were not captured.
    pub fn segment(&mut self, env: &mut Env, side: usize, tcp: &Tcp, data: &[u8], missing: usize) -> Progress {
        let Some(here) = self.sides.get_mut(side) else { return Progress::Done };
        if tcp.flags.syn() {
            here.stream.syn(tcp.seq);
        }
        let seq = tcp.seq.wrapping_add(u32::from(tcp.flags.syn()));
        match here.stream.segment(seq, data) {
            Arrival::Next(fresh) => {
                self.pump(env, side, fresh);
                self.follow(env, side);
            }
            Arrival::Held if here.stream.is_full() => self.give_up(env, side),
            Arrival::Held | Arrival::Old => {}
        }
        if missing > 0 {
            self.lose(env, side, missing);
        }
        let other = 1 - side.min(1);
        if tcp.flags.ack() && self.sides.get(other).is_some_and(|s| s.stream.lost(tcp.ack)) {
            self.give_up(env, other);
        }
        self.progress()
    }

    /// Takes bytes of a direction that are known to be next: where there is no TCP header.
    pub fn bytes(&mut self, env: &mut Env, side: usize, data: &[u8]) -> Progress {
        if !data.is_empty() {
            self.pump(env, side, data);
        }
        self.progress()
    }

    /// Takes a datagram (or the payload of any other IP protocol) of `wire` bytes, of which `data` were captured.
    pub fn datagram(&mut self, env: &mut Env, side: usize, data: &[u8], wire: usize) -> Progress {
        self.payloads = self.payloads.saturating_add(1);
        for _ in 0..=limits::NESTED_LAYERS {
            let step = match &mut self.stage {
                Stage::Over(_) => break,
                Stage::Probing => {
                    if !self.probe_datagram(env, side, data, wire) {
                        break;
                    }
                    continue;
                }
                Stage::Stateless(_, read) => read(&mut cx(env, side, wire), data),
                Stage::Machine(_, machine) => machine.feed(&mut cx(env, side, wire), data),
            };
            match step {
                Step::Done | Step::DoneHere => self.stage = Stage::Over(true),
                Step::Wrong => self.withdraw(env),
                Step::Inner(_) => {
                    self.nest();
                    continue;
                }
                Step::Used(_) | Step::Skip(_) => {}
            }
            break;
        }
        self.keep_head(side, data);
        self.progress()
    }

    /// Whether it still looks for a first name.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        matches!(self.stage, Stage::Probing) && self.depth == 0
    }

    /// What a weak sign spoke for so far.
    #[must_use]
    pub fn suspected(&self) -> Option<ProtocolId> {
        self.weak.map(|(id, ..)| id)
    }

    /// Bytes of memory it holds besides itself.
    #[must_use]
    pub fn held(&self) -> usize {
        self.sides.iter().map(|s| s.buffer.capacity() + s.stream.held()).sum()
    }

    fn progress(&self) -> Progress {
        match self.stage {
            Stage::Over(true) => Progress::Done,
            Stage::Over(false) => Progress::Withdrawn,
            _ => Progress::Going,
        }
    }

    /// Hands on what waited behind the bytes that just came.
    fn follow(&mut self, env: &mut Env, side: usize) {
        while let Some(more) = self.sides.get_mut(side).and_then(|s| s.stream.follow()) {
            self.pump(env, side, &more);
        }
    }

    /// A hole that will not be filled.
    fn give_up(&mut self, env: &mut Env, side: usize) {
        if self.sides.get_mut(side).is_some_and(|s| s.stream.give_up()) {
            self.gap(env, side);
            self.follow(env, side);
        }
    }

    /// The capture cut a segment: what is missing is a hole of known size.
    fn lose(&mut self, env: &mut Env, side: usize, missing: usize) {
        let Some(here) = self.sides.get_mut(side) else { return };
        here.stream.skip(missing);
        if here.skip > 0 || here.done {
            here.skip = here.skip.saturating_sub(missing);
            return;
        }
        self.gap(env, side);
    }

    /// Bytes of this direction are lost. Unnamed flows are probed with what there was; it stays their beginning.
    fn gap(&mut self, env: &mut Env, side: usize) {
        env.effort.holes += 1;
        let step = match &mut self.stage {
            Stage::Machine(_, machine) => machine.gap(&mut cx(env, side, 0)),
            Stage::Stateless(..) => Step::Used(0),
            Stage::Probing | Stage::Over(_) => return,
        };
        if let Some(here) = self.sides.get_mut(side) {
            here.buffer.clear();
            here.skip = 0;
        }
        if let Step::Done = step {
            self.stage = Stage::Over(true);
        }
    }

    /// Moves new bytes of a direction through the current stage, as far as they go.
    fn pump(&mut self, env: &mut Env, side: usize, fresh: &[u8]) {
        let Some(here) = self.sides.get_mut(side) else { return };
        self.payloads = self.payloads.saturating_add(1);
        if here.buffer.is_empty() {
            let used = self.advance(env, side, fresh);
            let left = fresh.get(used..).unwrap_or_default();
            self.keep(env, side, left);
        } else {
            here.buffer.extend_from_slice(fresh);
            self.pump_buffer(env, side);
        }
    }

    /// The same with the bytes that were kept.
    fn pump_buffer(&mut self, env: &mut Env, side: usize) {
        let Some(here) = self.sides.get_mut(side) else { return };
        let mut buffer = std::mem::take(&mut here.buffer);
        let used = self.advance(env, side, &buffer);
        buffer.drain(..used.min(buffer.len()));
        if let Some(here) = self.sides.get_mut(side) {
            here.buffer = buffer;
        }
        self.bound(env, side);
    }

    fn keep(&mut self, env: &mut Env, side: usize, left: &[u8]) {
        if let Some(here) = self.sides.get_mut(side)
            && !left.is_empty()
            && !matches!(self.stage, Stage::Over(_))
        {
            here.buffer.extend_from_slice(left);
            self.bound(env, side);
        }
    }

    /// A message that does not fit its bound ends the inspection; an unnamed prefix just stops growing.
    fn bound(&mut self, env: &mut Env, side: usize) {
        let Some(here) = self.sides.get_mut(side) else { return };
        if matches!(self.stage, Stage::Probing) {
            here.buffer.truncate(limits::PROBE_BYTES);
        } else if here.buffer.len() > limits::STREAM_BYTES {
            env.effort.overfull += 1;
            self.stage = Stage::Over(true);
        }
    }

    /// Runs the current stage over `bytes`, the unused bytes of a direction; gives how many were used.
    fn advance(&mut self, env: &mut Env, side: usize, bytes: &[u8]) -> usize {
        let mut used = 0;
        loop {
            let left = bytes.get(used..).unwrap_or_default();
            let Some(here) = self.sides.get_mut(side) else { return used };
            if here.skip > 0 {
                let step = here.skip.min(left.len());
                here.skip -= step;
                used += step;
                if here.skip > 0 || step == left.len() {
                    return used;
                }
                continue;
            }
            if here.done {
                return bytes.len();
            }
            if left.is_empty() {
                return used;
            }
            let step = match &mut self.stage {
                Stage::Over(_) => return bytes.len(),
                Stage::Probing => {
                    if !self.probe(env, side, left) {
                        return used;
                    }
                    // Named: the other side's bytes so far belong to it too, and may have come first.
                    self.catch_up(env, side);
                    continue;
                }
                Stage::Stateless(_, read) => read(&mut cx(env, side, left.len()), left),
                Stage::Machine(_, machine) => machine.feed(&mut cx(env, side, left.len()), left),
            };
            match step {
                Step::Used(0) => return used,
                Step::Used(n) => used += n.min(left.len()),
                Step::Skip(n) => here.skip = n.max(1),
                Step::DoneHere => here.done = true,
                Step::Done => self.stage = Stage::Over(true),
                Step::Wrong => self.withdraw(env),
                Step::Inner(n) => {
                    used += n.min(left.len());
                    self.nest();
                }
            }
            if self.sides.iter().all(|s| s.done) {
                self.stage = Stage::Over(true);
            }
        }
    }

    /// Feeds what the other side has said so far to the dissector just found.
    fn catch_up(&mut self, env: &mut Env, side: usize) {
        let other = 1 - side.min(1);
        if self.sides.get(other).is_some_and(|s| !s.buffer.is_empty()) {
            self.pump_buffer(env, other);
        }
    }

    /// Both directions carry something else from here on.
    fn nest(&mut self) {
        self.depth += 1;
        self.stage = if self.depth >= limits::NESTED_LAYERS { Stage::Over(true) } else { Stage::Probing };
        self.payloads = 0;
        self.weak = None;
        for side in &mut self.sides {
            side.candidates = Candidates::Unasked;
            side.done = false;
            side.skip = 0;
        }
    }

    /// The dissector found that the probe was wrong: others may have their turn once.
    fn withdraw(&mut self, env: &mut Env) {
        let id = match &self.stage {
            Stage::Stateless(id, _) | Stage::Machine(id, _) => *id,
            Stage::Probing | Stage::Over(_) => return,
        };
        if self.refused.is_some() || self.depth > 0 {
            self.stage = Stage::Over(self.depth > 0);
            return;
        }
        let name = env.registry.get(id);
        env.layers.retain(|p| !std::ptr::eq(*p, name));
        *env.withdrawn = true;
        env.findings.evidence.clear();
        self.refused = Some(id);
        self.stage = Stage::Probing;
        for side in &mut self.sides {
            side.candidates = Candidates::Unasked;
        }
    }

    /// Asks who is still meant by the beginning of a TCP direction. True if somebody said yes.
    fn probe(&mut self, env: &mut Env, side: usize, data: &[u8]) -> bool {
        let other = 1 - side.min(1);
        let Some((here, there)) = self.sides.get(side).zip(self.sides.get(other)) else { return false };
        let ends = [env.ends[0].1, env.ends[1].1];
        let list = match &here.candidates {
            Candidates::Unasked => env.registry.candidates(env.transport, data),
            Candidates::Some(list) => list,
            Candidates::None => &[],
        };
        let seen = Seen {
            transport: env.transport,
            data,
            other: &there.buffer,
            previous: &[],
            from_client: side == 0,
            client_port: ends[0],
            server_port: ends[1],
            wire: data.len(),
            usual: false,
            midstream: here.stream.midstream(),
        };
        let answers = ask_all(env, list, self.refused, &seen);
        let still = answers.still;
        if let Some(here) = self.sides.get_mut(side) {
            here.candidates = if still.is_empty() { Candidates::None } else { Candidates::Some(still) };
        }
        self.believe(env, side, answers.yes, answers.weak)
    }

    /// Asks who is meant by a datagram. True if somebody said yes.
    fn probe_datagram(&mut self, env: &mut Env, side: usize, data: &[u8], wire: usize) -> bool {
        let other = 1 - side.min(1);
        let Some((here, there)) = self.sides.get(side).zip(self.sides.get(other)) else { return false };
        let ends = [env.ends[0].1, env.ends[1].1];
        let seen = Seen {
            transport: env.transport,
            data,
            other: &there.buffer,
            previous: &here.buffer,
            from_client: side == 0,
            client_port: ends[0],
            server_port: ends[1],
            wire,
            usual: false,
            midstream: false,
        };
        let list = env.registry.candidates(env.transport, data);
        let answers = ask_all(env, list, self.refused, &seen);
        self.believe(env, side, answers.yes, answers.weak)
    }

    /// Takes a yes, or a weak sign if it is not the first; true if the flow has a name now.
    fn believe(&mut self, env: &mut Env, side: usize, yes: Sign, weak: Sign) -> bool {
        let sign = yes.or_else(|| weak.filter(|(id, _)| self.second_sign(env, side, *id)));
        match sign {
            Some((id, what)) => {
                self.named(env, id, what);
                true
            }
            None => {
                self.out_of_budget(env.transport == Transport::Tcp);
                false
            }
        }
    }

    /// Whether a weak sign is enough: on a usual port, or from a second packet; of a stream, whose first bytes stay the
    /// same, from the other direction.
    fn second_sign(&mut self, env: &Env, side: usize, id: ProtocolId) -> bool {
        if usual(env, id) {
            return true;
        }
        let stream = env.transport == Transport::Tcp;
        match self.weak {
            Some((suspected, packet, from)) if suspected == id => packet != env.packet && !(stream && from == side),
            _ => {
                self.weak = Some((id, env.packet, side));
                false
            }
        }
    }

    fn named(&mut self, env: &mut Env, id: ProtocolId, what: &'static str) {
        let protocol = env.registry.get(id);
        env.layers.push(protocol);
        env.findings.note(Evidence { packet: env.packet, layer: Layer::Payload, what, fact: None });
        self.stage = match protocol.reading {
            Reading::Nothing => Stage::Over(true),
            Reading::Stateless(read) => Stage::Stateless(id, read),
            Reading::Machine(start) => Stage::Machine(id, start()),
        };
    }

    fn out_of_budget(&mut self, stream: bool) {
        let exhausted = self.sides.iter().all(|s| s.candidates == Candidates::None);
        // A stream that dribbles byte by byte gets as many packets as a few proper ones would have had bytes.
        let dribble = stream && self.sides.iter().all(|s| s.buffer.len() < limits::DRIBBLE);
        let budget = if dribble { limits::PAYLOADS_PROBED * 8 } else { limits::PAYLOADS_PROBED };
        if exhausted || self.payloads >= budget {
            self.stage = Stage::Over(true);
        }
    }

    /// Keeps the head of a datagram for probes that compare packets.
    fn keep_head(&mut self, side: usize, data: &[u8]) {
        if let Some(here) = self.sides.get_mut(side)
            && matches!(self.stage, Stage::Probing)
        {
            here.buffer.clear();
            here.buffer.extend_from_slice(data.get(..limits::HEAD).unwrap_or(data));
        }
    }
}

/// Somebody's sign, with the words of evidence.
type Sign = Option<(ProtocolId, &'static str)>;

/// What the candidates said: the first yes, the first weak sign, and who may still be meant.
#[derive(Default)]
struct Answers {
    yes: Sign,
    weak: Sign,
    still: Vec<ProtocolId>,
}

/// Asks those whose beginning fits; whoever has a usual port is heard first.
fn ask_all(env: &mut Env, list: &[ProtocolId], refused: Option<ProtocolId>, seen: &Seen) -> Answers {
    let mut answers = Answers::default();
    for turn in [true, false] {
        for id in list.iter().copied().filter(|id| refused != Some(*id)) {
            if usual(env, id) == turn {
                answers.hear(env, id, &Seen { usual: turn, ..*seen });
            }
            if answers.yes.is_some() {
                return answers;
            }
        }
    }
    answers
}

impl Answers {
    fn hear(&mut self, env: &mut Env, id: ProtocolId, seen: &Seen) {
        let protocol = env.registry.get(id);
        if !protocol.over.contains(&seen.transport) {
            return;
        }
        // Where IP names the protocol, its number is the mark.
        let numbered = matches!(seen.transport, Transport::Ip(_));
        let fit = if numbered { Fit::Yes } else { protocol.fits(seen.data, seen.datagram(), seen.usual) };
        match fit {
            Fit::No => return,
            Fit::Short => return self.still.push(id),
            Fit::Yes => env.effort.asked += 1,
        }
        match (protocol.probe)(seen) {
            Verdict::No => {}
            Verdict::More => self.still.push(id),
            Verdict::Weak(what) => {
                self.still.push(id);
                self.weak = self.weak.or(Some((id, what)));
            }
            Verdict::Yes(what) => self.yes = Some((id, what)),
        }
    }
}

/// Whether the flow is on a usual port of the protocol.
fn usual(env: &Env, id: ProtocolId) -> bool {
    let protocol = env.registry.get(id);
    env.ends.iter().any(|(_, port)| protocol.usual_port(*port))
}

fn cx<'a>(env: &'a mut Env, side: usize, wire: usize) -> Cx<'a> {
    Cx {
        packet: env.packet,
        transport: env.transport,
        from_client: side == 0,
        client: env.ends[0],
        server: env.ends[1],
        wire,
        findings: env.findings,
        hints: env.hints,
        layers: env.layers,
        app: env.app,
    }
}

//! The bounded flow table: keys to flows, with a keyed hash and without an allocation for each flow.
//!
//! Flows lie in blocks that never move. When the table is full, flows that are half open go first (oldest first), then
//! those that were not used since the hand of the clock last passed them.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::tcp::TcpTrack;
use super::{Count, TCP};
use crate::packet::Key;

/// One flow: what every flow has, and `data` for the floors above.
#[derive(Debug)]
pub struct Flow<T> {
    /// What makes it one.
    pub key: Key,
    /// Number of its first packet, from 1.
    pub first: u64,
    /// Time of the first packet in nanoseconds.
    pub start: i64,
    /// Latest time of a packet.
    pub end: i64,
    /// Packets and bytes, the client's direction first.
    pub counts: [Count; 2],
    /// TCP's own.
    pub tcp: TcpTrack,
    /// Whether the key's lower endpoint is the client.
    pub client_is_low: bool,
    used: bool,
    /// What the floors above keep.
    pub data: T,
}

impl<T> Flow<T> {
    /// A flow that begins.
    pub fn new(key: Key, first: u64, time: i64, client_is_low: bool, data: T) -> Self {
        let counts = [Count::default(); 2];
        Self { key, first, start: time, end: time, counts, tcp: TcpTrack::default(), client_is_low, used: true, data }
    }

    /// 0 if the client sent a packet with this `from_low`, 1 if the server did.
    #[must_use]
    pub fn side(&self, from_low: bool) -> usize {
        usize::from(from_low != self.client_is_low)
    }

    /// Whether nobody has answered yet: what a flood is made of.
    #[must_use]
    pub fn is_half_open(&self) -> bool {
        if self.key.proto() == TCP {
            return self.tcp.state() == super::TcpState::New && self.counts.iter().any(|c| c.packets == 0);
        }
        let [up, down] = self.counts;
        up.packets + down.packets <= 1
    }
}

/// Place of a flow in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FlowIndex(u32);

/// Flows by key.
#[derive(Debug)]
pub struct Table<T> {
    index: HashTable<(u32, FlowIndex)>,
    blocks: Vec<Vec<Option<Flow<T>>>>,
    free: Vec<FlowIndex>,
    half_open: VecDeque<(FlowIndex, u64)>,
    hand: u32,
    next: u32,
    most: usize,
    hash: foldhash::fast::RandomState,
}

const BLOCK: u32 = 256;

/// Where a flow was put, and who had to go for it.
#[derive(Debug)]
pub struct Inserted<T> {
    /// The new flow's place.
    pub at: FlowIndex,
    /// The flow that was put out.
    pub evicted: Option<Flow<T>>,
}

impl<T> Table<T> {
    /// A table of at most `most` flows (at least one).
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            index: HashTable::new(),
            blocks: Vec::new(),
            free: Vec::new(),
            half_open: VecDeque::new(),
            hand: 0,
            next: 0,
            most: most.clamp(1, u32::MAX as usize - 1),
            hash: foldhash::fast::RandomState::default(),
        }
    }

    /// Flows in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Finds a flow.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<FlowIndex> {
        let hash = self.hash.hash_one(key);
        self.index
            .find(hash, |(tag, at)| *tag == tag_of(hash) && self.get(*at).is_some_and(|f| f.key == *key))
            .map(|e| e.1)
    }

    /// The flow at a place.
    #[must_use]
    pub fn get(&self, at: FlowIndex) -> Option<&Flow<T>> {
        self.blocks.get((at.0 / BLOCK) as usize)?.get((at.0 % BLOCK) as usize)?.as_ref()
    }

    /// The flow at a place, to change; this counts as a use.
    pub fn get_mut(&mut self, at: FlowIndex) -> Option<&mut Flow<T>> {
        let flow = self.blocks.get_mut((at.0 / BLOCK) as usize)?.get_mut((at.0 % BLOCK) as usize)?.as_mut()?;
        flow.used = true;
        Some(flow)
    }

    /// Puts in a flow that is not there yet, and somebody out if there is no room.
    pub fn insert(&mut self, flow: Flow<T>) -> Inserted<T> {
        let evicted = if self.index.len() >= self.most { self.evict() } else { None };
        let hash = self.hash.hash_one(flow.key);
        let first = flow.first;
        let at = self.place(flow);
        let (blocks, hasher) = (&self.blocks, &self.hash);
        self.index.insert_unique(hash, (tag_of(hash), at), |(_, at)| {
            let flow = blocks
                .get((at.0 / BLOCK) as usize)
                .and_then(|b| b.get((at.0 % BLOCK) as usize))
                .and_then(Option::as_ref);
            flow.map_or(0, |f| hasher.hash_one(f.key))
        });
        if self.half_open.len() >= 2 * self.most {
            let (blocks, queue) = (&self.blocks, &mut self.half_open);
            queue.retain(|entry| half_open(blocks, *entry));
        }
        self.half_open.push_back((at, first));
        Inserted { at, evicted }
    }

    /// Takes a flow out.
    pub fn remove(&mut self, at: FlowIndex) -> Option<Flow<T>> {
        let key = self.get(at)?.key;
        let hash = self.hash.hash_one(key);
        if let Ok(entry) = self.index.find_entry(hash, |(_, i)| *i == at) {
            entry.remove();
        }
        let flow = self.blocks.get_mut((at.0 / BLOCK) as usize)?.get_mut((at.0 % BLOCK) as usize)?.take();
        self.free.push(at);
        flow
    }

    /// All flows, in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = (FlowIndex, &Flow<T>)> {
        let places = (0..self.next).map(FlowIndex);
        places.zip(self.blocks.iter().flatten()).filter_map(|(at, f)| f.as_ref().map(|f| (at, f)))
    }

    /// Takes all flows out, in no order.
    pub fn drain(&mut self) -> impl Iterator<Item = Flow<T>> {
        self.index.clear();
        self.free.clear();
        self.half_open.clear();
        self.next = 0;
        std::mem::take(&mut self.blocks).into_iter().flatten().flatten()
    }

    fn place(&mut self, flow: Flow<T>) -> FlowIndex {
        if let Some(at) = self.free.pop()
            && let Some(slot) =
                self.blocks.get_mut((at.0 / BLOCK) as usize).and_then(|b| b.get_mut((at.0 % BLOCK) as usize))
        {
            *slot = Some(flow);
            return at;
        }
        if self.next.is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK as usize));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(Some(flow));
        }
        self.next += 1;
        FlowIndex(self.next - 1)
    }

    fn evict(&mut self) -> Option<Flow<T>> {
        while let Some(entry) = self.half_open.pop_front() {
            if half_open(&self.blocks, entry) {
                return self.remove(entry.0);
            }
        }
        // Second chance: two rounds find somebody, whoever was used.
        for _ in 0..=self.next.saturating_mul(2) {
            let at = FlowIndex(self.hand);
            self.hand = (self.hand + 1) % self.next.max(1);
            let slot = self.blocks.get_mut((at.0 / BLOCK) as usize).and_then(|b| b.get_mut((at.0 % BLOCK) as usize));
            let Some(Some(flow)) = slot else { continue };
            if !std::mem::take(&mut flow.used) {
                return self.remove(at);
            }
        }
        None
    }
}

fn half_open<T>(blocks: &[Vec<Option<Flow<T>>>], (at, first): (FlowIndex, u64)) -> bool {
    let slot = blocks.get((at.0 / BLOCK) as usize).and_then(|b| b.get((at.0 % BLOCK) as usize));
    slot.and_then(Option::as_ref).is_some_and(|f| f.first == first && f.is_half_open())
}

#[allow(clippy::cast_possible_truncation)] // the upper half serves as a tag
fn tag_of(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Addr;

    fn key(n: u32) -> Key {
        Key::new((Addr::v4(n.to_be_bytes()), 1), (Addr::v4([10, 0, 0, 1]), 80), 6, 0).0
    }

    fn flow(n: u32, answered: bool) -> Flow<()> {
        let mut f = Flow::new(key(n), u64::from(n) + 1, 0, true, ());
        f.counts = [Count { packets: 1, bytes: 60 }, Count { packets: u64::from(answered), bytes: 60 }];
        f
    }

    #[test]
    fn flows_are_found_by_key() {
        let mut table = Table::new(1_000);
        for n in 0..1_000 {
            table.insert(flow(n, true));
        }
        assert_eq!(table.len(), 1_000);
        for n in 0..1_000 {
            let at = table.find(&key(n)).unwrap();
            assert_eq!(table.get(at).unwrap().first, u64::from(n) + 1);
        }
        assert!(table.find(&key(5_000)).is_none());
    }

    #[test]
    fn a_flood_puts_out_its_own() {
        let mut table = Table::new(100);
        for n in 0..50 {
            table.insert(flow(n, true));
        }
        for n in 1_000..100_000 {
            table.insert(flow(n, false));
        }
        assert_eq!(table.len(), 100);
        assert!((0..50).all(|n| table.find(&key(n)).is_some()), "answered flows stay");
        assert!(table.half_open.len() <= 200 && table.next <= 101);
    }

    #[test]
    fn without_half_open_flows_the_unused_go() {
        let mut table = Table::new(10);
        for n in 0..10 {
            table.insert(flow(n, true));
        }
        for n in 10..1_000 {
            assert!(table.insert(flow(n, true)).evicted.is_some());
        }
        assert_eq!(table.len(), 10);
    }
}

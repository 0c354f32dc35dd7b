//! Putting IP datagrams together from their fragments, within fixed bounds.
//!
//! Overlaps: the first bytes seen for a place stay (as Linux and BSD do for equal offsets). Work is linear in the
//! pieces kept, of which there are few.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::headers::{Addr, Fragment, Key};
use crate::limits;

type Id = (Addr, Addr, u32, u8, u32);

/// A datagram of which pieces are missing.
#[derive(Debug, Default)]
struct Partial {
    pieces: Vec<(u32, Box<[u8]>)>,
    total: Option<u32>,
    /// Ports of the first fragment: all pieces belong to its flow.
    flow: Option<(Key, bool)>,
    bytes: usize,
    serial: u64,
}

/// Datagrams that wait for pieces, the oldest given up first.
#[derive(Debug, Default)]
pub struct Fragments {
    waiting: HashMap<Id, Partial, foldhash::fast::RandomState>,
    order: VecDeque<(Id, u64)>,
    bytes: usize,
    serial: u64,
    given_up: u64,
}

/// What a fragment led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// More pieces are missing; the flow is known if the first fragment was seen.
    Waiting(Option<(Key, bool)>),
    /// The whole payload of the datagram.
    Whole(Vec<u8>),
}

impl Fragments {
    /// Takes a fragment. `flow` is its flow if it is the first of its datagram.
    pub fn push(&mut self, fragment: &Fragment, bytes: &[u8], flow: Option<(Key, bool)>) -> Piece {
        let id = (fragment.source, fragment.target, fragment.id, fragment.proto, fragment.vlan);
        self.make_room(bytes.len());
        let serial = self.serial;
        let partial = self.waiting.entry(id).or_insert_with(|| {
            self.order.push_back((id, serial));
            self.serial += 1;
            Partial { serial, ..Partial::default() }
        });
        partial.flow = partial.flow.or(flow);
        let end = fragment.offset.saturating_add(fragment.len);
        if !fragment.more {
            partial.total.get_or_insert(end);
        }
        if end <= u32::from(u16::MAX) && partial.pieces.len() < limits::FRAGMENTS_PER_DATAGRAM {
            partial.pieces.push((fragment.offset, bytes.into()));
            partial.bytes += bytes.len();
            self.bytes += bytes.len();
        }
        match partial.whole() {
            Some(whole) => {
                self.forget(&id);
                Piece::Whole(whole)
            }
            None => Piece::Waiting(partial.flow),
        }
    }

    /// Datagrams given up because there was no room.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    fn make_room(&mut self, more: usize) {
        while self.waiting.len() >= limits::FRAGMENTED_DATAGRAMS || self.bytes + more > limits::FRAGMENT_BYTES {
            let Some((id, serial)) = self.order.pop_front() else { return };
            if self.waiting.get(&id).is_some_and(|p| p.serial == serial) {
                self.given_up += 1;
                self.forget(&id);
            }
        }
        // Ids of completed datagrams stay in the queue until they come to its front; keep that short too.
        if self.order.len() > 4 * limits::FRAGMENTED_DATAGRAMS {
            self.order.retain(|(id, serial)| self.waiting.get(id).is_some_and(|p| p.serial == *serial));
        }
    }

    fn forget(&mut self, id: &Id) {
        if let Some(partial) = self.waiting.remove(id) {
            self.bytes -= partial.bytes;
        }
    }
}

impl Partial {
    /// The datagram, if nothing is missing.
    fn whole(&mut self) -> Option<Vec<u8>> {
        let total = self.total?;
        self.pieces.sort_by_key(|(offset, _)| *offset); // stable: of equal offsets the first seen stays first
        let mut whole: Vec<u8> = Vec::new();
        for (offset, bytes) in &self.pieces {
            let seen = u32::try_from(whole.len()).ok()?;
            if *offset > seen {
                return None;
            }
            let fresh = bytes.get((seen - offset) as usize..).unwrap_or_default();
            whole.extend_from_slice(fresh);
        }
        whole.truncate(total as usize);
        (whole.len() == total as usize).then_some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(offset: u32, len: u32, more: bool) -> Fragment {
        let (source, target) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]));
        Fragment { source, target, id: 7, proto: 17, vlan: 0, offset, more, at: 0, len }
    }

    #[test]
    fn pieces_in_any_order_make_the_datagram() {
        let mut f = Fragments::default();
        assert_eq!(f.push(&piece(16, 4, false), b"CCCC", None), Piece::Waiting(None));
        assert_eq!(f.push(&piece(8, 8, true), b"BBBBBBBB", None), Piece::Waiting(None));
        assert_eq!(f.push(&piece(0, 8, true), b"AAAAAAAA", None), Piece::Whole(b"AAAAAAAABBBBBBBBCCCC".to_vec()));
        assert_eq!((f.bytes, f.waiting.len()), (0, 0));
    }

    #[test]
    fn overlapping_bytes_are_taken_once() {
        let mut f = Fragments::default();
        f.push(&piece(0, 8, true), b"AAAAAAAA", None);
        assert_eq!(f.push(&piece(0, 16, false), b"xxxxxxxxBBBBBBBB", None), Piece::Whole(b"AAAAAAAABBBBBBBB".to_vec()));
    }

    #[test]
    fn datagrams_that_never_complete_stay_within_bounds() {
        let mut f = Fragments::default();
        for id in 0..100_000 {
            f.push(&Fragment { id, ..piece(8, 1_000, true) }, &[0; 1_000], None);
        }
        assert!(f.waiting.len() <= limits::FRAGMENTED_DATAGRAMS && f.bytes <= limits::FRAGMENT_BYTES);
        assert!(f.order.len() <= 5 * limits::FRAGMENTED_DATAGRAMS);
        assert!(f.given_up() > 0);
    }
}

//! The name book: what DNS answers told about addresses. A hint of the lowest rank for flows that nothing else names.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::mailbox::NameHint;
use crate::limits;

/// Names by address, each with the number of the packet that told it.
#[derive(Debug, Default)]
pub struct NameBook {
    names: HashMap<IpAddr, Vec<(u64, Arc<str>)>, foldhash::fast::RandomState>,
    /// Hints that found no room.
    pub lost: u64,
}

impl NameBook {
    /// Takes a hint. They may come in any order.
    pub fn add(&mut self, hint: NameHint) {
        if !self.names.contains_key(&hint.address) && self.names.len() >= limits::NAMED_ADDRESSES {
            self.lost += 1;
            return;
        }
        let names = self.names.entry(hint.address).or_default();
        let place = names.partition_point(|(packet, _)| *packet < hint.packet);
        let same = |i: usize| names.get(i).is_some_and(|(_, n)| **n == *hint.name);
        if place > 0 && same(place - 1) {
            return;
        }
        if names.len() >= limits::NAMES_PER_ADDRESS {
            self.lost += 1;
            return;
        }
        names.insert(place, (hint.packet, hint.name.into()));
    }

    /// The latest name told before a flow's first packet.
    #[must_use]
    pub fn before(&self, address: IpAddr, first: u64) -> Option<&Arc<str>> {
        let names = self.names.get(&address)?;
        let place = names.partition_point(|(packet, _)| *packet < first);
        names.get(place.checked_sub(1)?).map(|(_, name)| name)
    }

    /// All names of an address, each once, latest first.
    #[must_use]
    pub fn all(&self, address: IpAddr) -> Vec<Arc<str>> {
        let mut list: Vec<Arc<str>> = Vec::new();
        for (_, name) in self.names.get(&address).into_iter().flatten().rev() {
            if !list.contains(name) {
                list.push(Arc::clone(name));
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(packet: u64, name: &str) -> NameHint {
        NameHint { packet, address: "192.0.2.1".parse().unwrap(), name: name.into() }
    }

    #[test]
    fn the_latest_name_before_the_flow_counts_in_whatever_order_hints_come() {
        let mut book = NameBook::default();
        for h in [hint(9, "late.example"), hint(2, "a.example"), hint(5, "b.example")] {
            book.add(h);
        }
        let at = "192.0.2.1".parse().unwrap();
        assert_eq!(book.before(at, 2), None);
        assert_eq!(book.before(at, 3).map(|n| &**n), Some("a.example"));
        assert_eq!(book.before(at, 7).map(|n| &**n), Some("b.example"));
        assert_eq!(book.all(at).len(), 3);
    }
}

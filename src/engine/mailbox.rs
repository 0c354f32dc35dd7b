//! What leaves a tracker: flows that ended, and hints about flows of other hosts.

use std::net::IpAddr;

use super::tracker::{EndReason, Tracked};
use crate::flow::Flow;

/// A DNS answer seen in a packet: the address goes by this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameHint {
    /// Number of the packet.
    pub packet: u64,
    /// The address.
    pub address: IpAddr,
    /// The name that was asked.
    pub name: Box<str>,
}

/// What leaves a tracker, until somebody takes it.
#[derive(Debug, Default)]
pub struct Mailbox {
    /// Flows that ended.
    pub ended: Vec<Flow<Tracked>>,
    /// DNS answers.
    pub names: Vec<NameHint>,
    /// How many ended because nothing came for too long.
    pub timed_out: u64,
    /// How many were put out.
    pub evicted: u64,
}

impl Mailbox {
    /// Whether nothing waits to be taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ended.is_empty() && self.names.is_empty()
    }

    /// Takes the names.
    pub fn take_names(&mut self) -> impl Iterator<Item = NameHint> {
        self.names.drain(..)
    }

    /// Takes what waits; the counters stay.
    pub fn take(&mut self) -> Self {
        let (ended, names) = (std::mem::take(&mut self.ended), std::mem::take(&mut self.names));
        Self { ended, names, timed_out: self.timed_out, evicted: self.evicted }
    }

    pub(super) fn end(&mut self, mut flow: Flow<Tracked>, reason: EndReason) {
        flow.data.reason = reason;
        flow.data.known.close();
        match reason {
            EndReason::Forced => self.evicted += 1,
            EndReason::Timeout | EndReason::Shutdown => self.timed_out += 1,
        }
        self.ended.push(flow);
    }

    pub(super) fn name(&mut self, packet: u64, address: IpAddr, name: Box<str>) {
        self.names.push(NameHint { packet, address, name });
    }
}

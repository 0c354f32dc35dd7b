//! The rules at work: when a flow is tested against what, and what is remembered of flows that had to go.

use std::net::IpAddr;

use super::tracker::Tracked;
use crate::classify::{Knowledge, Known};
use crate::flow::Flow;
use crate::packet::Tunnel;

/// What a rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Let through by this rule.
    Allow(u32),
    /// Stopped by this rule.
    Block(u32),
}

impl Decision {
    /// The rule, if it stops packets.
    #[must_use]
    pub fn blocked_by(self) -> Option<u32> {
        match self {
            Self::Block(id) => Some(id),
            Self::Allow(_) => None,
        }
    }

    /// Whether it stops packets.
    #[must_use]
    pub fn blocks(self) -> bool {
        matches!(self, Self::Block(_))
    }
}

/// Tests flows against the rules.
#[derive(Debug, Clone, Default)]
pub struct Judge;

impl Judge {
    /// The text of a rule.
    pub fn text(&self, _: u32) -> String {
        String::new()
    }

    /// A flow begins: addresses and ports are known, and perhaps an announced protocol.
    pub fn at_begin(&mut self, _: u8, _: [(IpAddr, u16); 2], _: &Known, _: &Knowledge) -> Option<Decision> {
        None
    }

    /// A flow's label or names have changed.
    pub fn at_label(&mut self, _: &Known, _: &Knowledge) -> Option<Decision> {
        None
    }

    /// An outer flow begins.
    pub fn carrier(&mut self, _: u8, _: [(IpAddr, u16); 2], _: Tunnel, _: &Knowledge) -> Option<Decision> {
        None
    }

    /// A flow had to go: if it was stopped, it stays stopped.
    pub fn remember(&mut self, _: &Flow<Tracked>) {}
}

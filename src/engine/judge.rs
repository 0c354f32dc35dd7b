//! The rules at work: when a flow is tested against what, and what is remembered of flows that had to go.
//!
//! Addresses and ports are tested when a flow begins, its protocols and app when they are named, and every name it asks
//! for when it asks. The first rule that matches decides, both directions, for the rest of the flow's life.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::snapshot::FlowId;
use super::tracker::Tracked;
use crate::classify::{Knowledge, Known};
use crate::flow::Flow;
use crate::limits;
use crate::packet::{Key, Tunnel};
use crate::rules::{Decision, Kind, KnownNames, NameKind, RuleId, RuleSet, closest};

/// Tests flows against the rules.
#[derive(Debug, Clone, Default)]
pub struct Judge {
    rules: Arc<RuleSet>,
    /// Decided before the first packet: flows of an earlier pass over the same capture.
    decided: Option<Arc<Decided>>,
    /// Flows that were put out while they were stopped.
    remembered: HashMap<Key, Decision, foldhash::fast::RandomState>,
}

/// Verdicts that are known before a flow begins.
#[derive(Debug)]
pub enum Decided {
    /// These flows are stopped from their first packet on, by these rules.
    Blocked(HashMap<FlowId, Decision>),
    /// Only these flows pass.
    Only(HashSet<FlowId>),
}

impl Judge {
    /// Applies rules.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Applies rules, and what an earlier pass over the capture has decided.
    #[must_use]
    pub fn with_decided(rules: Arc<RuleSet>, decided: Decided) -> Self {
        Self { rules, decided: Some(Arc::new(decided)), ..Self::default() }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// The text of a rule.
    #[must_use]
    pub fn text(&self, rule: RuleId) -> String {
        self.rules.rule(rule).map_or_else(String::new, ToString::to_string)
    }

    /// A flow begins: its number, addresses and ports are known, and perhaps an announced protocol.
    pub fn at_begin(
        &mut self,
        id: FlowId,
        key: &Key,
        ends: [(IpAddr, u16); 2],
        known: &Known,
        knowledge: &Knowledge,
    ) -> Option<Decision> {
        match self.decided.as_deref() {
            Some(Decided::Blocked(flows)) if flows.contains_key(&id) => return flows.get(&id).copied(),
            Some(Decided::Only(flows)) if flows.contains(&id) => return Some(Decision::Allow(RuleId(0))),
            Some(Decided::Only(_)) => return Some(Decision::Block(RuleId(0))),
            _ => {}
        }
        if let Some(decision) = self.remembered.get(key) {
            return Some(*decision);
        }
        if self.rules.is_empty() {
            return None;
        }
        let [(client, _), (server, port)] = ends;
        let by_address = self.rules.match_addresses(client, server);
        let by_port = || self.rules.match_port(key.proto(), port);
        by_address.or_else(by_port).or_else(|| self.at_label(known, knowledge))
    }

    /// A flow's label or names have changed.
    #[must_use]
    pub fn at_label(&self, known: &Known, knowledge: &Knowledge) -> Option<Decision> {
        let by_app = || self.by_app(known, knowledge);
        let by_domain = || self.by_domain(known);
        let app = self.rules.has(Kind::App).then(by_app).flatten();
        app.or_else(|| self.rules.has(Kind::Domain).then(by_domain).flatten())
    }

    fn by_app(&self, known: &Known, knowledge: &Knowledge) -> Option<Decision> {
        let app = known.label.app.filter(|(_, layer)| *layer <= crate::dissect::Layer::Host);
        let by_app =
            app.and_then(|(id, _)| self.rules.match_app(&[knowledge.apps.name(id), knowledge.apps.category(id)]));
        by_app.or_else(|| {
            known.label.stack().iter().find_map(|id| {
                let protocol = knowledge.registry.get(*id);
                self.rules.match_app(&[protocol.name, protocol.category])
            })
        })
    }

    /// Names asked for; the certificate's only where none was asked.
    fn by_domain(&self, known: &Known) -> Option<Decision> {
        let asked = known.asked().find_map(|name| self.rules.match_domain(name));
        let nothing_asked = known.domain().is_none();
        asked.or_else(|| {
            nothing_asked.then(|| known.certified().find_map(|name| self.rules.match_domain(name))).flatten()
        })
    }

    /// An outer flow begins.
    #[must_use]
    pub fn carrier(
        &self,
        key: &Key,
        ends: [(IpAddr, u16); 2],
        tunnel: Tunnel,
        knowledge: &Knowledge,
    ) -> Option<Decision> {
        if self.rules.is_empty() {
            return None;
        }
        let [(client, _), (server, port)] = ends;
        let by_app = || {
            let protocol = knowledge.registry.by_name(tunnel.name()).map(|id| knowledge.registry.get(id));
            self.rules.match_app(&[tunnel.name(), protocol.map_or("", |p| p.category)])
        };
        let by_address = self.rules.match_addresses(client, server);
        by_address.or_else(|| self.rules.match_port(key.proto(), port)).or_else(by_app)
    }

    /// A flow had to go: if it was stopped, it stays stopped.
    pub fn remember(&mut self, flow: &Flow<Tracked>) {
        if let Some(decision) = flow.data.decision
            && decision.is_block()
            && self.remembered.len() < limits::REMEMBERED_BLOCKS
        {
            self.remembered.insert(flow.key, decision);
        }
    }
}

impl KnownNames for Knowledge {
    fn resolve(&self, name: &str) -> Option<NameKind> {
        let category = |c: &str| c.eq_ignore_ascii_case(name);
        if self.apps.by_name(name).is_some() {
            Some(NameKind::App)
        } else if self.registry.by_name(name).is_some() {
            Some(NameKind::Protocol)
        } else if self.registry.iter().any(|p| category(p.category)) || self.apps.iter().any(|(_, _, c)| category(c)) {
            Some(NameKind::Category)
        } else {
            None
        }
    }

    fn suggest(&self, name: &str) -> Option<String> {
        let protocols = self.registry.iter().flat_map(|p| [p.name, p.category]);
        let apps = self.apps.iter().flat_map(|(_, app, category)| [app, category]);
        closest(name, protocols.chain(apps)).map(str::to_owned)
    }
}

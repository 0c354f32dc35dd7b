//! What a worker tells the collector at a tick: only what changed since the last one.

use std::sync::Arc;

use super::book::NameBook;
use super::record::{self, FlowRecord, value_text};
use super::snapshot::{EvidenceLine, FactGroup, FlowDetail, FlowId, WorkerRow};
use super::timeline::Bins;
use super::tracker::{Tracked, Tracker};
use crate::classify::Knowledge;
use crate::classify::apps::AppId;
use crate::dissect::{Layer, ProtocolId};
use crate::facts::Facts;
use crate::flow::{Count, Flow};
use crate::packet::Key;
use crate::rules::Decision;

/// One flow's figures, and its names if they changed.
#[derive(Debug)]
pub struct RowChange {
    /// Number of the flow.
    pub id: FlowId,
    /// VLAN, protocol, endpoints.
    pub key: Key,
    /// Whether the key's lower endpoint is the client.
    pub client_is_low: bool,
    /// Packets and bytes, the client's direction first.
    pub counts: [Count; 2],
    /// Time of the first packet.
    pub start: i64,
    /// Latest time.
    pub end: i64,
    /// TCP's state in words.
    pub state: &'static str,
    /// The rule that decided.
    pub decision: Option<Decision>,
    /// What was stopped.
    pub stopped: Count,
    /// Whether another flow announced it.
    pub announced: bool,
    /// Its names, if they changed since they were last sent.
    pub names: Option<Names>,
}

/// What a flow is called.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Protocol seen in the payload.
    pub protocol: Option<ProtocolId>,
    /// App and the layer that named it.
    pub app: Option<(AppId, Layer)>,
    /// First name the client asked for.
    pub domain: Option<Box<str>>,
}

/// What changed in one worker since the last tick.
pub struct Update {
    /// Its place.
    pub place: usize,
    /// Flows that changed.
    pub rows: Vec<RowChange>,
    /// Its share of the timeline.
    pub timeline: Bins,
    /// Its figures.
    pub worker: WorkerRow,
    /// Flows begun, ended, evicted, packets dropped.
    pub counters: [u64; 4],
    /// Details of the open flow, if it is one of its own.
    pub detail: Option<Box<FlowDetail>>,
}

/// Gathers what changed.
pub fn update(place: usize, tracker: &mut Tracker, open: FlowId) -> Update {
    let dirty = tracker.take_dirty();
    let knowledge = Arc::clone(&tracker.knowledge);
    let mut rows = Vec::with_capacity(dirty.len());
    for at in dirty {
        if let Some(flow) = tracker.table.get_mut(at) {
            rows.push(change(flow, &knowledge));
        }
    }
    let opened = (open != 0).then(|| tracker.table.iter().find(|(_, f)| f.first == open)).flatten();
    Update {
        place,
        rows,
        timeline: tracker.timeline.clone().unwrap_or_default(),
        worker: worker_row(tracker),
        counters: counters(tracker),
        detail: opened.map(|(_, flow)| Box::new(detail(flow, false, &knowledge, &NameBook::default()))),
    }
}

/// A worker's figures.
#[must_use]
pub fn worker_row(tracker: &Tracker) -> WorkerRow {
    WorkerRow { packets: tracker.packets, flows: tracker.table.len() as u64, asked: tracker.effort().asked }
}

/// Flows begun, ended, evicted; packets dropped.
#[must_use]
pub fn counters(tracker: &Tracker) -> [u64; 4] {
    [tracker.begun, tracker.mail.timed_out, tracker.mail.evicted, tracker.dropped.packets]
}

/// Every flow of a tracker as a change, names included.
pub fn all(tracker: &mut Tracker) -> Vec<RowChange> {
    let knowledge = Arc::clone(&tracker.knowledge);
    let places: Vec<_> = tracker.table.iter().map(|(at, _)| at).collect();
    let mut changes = Vec::with_capacity(places.len());
    for at in places {
        if let Some(flow) = tracker.table.get_mut(at) {
            flow.data.renamed = true;
            changes.push(change(flow, &knowledge));
        }
    }
    changes
}

/// One flow as a change; its names are taken to be sent.
pub fn change(flow: &mut Flow<Tracked>, knowledge: &Knowledge) -> RowChange {
    let fresh = std::mem::take(&mut flow.data.renamed);
    let known = &flow.data.known;
    let names = fresh.then(|| Names {
        protocol: known.label.protocol(&knowledge.registry),
        app: known.label.app,
        domain: known.domain().map(Into::into),
    });
    RowChange {
        id: flow.first,
        key: flow.key,
        client_is_low: flow.client_is_low,
        counts: flow.counts,
        start: flow.start,
        end: flow.end,
        state: record::state(flow),
        decision: flow.data.decision,
        stopped: flow.data.stopped,
        announced: flow.data.announced,
        names,
    }
}

/// Everything about a flow but its row and packets, which the collector adds.
#[must_use]
pub fn detail(flow: &Flow<Tracked>, ended: bool, knowledge: &Knowledge, book: &NameBook) -> FlowDetail {
    let record = FlowRecord::new(flow, ended, knowledge, book);
    let evidence = record.evidence.iter().map(|(packet, layer, text)| EvidenceLine {
        packet: *packet,
        layer: layer.name(),
        text: text.clone(),
    });
    let mut notes = Vec::new();
    if let Some(tunnel) = record.tunnel {
        notes.push(("tunnel", tunnel.name().to_owned()));
    }
    if record.key.vlan() != 0 {
        notes.push(("vlan", format!("{}", record.key.vlan() & 0xfff)));
    }
    FlowDetail {
        evidence: evidence.collect(),
        stack: record.stack.iter().map(|p| p.name.into()).collect(),
        facts: record.facts.map(grouped).unwrap_or_default(),
        risks: record.risks.iter().map(|r| (*r).to_owned()).collect(),
        rtt: record.tcp.and_then(|t| t.rtt()),
        retransmissions: record.tcp.map_or((0, 0), |t| (t.retransmissions[0].into(), t.retransmissions[1].into())),
        notes,
        ..FlowDetail::new(flow.first)
    }
}

/// Facts by object, values in order.
fn grouped(facts: &Facts) -> Vec<FactGroup> {
    let mut objects: Vec<FactGroup> = Vec::new();
    for (field, value) in facts.iter() {
        let object = match objects.iter().position(|(name, _)| *name == field.object) {
            Some(place) => place,
            None => {
                objects.push((field.object, Vec::new()));
                objects.len() - 1
            }
        };
        let Some((_, fields)) = objects.get_mut(object) else { continue };
        match fields.iter_mut().find(|(name, _)| *name == field.name) {
            Some((_, values)) => values.push(value_text(value)),
            None => fields.push((field.name, vec![value_text(value)])),
        }
    }
    objects
}

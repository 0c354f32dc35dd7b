//! The sections of the report: what was seen, what was stopped, who stands out.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::dissect::Layer;
use crate::engine::harvest::Harvest;
use crate::engine::judge::Judge;
use crate::engine::record::FlowRecord;
use crate::engine::snapshot::Totals;
use crate::suspicion::{self, Connection, Suspect, Thresholds};

/// Everything that the report shows.
#[derive(Debug, Default)]
pub struct Report {
    /// Counters.
    pub totals: Totals,
    /// Rules with what they stopped.
    pub rules: Vec<RuleLine>,
    /// Workers with their share.
    pub workers: Vec<WorkerLine>,
    /// Apps by bytes; protocols where no app is known.
    pub apps: Vec<AppLine>,
    /// Domains by bytes, the first 20.
    pub domains: Vec<DomainLine>,
    /// Server addresses by bytes, the first 20.
    pub destinations: Vec<Destination>,
    /// Suspicious addresses by score.
    pub suspects: Vec<SuspectLine>,
    /// Trouble with the input.
    pub warnings: Vec<String>,
}

/// Lines of a top list.
pub const TOP: usize = 20;
/// Names and addresses told of one suspect.
const PER_SUSPECT: usize = 20;

/// A rule and what it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine {
    /// As a rules file has it.
    pub text: String,
    /// Flows, packets, bytes.
    pub hits: [u64; 3],
}

/// A worker's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerLine {
    /// Packets.
    pub packets: u64,
    /// Flows begun.
    pub flows: u64,
}

/// An app and its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppLine {
    /// App, else protocol, else `Unknown`.
    pub name: String,
    /// Category.
    pub category: String,
    /// Flows.
    pub flows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A domain and its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainLine {
    /// Name asked for.
    pub domain: String,
    /// Flows.
    pub flows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A server address and its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The address.
    pub address: IpAddr,
    /// Names asked for there, or known from DNS answers.
    pub names: Vec<String>,
    /// Flows.
    pub flows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A suspicious address with what it touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspectLine {
    /// Address, score, reasons.
    pub suspect: Suspect,
    /// Names that it asked for.
    pub visited: Vec<String>,
    /// Addresses that it contacted, with a name if one is known.
    pub contacted: Vec<(IpAddr, Option<Arc<str>>)>,
}

impl Report {
    /// Gathers the report of a run.
    #[must_use]
    pub fn of(harvest: &Harvest, rules: &Judge, thresholds: &Thresholds, no_names: bool) -> Self {
        let mut sums = Sums::default();
        let mut connections = Vec::new();
        for record in harvest.records().filter(|r| !r.carrier) {
            sums.add(&record, no_names);
            connections.push(connection(&record));
        }
        let judged = suspicion::judge(connections.into_iter(), thresholds);
        let mut suspects: Vec<SuspectLine> = judged
            .into_iter()
            .map(|suspect| SuspectLine { suspect, visited: Vec::new(), contacted: Vec::new() })
            .collect();
        touched(&mut suspects, harvest);
        Self {
            totals: harvest.totals(),
            rules: sums.rules(rules),
            workers: harvest.trackers.iter().map(|t| WorkerLine { packets: t.packets, flows: t.begun }).collect(),
            apps: sums.apps(),
            domains: sums.domains(),
            destinations: sums.destinations(harvest, no_names),
            suspects,
            warnings: harvest.read.warnings.clone(),
        }
    }
}

fn connection<'a>(record: &FlowRecord<'a>) -> Connection<'a> {
    let seen = record.protocol.filter(|(_, layer)| *layer == Layer::Payload);
    Connection {
        client: record.ends[0].0,
        server: record.ends[1].0,
        port: record.ends[1].1,
        proto: record.key.proto(),
        answered: record.counts[1].packets > 0,
        announced: record.announced,
        protocol: seen.map(|(p, _)| (p.name, p.ports)),
    }
}

/// Adds to each suspect whom it contacted and what it asked for.
fn touched(suspects: &mut [SuspectLine], harvest: &Harvest) {
    let places: HashMap<IpAddr, usize> = suspects.iter().enumerate().map(|(i, s)| (s.suspect.address, i)).collect();
    if places.is_empty() {
        return;
    }
    for record in harvest.records().filter(|r| !r.carrier) {
        let [(client, _), (server, _)] = record.ends;
        let Some(suspect) = places.get(&client).and_then(|i| suspects.get_mut(*i)) else { continue };
        for name in &record.names {
            if suspect.visited.len() < PER_SUSPECT && !suspect.visited.iter().any(|v| v == name) {
                suspect.visited.push((*name).to_owned());
            }
        }
        if suspect.contacted.len() < PER_SUSPECT && !suspect.contacted.iter().any(|(a, _)| *a == server) {
            let name = record.domain.map(Arc::from).or(record.server_name);
            suspect.contacted.push((server, name));
        }
    }
}

/// Sums over all flows.
#[derive(Default)]
struct Sums {
    apps: HashMap<String, (String, u64, u64)>,
    domains: HashMap<String, (u64, u64)>,
    destinations: HashMap<IpAddr, (Vec<String>, u64, u64)>,
    rules: HashMap<u32, [u64; 3]>,
}

impl Sums {
    fn add(&mut self, record: &FlowRecord, no_names: bool) {
        let bytes = record.counts[0].bytes + record.counts[1].bytes;
        let seen = record.protocol.filter(|(_, layer)| *layer == Layer::Payload).map(|(p, _)| p);
        let name = record.app.map(|(name, _)| name).or(seen.map(|p| p.name)).unwrap_or("Unknown");
        let category = if name == "Unknown" { "" } else { record.category.unwrap_or("") };
        let app = self.apps.entry_ref(name).or_insert_with(|| (category.to_owned(), 0, 0));
        (app.1, app.2) = (app.1 + 1, app.2 + bytes);
        if let Some(domain) = record.domain {
            let sum = self.domains.entry_ref(domain).or_default();
            (sum.0, sum.1) = (sum.0 + 1, sum.1 + bytes);
        }
        let (names, flows, sum) = self.destinations.entry(record.ends[1].0).or_default();
        (*flows, *sum) = (*flows + 1, *sum + bytes);
        if !no_names
            && let Some(domain) = record.domain
            && names.len() < 3
            && !names.iter().any(|n| n == domain)
            && !is_resolver(seen)
        {
            names.push(domain.to_owned());
        }
        if let Some(rule) = record.decision.filter(|d| d.is_block()) {
            let hits = self.rules.entry(rule.rule().0).or_default();
            *hits = [hits[0] + 1, hits[1] + record.stopped.packets, hits[2] + record.stopped.bytes];
        }
    }

    fn rules(&self, judge: &Judge) -> Vec<RuleLine> {
        let hits = |id: u32| self.rules.get(&id).copied().unwrap_or_default();
        judge.rules().rules().map(|r| RuleLine { text: r.to_string(), hits: hits(r.id.0) }).collect()
    }

    fn apps(&self) -> Vec<AppLine> {
        let line = |(name, (category, flows, bytes)): (&String, &(String, u64, u64))| AppLine {
            name: name.clone(),
            category: category.clone(),
            flows: *flows,
            bytes: *bytes,
        };
        let mut list: Vec<AppLine> = self.apps.iter().map(line).collect();
        list.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.name.cmp(&b.name)));
        list
    }

    fn domains(&self) -> Vec<DomainLine> {
        let line = |(domain, (flows, bytes)): (&String, &(u64, u64))| DomainLine {
            domain: domain.clone(),
            flows: *flows,
            bytes: *bytes,
        };
        let mut list: Vec<DomainLine> = self.domains.iter().map(line).collect();
        list.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.domain.cmp(&b.domain)));
        list.truncate(TOP);
        list
    }

    fn destinations(&self, harvest: &Harvest, no_names: bool) -> Vec<Destination> {
        let line = |(address, (names, flows, bytes)): (&IpAddr, &(Vec<String>, u64, u64))| Destination {
            address: *address,
            names: names.clone(),
            flows: *flows,
            bytes: *bytes,
        };
        let mut list: Vec<Destination> = self.destinations.iter().map(line).collect();
        list.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.address.cmp(&b.address)));
        list.truncate(TOP);
        for destination in list.iter_mut().filter(|d| d.names.is_empty() && !no_names) {
            destination.names = harvest.book.all(destination.address).iter().take(1).map(ToString::to_string).collect();
        }
        list
    }
}

/// A resolver's address does not go by the names it was asked for.
fn is_resolver(protocol: Option<&crate::dissect::Protocol>) -> bool {
    protocol.is_some_and(|p| matches!(p.name, "DNS" | "MDNS" | "LLMNR" | "NetBIOS"))
}

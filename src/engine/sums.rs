//! Sums over the flows shown: by app, by domain, by host. Adding and taking a row cost the same small work.

use std::sync::Arc;

use hashbrown::HashMap;

use super::board::{Board, Interner, Row};
use super::snapshot::{AppRow, DomainRow, HostRow};
use crate::classify::apps::AppId;
use crate::dissect::ProtocolId;
use crate::limits;
use crate::packet::Addr;

/// What a flow counts for: its app, else its protocol, else nothing known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    App(AppId),
    Protocol(ProtocolId),
    Unknown,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    flows: u64,
    packets: u64,
    bytes: u64,
    blocked: u64,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        self.flows += 1;
        self.packets += row.packets();
        self.bytes += row.bytes();
        self.blocked += u64::from(row.rule.is_some());
    }

    fn take(&mut self, row: &Row) {
        self.flows -= 1;
        self.packets -= row.packets();
        self.bytes -= row.bytes();
        self.blocked -= u64::from(row.rule.is_some());
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Host {
    flows: [u64; 2],
    sent: u64,
    received: u64,
}

/// Sums over the flows shown.
#[derive(Debug, Default)]
pub struct Sums {
    /// Bytes of all of them, carriers excepted.
    pub bytes: u64,
    apps: HashMap<Name, Sum>,
    domains: HashMap<u32, Sum>,
    hosts: HashMap<Addr, Host>,
}

impl Sums {
    /// Adds a row that is shown.
    pub fn add(&mut self, row: &Row, domains: &Interner) {
        if row.carrier {
            return;
        }
        self.bytes += row.bytes();
        self.apps.entry(name(row)).or_default().add(row);
        for place in places(row, domains) {
            self.domains.entry(place).or_default().add(row);
        }
        self.each_host(row, |host, side, sent, received| {
            if let Some(n) = host.flows.get_mut(side) {
                *n += 1;
            }
            host.sent += sent;
            host.received += received;
        });
    }

    /// Takes a row as it was added.
    pub fn take(&mut self, row: &Row, domains: &Interner) {
        if row.carrier {
            return;
        }
        self.bytes -= row.bytes();
        self.apps.entry(name(row)).or_default().take(row);
        for place in places(row, domains) {
            self.domains.entry(place).or_default().take(row);
        }
        self.each_host(row, |host, side, sent, received| {
            if let Some(n) = host.flows.get_mut(side) {
                *n -= 1;
            }
            host.sent -= sent;
            host.received -= received;
        });
    }

    fn each_host(&mut self, row: &Row, mut change: impl FnMut(&mut Host, usize, u64, u64)) {
        let [up, down] = [row.counts[0].bytes, row.counts[1].bytes];
        for (side, (address, sent, received)) in
            row.hosts().into_iter().zip([(up, down), (down, up)]).map(|(a, (s, r))| (a, s, r)).enumerate()
        {
            if self.hosts.len() < limits::HOSTS || self.hosts.contains_key(&address) {
                change(self.hosts.entry(address).or_default(), side, sent, received);
            }
        }
    }

    /// Apps by bytes.
    #[must_use]
    pub fn app_rows(&self, board: &Board) -> Vec<AppRow> {
        let (registry, apps) = (&board.knowledge.registry, &board.knowledge.apps);
        let mut list: Vec<_> = self.apps.iter().filter(|(_, s)| s.flows > 0).collect();
        list.sort_unstable_by(|a, b| b.1.bytes.cmp(&a.1.bytes).then(a.0.cmp(b.0)));
        let row = |(name, sum): (&Name, &Sum)| {
            let (text, category) = match name {
                Name::App(id) => (apps.name(*id), apps.category(*id)),
                Name::Protocol(id) => (registry.get(*id).name, registry.get(*id).category),
                Name::Unknown => ("Unknown", ""),
            };
            AppRow {
                name: text.into(),
                category: category.into(),
                flows: sum.flows,
                packets: sum.packets,
                bytes: sum.bytes,
                blocked: sum.blocked,
                spark: Vec::new(),
            }
        };
        list.into_iter().map(row).collect()
    }

    /// Registrable domains by bytes, with their hosts.
    #[must_use]
    pub fn domain_rows(&self, domains: &Interner) -> Vec<DomainRow> {
        let mut below: HashMap<u32, Vec<(u32, &Sum)>> = HashMap::new();
        let mut tops: Vec<(u32, &Sum)> = Vec::new();
        for (place, sum) in self.domains.iter().filter(|(_, s)| s.flows > 0) {
            match domains.parent(*place) {
                parent if parent == *place => tops.push((*place, sum)),
                parent => below.entry(parent).or_default().push((*place, sum)),
            }
        }
        let order = |a: &(u32, &Sum), b: &(u32, &Sum)| {
            b.1.bytes.cmp(&a.1.bytes).then_with(|| domains.text(a.0).cmp(domains.text(b.0)))
        };
        tops.sort_unstable_by(order);
        tops.truncate(limits::DOMAIN_ROWS);
        let row = |(place, sum): (u32, &Sum)| {
            let mut hosts = below.remove(&place).unwrap_or_default();
            hosts.sort_unstable_by(order);
            hosts.truncate(limits::HOSTS_PER_DOMAIN);
            let hosts = hosts.into_iter().filter_map(|(p, s)| Some((domains.get(p)?, s.flows, s.bytes))).collect();
            let domain: Arc<str> = domains.text(place).into();
            DomainRow { domain, flows: sum.flows, bytes: sum.bytes, blocked: sum.blocked, hosts }
        };
        tops.into_iter().map(row).collect()
    }

    /// Addresses by bytes.
    #[must_use]
    pub fn host_rows(&self, board: &Board) -> Vec<HostRow> {
        let total = |h: &Host| h.sent + h.received;
        let mut list: Vec<_> = self.hosts.iter().filter(|(_, h)| h.flows != [0, 0]).collect();
        let order = |a: &(&Addr, &Host), b: &(&Addr, &Host)| total(b.1).cmp(&total(a.1)).then(a.0.cmp(b.0));
        if list.len() > limits::HOST_ROWS {
            list.select_nth_unstable_by(limits::HOST_ROWS, order);
            list.truncate(limits::HOST_ROWS);
        }
        list.sort_unstable_by(order);
        let row = |(address, host): (&Addr, &Host)| HostRow {
            address: address.ip(),
            names: board.book.all(address.ip()),
            flows_out: host.flows[0],
            flows_in: host.flows[1],
            sent: host.sent,
            received: host.received,
        };
        list.into_iter().map(row).collect()
    }
}

fn name(row: &Row) -> Name {
    row.app.map(|(id, _)| Name::App(id)).or(row.protocol.map(Name::Protocol)).unwrap_or(Name::Unknown)
}

/// The host and, if it is another, the registrable domain above it.
fn places(row: &Row, domains: &Interner) -> impl Iterator<Item = u32> {
    let parent = domains.parent(row.domain);
    let own = (row.domain > 0).then_some(row.domain);
    own.into_iter().chain((parent > 0 && parent != row.domain).then_some(parent))
}

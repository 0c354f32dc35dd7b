//! The collector's board: a compact row for each flow, and the sums over those that the filter shows, kept up by what
//! changes.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::book::NameBook;
use super::query::Filter;
use super::rows::RowChange;
use super::snapshot::{FlowId, FlowRow, Sort, View, Window};
use super::sums::Sums;
use crate::classify::Knowledge;
use crate::classify::apps::AppId;
use crate::dissect::{Layer, ProtocolId, Transport};
use crate::flow::{self, Count};
use crate::packet::{Addr, Key};

/// One flow on the board.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the flow.
    pub id: FlowId,
    /// VLAN, protocol, endpoints.
    pub key: Key,
    /// Packets and bytes, the client's direction first.
    pub counts: [Count; 2],
    /// Time of the first packet.
    pub start: i64,
    /// Latest time.
    pub end: i64,
    /// What was stopped.
    pub stopped: Count,
    /// Place of its domain in the board's names; 0 for none.
    pub domain: u32,
    /// The rule that stops it.
    pub rule: Option<u32>,
    /// Protocol seen in the payload.
    pub protocol: Option<ProtocolId>,
    /// App and the layer that named it.
    pub app: Option<(AppId, Layer)>,
    /// TCP's state in words.
    pub state: &'static str,
    /// Whether the key's lower endpoint is the client.
    pub client_is_low: bool,
    /// Whether another flow announced it.
    pub announced: bool,
    /// Whether it carries others.
    pub carrier: bool,
    /// Whether the filter shows it.
    pub shown: bool,
}

impl Row {
    /// Client and server.
    #[must_use]
    pub fn ends(&self) -> [(IpAddr, u16); 2] {
        flow::endpoints(&self.key, self.client_is_low)
    }

    /// Client's and server's address as words.
    #[must_use]
    pub fn hosts(&self) -> [Addr; 2] {
        let (low, high) = (self.key.low().0, self.key.high().0);
        if self.client_is_low { [low, high] } else { [high, low] }
    }

    /// Bytes both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.counts[0].bytes + self.counts[1].bytes
    }

    /// Packets both ways.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.counts[0].packets + self.counts[1].packets
    }
}

/// All rows with their sums.
pub struct Board {
    /// What names come from.
    pub knowledge: Arc<Knowledge>,
    /// Names by address.
    pub book: NameBook,
    /// Rows in the order in which they were first heard of.
    pub rows: Vec<Row>,
    by_id: HashMap<FlowId, u32>,
    /// Domains by place; the first is "none".
    pub domains: Interner,
    /// Sums over what the filter shows.
    pub sums: Sums,
    filter: Option<Arc<Filter>>,
}

impl Board {
    /// An empty board.
    #[must_use]
    pub fn new(knowledge: Arc<Knowledge>) -> Self {
        Self {
            knowledge,
            book: NameBook::default(),
            rows: Vec::new(),
            by_id: HashMap::new(),
            domains: Interner::default(),
            sums: Sums::default(),
            filter: None,
        }
    }

    /// Takes what changed in one flow.
    pub fn change(&mut self, change: RowChange) {
        let place = self.place(&change);
        let Some(row) = self.rows.get_mut(place) else { return };
        if row.shown {
            self.sums.take(row, &self.domains);
        }
        row.counts = change.counts;
        row.end = change.end;
        row.state = change.state;
        row.rule = change.decision.filter(|d| d.is_block()).map(|d| d.rule().0);
        row.stopped = change.stopped;
        if let Some(names) = change.names {
            row.protocol = names.protocol;
            row.app = names.app;
            row.domain = names.domain.map_or(0, |d| self.domains.place(&d));
        }
        self.hint(place);
        self.show(place);
    }

    /// Once all is read, answers that came from other workers late count too.
    pub fn take_hints(&mut self) {
        for place in 0..self.rows.len() {
            let Some(row) = self.rows.get(place).filter(|r| r.app.is_none()) else { continue };
            if row.shown {
                self.sums.take(row, &self.domains);
            }
            self.hint(place);
            self.show(place);
        }
    }

    /// A flow without an app takes that of the name which an earlier answer gave its server: a guess.
    fn hint(&mut self, place: usize) {
        let Some(row) = self.rows.get(place).filter(|r| r.app.is_none() && !r.carrier) else { return };
        let name = self.book.before(row.hosts()[1].ip(), row.id);
        let app = name.and_then(|name| self.knowledge.apps.lookup(name)).map(|m| (m.app, Layer::Dns));
        if let Some(row) = self.rows.get_mut(place) {
            row.app = app;
        }
    }

    /// Adds an outer flow.
    pub fn carrier(&mut self, id: FlowId, key: Key, flow: &super::tracker::CarrierFlow) {
        let protocol = self.knowledge.registry.by_name(flow.tunnel.name());
        self.rows.push(Row {
            id,
            key,
            counts: flow.counts,
            start: flow.start,
            end: flow.end,
            stopped: Count::default(),
            domain: 0,
            rule: flow.decision.filter(|d| d.is_block()).map(|d| d.rule().0),
            protocol,
            app: None,
            state: "established",
            client_is_low: flow.client_is_low,
            announced: false,
            carrier: true,
            shown: false,
        });
        let place = self.rows.len() - 1;
        self.by_id.insert(id, u32::try_from(place).unwrap_or(u32::MAX));
        self.show(place);
    }

    /// Changes the rule that stops a row.
    pub fn set_rule(&mut self, place: usize, rule: Option<u32>) {
        let Some(row) = self.rows.get_mut(place) else { return };
        if row.rule == rule {
            return;
        }
        if row.shown {
            self.sums.take(row, &self.domains);
        }
        row.rule = rule;
        self.show(place);
    }

    /// Shows other flows: every sum is made anew.
    pub fn set_filter(&mut self, filter: Option<Arc<Filter>>) {
        self.filter = filter;
        self.sums = Sums::default();
        for place in 0..self.rows.len() {
            self.show(place);
        }
    }

    /// The filter in force.
    #[must_use]
    pub fn filter(&self) -> Option<&Arc<Filter>> {
        self.filter.as_ref()
    }

    /// The row of a flow.
    #[must_use]
    pub fn row(&self, id: FlowId) -> Option<&Row> {
        self.rows.get(*self.by_id.get(&id)? as usize)
    }

    /// The flows that a view asks for.
    #[must_use]
    pub fn window(&self, view: &View) -> Window {
        let mut shown: Vec<u32> =
            (0_u32..).zip(&self.rows).filter(|(_, row)| row.shown).map(|(place, _)| place).collect();
        let order = |a: &u32, b: &u32| self.order(view, *a, *b);
        let selected = view.selected.and_then(|id| self.by_id.get(&id)).filter(|place| self.at(**place).shown);
        let rank =
            selected.map(|place| shown.iter().filter(|other| order(other, place) == Ordering::Less).count() as u64);
        let last_offset = (shown.len() as u64).saturating_sub(view.rows);
        let offset = view.offset.min(last_offset);
        let (from, to) = (offset as usize, (offset + view.rows).min(shown.len() as u64) as usize);
        if to < shown.len() && to > 0 {
            shown.select_nth_unstable_by(to - 1, order);
        }
        let wanted = shown.get_mut(..to).unwrap_or_default();
        if from > 0 && from < wanted.len() {
            wanted.select_nth_unstable_by(from, order);
        }
        let wanted = wanted.get_mut(from..).unwrap_or_default();
        wanted.sort_unstable_by(order);
        Window {
            matching: shown.len() as u64,
            total: self.rows.len() as u64,
            bytes: self.sums.bytes,
            offset,
            rows: shown
                .get(from..to)
                .unwrap_or_default()
                .iter()
                .map(|p| Arc::new(self.flow_row(self.at(*p))))
                .collect(),
            selected: rank,
        }
    }

    /// A row with its names.
    #[must_use]
    pub fn flow_row(&self, row: &Row) -> FlowRow {
        let [(client, client_port), (server, server_port)] = row.ends();
        let (registry, apps) = (&self.knowledge.registry, &self.knowledge.apps);
        let server_name = self.book.before(server, row.id).cloned();
        let guess = || registry.by_port(Transport::of(row.key.proto()), server_port);
        let protocol = row.protocol.or_else(guess).map(|id| registry.get(id));
        let app = row.app;
        let seconds = u64::try_from(row.end.saturating_sub(row.start) / 1_000_000_000).unwrap_or(0).max(1);
        FlowRow {
            proto: row.key.proto(),
            client,
            client_port,
            server,
            server_port,
            domain: self.domains.get(row.domain),
            registrable: self.domains.registrable(row.domain),
            protocol: protocol.map(|p| p.name.into()),
            app: app.map(|(id, _)| apps.name(id).into()),
            category: app.map(|(id, _)| apps.category(id)).or(protocol.map(|p| p.category)).map(Into::into),
            guess: (row.protocol.is_none() && protocol.is_some()) || app.is_some_and(|(_, layer)| layer >= Layer::Dns),
            server_name,
            packets_up: row.counts[0].packets,
            packets_down: row.counts[1].packets,
            bytes_up: row.counts[0].bytes,
            bytes_down: row.counts[1].bytes,
            start: row.start,
            end: row.end,
            rate_up: row.counts[0].bytes / seconds,
            rate_down: row.counts[1].bytes / seconds,
            state: row.state,
            rule: row.rule,
            carrier: row.carrier,
            ..FlowRow::new(row.id)
        }
    }

    fn at(&self, place: u32) -> &Row {
        &self.rows[place as usize] // places come from `rows` itself, which never shrinks
    }

    fn place(&mut self, change: &RowChange) -> usize {
        if let Some(place) = self.by_id.get(&change.id) {
            return *place as usize;
        }
        self.rows.push(Row {
            id: change.id,
            key: change.key,
            counts: [Count::default(); 2],
            start: change.start,
            end: change.end,
            stopped: Count::default(),
            domain: 0,
            rule: None,
            protocol: None,
            app: None,
            state: change.state,
            client_is_low: change.client_is_low,
            announced: change.announced,
            carrier: false,
            shown: false,
        });
        let place = self.rows.len() - 1;
        self.by_id.insert(change.id, u32::try_from(place).unwrap_or(u32::MAX));
        place
    }

    /// Puts a row through the filter, and into the sums if it passes. Carriers are shown but never summed.
    fn show(&mut self, place: usize) {
        let Some(row) = self.rows.get(place) else { return };
        let shown = self.filter.as_ref().is_none_or(|f| f.matches(&self.flow_row(row)));
        let Some(row) = self.rows.get_mut(place) else { return };
        row.shown = shown;
        if shown {
            self.sums.add(row, &self.domains);
        }
    }

    fn order(&self, view: &View, a: u32, b: u32) -> Ordering {
        let (a, b) = (self.at(a), self.at(b));
        let natural = match view.sort {
            Sort::Bytes => a.bytes().cmp(&b.bytes()),
            Sort::Packets => a.packets().cmp(&b.packets()),
            Sort::Start => a.start.cmp(&b.start),
            Sort::Duration => (a.end - a.start).cmp(&(b.end - b.start)),
            Sort::Client => b.hosts()[0].cmp(&a.hosts()[0]),
            Sort::Server => b.hosts()[1].cmp(&a.hosts()[1]),
            Sort::Domain => self.domains.text(b.domain).cmp(self.domains.text(a.domain)),
            Sort::App => self.label(b).cmp(self.label(a)),
            Sort::Protocol => b.protocol.cmp(&a.protocol),
            Sort::Rate => rate(a).cmp(&rate(b)),
            Sort::State => b.state.cmp(a.state),
        };
        let turned = if view.ascending { natural } else { natural.reverse() };
        turned.then(a.id.cmp(&b.id))
    }

    fn label(&self, row: &Row) -> &str {
        let app = row.app.map(|(id, _)| self.knowledge.apps.name(id));
        app.or(row.protocol.map(|id| self.knowledge.registry.get(id).name)).unwrap_or("")
    }
}

fn rate(row: &Row) -> u64 {
    let milliseconds = u64::try_from(row.end.saturating_sub(row.start) / 1_000_000).unwrap_or(0).max(1);
    row.bytes().saturating_mul(1_000) / milliseconds
}

/// Names kept once, by place, each with its registrable part.
#[derive(Debug)]
pub struct Interner {
    names: Vec<(Arc<str>, u32)>,
    places: HashMap<Arc<str>, u32>,
}

impl Default for Interner {
    fn default() -> Self {
        Self { names: vec![("".into(), 0)], places: HashMap::new() }
    }
}

impl Interner {
    /// The place of a name, new if it was not there.
    pub fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let registrable = psl::domain_str(name).filter(|r| *r != name).map(|r| self.place(r));
        let place = u32::try_from(self.names.len()).unwrap_or(0);
        let name: Arc<str> = name.into();
        self.names.push((Arc::clone(&name), registrable.unwrap_or(place)));
        self.places.insert(name, place);
        place
    }

    /// The name at a place; `None` for "none".
    #[must_use]
    pub fn get(&self, place: u32) -> Option<Arc<str>> {
        self.names.get(place as usize).filter(|_| place > 0).map(|(name, _)| Arc::clone(name))
    }

    /// The name at a place, empty for "none".
    #[must_use]
    pub fn text(&self, place: u32) -> &str {
        self.names.get(place as usize).map_or("", |(name, _)| name)
    }

    /// Place of the registrable part of the name at a place.
    #[must_use]
    pub fn parent(&self, place: u32) -> u32 {
        self.names.get(place as usize).map_or(0, |(_, parent)| *parent)
    }

    /// Registrable part of the name at a place.
    #[must_use]
    pub fn registrable(&self, place: u32) -> Option<Arc<str>> {
        self.get(self.parent(place))
    }
}

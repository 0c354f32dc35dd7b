//! What rules would stop among the flows on the board, and provisional marks until the capture was read again.

use std::sync::Arc;

use super::collector::section_and_entry;
use crate::dissect::Layer;
use crate::engine::board::{Board, Row};
use crate::engine::snapshot::{ExportWhat, Impact, RuleSpec};
use crate::rules::{Decision, KnownNames, Origin, RuleSet};

/// Domains told of as neighbours on an address.
const NEIGHBOURS: usize = 3;

/// What each of these rules would stop now.
pub(super) fn of(board: &Board, known: &dyn KnownNames, specs: &[RuleSpec]) -> Vec<Impact> {
    specs.iter().map(|spec| one(board, known, spec)).collect()
}

fn one(board: &Board, known: &dyn KnownNames, spec: &RuleSpec) -> Impact {
    let (section, entry) = section_and_entry(spec);
    let Ok((rules, _)) = RuleSet::default().with(section, entry, Origin::Key, known) else { return Impact::default() };
    let mut impact = Impact::default();
    for row in board.rows.iter().filter(|r| !r.carrier && decide(board, &rules, r).is_some()) {
        impact.flows += 1;
        impact.bytes += row.bytes();
        if matches!(spec, RuleSpec::Address(_)) && impact.also.len() < NEIGHBOURS {
            neighbour(board, row, &mut impact.also);
        }
    }
    impact
}

fn neighbour(board: &Board, row: &Row, also: &mut Vec<Arc<str>>) {
    if let Some(name) = board.domains.registrable(row.domain)
        && !also.contains(&name)
    {
        also.push(name);
    }
}

/// What rules say of a row, as far as the row tells.
fn decide(board: &Board, rules: &RuleSet, row: &Row) -> Option<Decision> {
    let [(client, _), (server, port)] = row.ends();
    let (registry, apps) = (&board.knowledge.registry, &board.knowledge.apps);
    let by_app = || {
        let app = row.app.filter(|(_, layer)| *layer <= Layer::Host);
        app.and_then(|(id, _)| rules.match_app(&[apps.name(id), apps.category(id)]))
    };
    let by_protocol = || {
        let protocol = registry.get(row.protocol?);
        rules.match_app(&[protocol.name, protocol.category])
    };
    let by_domain = || if row.domain == 0 { None } else { rules.match_domain(board.domains.text(row.domain)) };
    let by_address = rules.match_addresses(client, server);
    by_address
        .or_else(|| rules.match_port(row.key.proto(), port))
        .or_else(by_app)
        .or_else(by_protocol)
        .or_else(by_domain)
}

/// Marks rows by the rules as they are now, until exact verdicts come.
pub(super) fn mark(board: &mut Board, rules: &RuleSet) {
    for place in 0..board.rows.len() {
        let Some(row) = board.rows.get(place) else { continue };
        let decision = decide(board, rules, row);
        board.set_rule(place, decision.filter(|d| d.is_block()).map(|d| d.rule().0));
    }
}

/// Packets and bytes that an export would write.
pub(super) fn estimate(board: &Board, what: &ExportWhat) -> (u64, u64) {
    let rows = board.rows.iter().filter(|r| !r.carrier);
    let whole = |row: &Row| (row.packets(), row.bytes());
    let stopped = |row: &Row| (row.stopped.packets, row.stopped.bytes);
    let add = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
    match what {
        ExportWhat::Forwarded => rows.fold((0, 0), |sum, row| {
            let (all, out) = (whole(row), stopped(row));
            add(sum, (all.0 - out.0, all.1 - out.1))
        }),
        ExportWhat::Dropped => rows.map(stopped).fold((0, 0), add),
        ExportWhat::Shown(filter) => rows.filter(|r| filter.matches(&board.flow_row(r))).map(whole).fold((0, 0), add),
        ExportWhat::Flow(id) => board.row(*id).map_or((0, 0), whole),
    }
}

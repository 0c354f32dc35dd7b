//! Making a snapshot of the board: totals, aggregates, and the window that the view asks for.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashMap;

use super::collector::Collector;
use crate::engine::board::{Board, Row};
use crate::engine::reader::ReadTotals;
use crate::engine::snapshot::{FlowDetail, RuleRow, Snapshot, SourceState, SuspectRow, Totals};
use crate::engine::timeline::Bins;
use crate::engine::tracker::Tracker;
use crate::packet::{Addr, Undecoded};
use crate::rules::RuleSet;
use crate::suspicion::{self, Connection};

/// Suspects, judged anew at most once in a while: that takes all flows.
#[derive(Default)]
pub(super) struct Suspects {
    rows: Vec<SuspectRow>,
    judged: Option<(Instant, usize, bool)>,
}

const JUDGED_EVERY: Duration = Duration::from_secs(1);
const PER_SUSPECT: usize = 20;

pub(super) fn snapshot(c: &mut Collector) -> Snapshot {
    c.serial += 1;
    judge(c);
    let board = &c.board;
    let mut timeline = Bins::default();
    c.heard.iter().for_each(|h| timeline.merge(&h.timeline));
    Snapshot {
        serial: c.serial,
        source: source(c),
        totals: totals(c),
        timeline: timeline.picture(),
        apps: board.sums.app_rows(board),
        domains: board.sums.domain_rows(&board.domains),
        hosts: board.sums.host_rows(board),
        suspects: c.suspects.rows.clone(),
        rules: rules(board, &c.rules),
        window: board.window(&c.view),
        detail: detail(c),
        workers: c.heard.iter().map(|h| h.row.clone()).collect(),
        notices: c.notices.clone(),
    }
}

fn source(c: &Collector) -> SourceState {
    let names: Vec<String> = c.run.files.iter().map(|f| f.to_string_lossy().into_owned()).collect();
    let (_, progress) = &*c.control.read.lock().unwrap_or_else(PoisonError::into_inner);
    SourceState {
        name: names.join(" "),
        live: false,
        finished: c.loaded && !c.recounting,
        read: progress.read,
        total: progress.total,
        paused: c.control.pause.load(std::sync::atomic::Ordering::Relaxed),
        warnings: c.warnings.clone(),
    }
}

fn totals(c: &Collector) -> Totals {
    let (read, _) = &*c.control.read.lock().unwrap_or_else(PoisonError::into_inner);
    let undecoded: Vec<_> =
        Undecoded::ALL.iter().zip(read.undecoded).filter(|(_, n)| *n > 0).map(|(u, n)| (u.name(), n)).collect();
    let lost: u64 = undecoded.iter().map(|(_, n)| n).sum();
    let sum = |i: usize| c.heard.iter().filter_map(|h| h.counters.get(i)).sum::<u64>();
    let (begun, ended, evicted, dropped) = (sum(0), sum(1), sum(2), sum(3).min(read.packets));
    Totals {
        packets: read.packets,
        bytes: read.bytes,
        tcp: read.by_transport[0],
        udp: read.by_transport[1],
        other: read.by_transport[2],
        decoded: read.packets - lost,
        undecoded,
        forwarded: read.packets - dropped,
        dropped,
        begun,
        live: begun.saturating_sub(ended + evicted),
        ended,
        evicted,
        kernel_drops: 0,
        queue_drops: 0,
        limits: limits(c, read),
        first: read.span.map(|s| s.0),
        last: read.span.map(|s| s.1),
    }
}

/// How often limits were reached: while it loads as far as workers told, then exactly.
fn limits(c: &Collector, read: &ReadTotals) -> Vec<(&'static str, u64)> {
    let sum = |f: fn(&Tracker) -> u64| c.trackers.iter().map(f).sum::<u64>();
    vec![
        ("flows", c.heard.iter().map(|h| h.counters[2]).sum()),
        ("streams", sum(|t| t.effort().overfull)),
        ("stream_holes", sum(|t| t.effort().holes)),
        ("fragments", read.fragments_given_up),
        ("names", c.board.book.lost),
        ("carriers", sum(|t| t.carriers_lost)),
        ("bad_ip_checksums", read.bad_checksums),
    ]
}

fn detail(c: &Collector) -> Option<Arc<FlowDetail>> {
    let row = c.board.row(c.view.open?)?;
    let mut detail = c.detail.as_deref().cloned().unwrap_or_else(|| FlowDetail::new(row.id));
    if detail.row.id != row.id {
        detail = FlowDetail::new(row.id);
    }
    detail.row = c.board.flow_row(row);
    if let Some(reread) = &c.reread {
        (detail.packets, detail.packets_done) = (Arc::clone(&reread.packets), reread.done);
    }
    Some(Arc::new(detail))
}

fn rules(board: &Board, rules: &RuleSet) -> Vec<RuleRow> {
    let mut hits: HashMap<u32, [u64; 3]> = HashMap::new();
    for row in board.rows.iter().filter(|r| !r.carrier) {
        if let Some(rule) = row.rule {
            let sum = hits.entry(rule).or_default();
            *sum = [sum[0] + 1, sum[1] + row.stopped.packets, sum[2] + row.stopped.bytes];
        }
    }
    let row = |rule: &crate::rules::Rule| {
        let [flows, packets, bytes] = hits.get(&rule.id.0).copied().unwrap_or_default();
        RuleRow {
            id: rule.id.0,
            text: rule.to_string(),
            kind: rule.section.kind().word(),
            origin: rule.origin.to_string(),
            enabled: rule.enabled,
            flows,
            packets,
            bytes,
        }
    };
    rules.rules().map(row).collect()
}

fn judge(c: &mut Collector) {
    let state = (c.board.rows.len(), c.loaded);
    let due = c.suspects.judged.is_none_or(|(at, rows, loaded)| {
        (rows, loaded) != state && (at.elapsed() >= JUDGED_EVERY || loaded != state.1)
    });
    if !due {
        return;
    }
    let board = &c.board;
    let connections = board.rows.iter().filter(|r| !r.carrier).map(|row| connection(board, row));
    let suspects = suspicion::judge(connections, &c.run.thresholds);
    let mut rows: Vec<SuspectRow> = suspects
        .into_iter()
        .map(|s| SuspectRow {
            address: s.address,
            score: s.score,
            reasons: s.reasons,
            names: Vec::new(),
            contacted: Vec::new(),
        })
        .collect();
    touched(board, &mut rows);
    c.suspects = Suspects { rows, judged: Some((Instant::now(), state.0, state.1)) };
}

fn connection<'a>(board: &'a Board, row: &Row) -> Connection<'a> {
    let [(client, _), (server, port)] = row.ends();
    let protocol = row.protocol.map(|id| board.knowledge.registry.get(id));
    Connection {
        client,
        server,
        port,
        proto: row.key.proto(),
        answered: row.counts[1].packets > 0,
        announced: row.announced,
        protocol: protocol.map(|p| (p.name, p.ports)),
    }
}

/// Adds whom each suspect contacted and what it asked for.
fn touched(board: &Board, suspects: &mut [SuspectRow]) {
    let places: HashMap<Addr, usize> = suspects.iter().enumerate().map(|(i, s)| (s.address.into(), i)).collect();
    if places.is_empty() {
        return;
    }
    for row in board.rows.iter().filter(|r| !r.carrier) {
        let Some(suspect) = places.get(&row.hosts()[0]).and_then(|i| suspects.get_mut(*i)) else { continue };
        let (server, name) = (row.hosts()[1].ip(), board.domains.get(row.domain));
        if let Some(name) = &name
            && suspect.names.len() < PER_SUSPECT
            && !suspect.names.contains(name)
        {
            suspect.names.push(Arc::clone(name));
        }
        if suspect.contacted.len() < PER_SUSPECT && !suspect.contacted.iter().any(|(a, _)| *a == server) {
            suspect.contacted.push((server, name));
        }
    }
}

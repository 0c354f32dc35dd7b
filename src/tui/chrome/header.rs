//! The header: what is read, how far, and how much it is.

use crate::engine::snapshot::{Bin, Snapshot};
use crate::text;
use crate::tui::app::App;
use crate::tui::bars;
use crate::tui::pen::Pen;
use crate::tui::theme::Role;

/// Columns of the progress bar.
const BAR: u16 = 12;

/// Draws the header on one line.
pub fn draw(app: &App, pen: &mut Pen) {
    let width = pen.width();
    let facts = facts(&app.snapshot, width < 110);
    let mut x = pen.text(1, 0, "dpimon", Role::Accent) + 2;
    let name_room = (width / 3).max(12).min(width.saturating_sub(x));
    x = pen.tail(x, 0, name_room, &name(app, name_room), Role::Strong) + 1;
    x = state(app, pen, x) + 2;
    // The facts from the right, the most important last to go.
    let mut end = width.saturating_sub(1);
    let mut chosen: Vec<&Fact> = Vec::new();
    let mut room = usize::from(end.saturating_sub(x));
    let mut by_rank: Vec<&Fact> = facts.iter().collect();
    by_rank.sort_by_key(|fact| fact.rank);
    for fact in by_rank {
        let needs = text::width(&fact.text) + 3;
        if needs > room {
            break;
        }
        room -= needs;
        chosen.push(fact);
    }
    chosen.sort_by_key(|fact| std::cmp::Reverse(fact.place));
    for fact in chosen {
        end = pen.right(end, 0, &fact.text, fact.role).saturating_sub(3);
    }
}

/// The source's name; where it is too long, without its folders; of several files the first and how many more.
fn name(app: &App, room: u16) -> String {
    let name = &app.snapshot.source.name;
    if text::width(name) <= room.into() {
        return name.clone();
    }
    let (first, others) =
        name.split_once(", ").map_or((name.as_str(), 0), |(first, rest)| (first, rest.split(", ").count()));
    let file = first.rsplit('/').find(|part| !part.is_empty()).unwrap_or(first);
    if others == 0 { file.to_owned() } else { format!("{file} +{others}") }
}

struct Fact {
    place: usize,
    rank: u8,
    text: String,
    role: Role,
}

/// What the source is doing. Gives the column after it.
fn state(app: &App, pen: &mut Pen, x: u16) -> u16 {
    let source = &app.snapshot.source;
    let x = match () {
        () if source.paused => pen.text(x, 0, "Ⅱ paused", Role::Warn),
        () if source.live && !source.finished => {
            let x = pen.text(x, 0, "●", Role::Good);
            let totals = &app.snapshot.totals;
            let span = totals.last.unwrap_or(0).saturating_sub(totals.first.unwrap_or(0));
            pen.text(x + 1, 0, &text::span(span), Role::Dim)
        }
        () if !source.finished && source.total > 0 => {
            let percent = text::share(source.read.min(source.total), source.total);
            let x = pen.text(x, 0, &format!("{percent:>4} "), Role::Text);
            pen.line(x, 0, BAR, "─", Role::Faint);
            pen.text(x, 0, &bars::bar(source.read, source.total, BAR), Role::Accent);
            x + BAR
        }
        () if !source.finished => pen.text(x, 0, "reading", Role::Dim),
        () if !source.warnings.is_empty() => pen.text(x, 0, "! incomplete", Role::Warn),
        () => x,
    };
    if app.frozen { pen.text(x + 1, 0, "frozen", Role::Warn) } else { x }
}

fn facts(snapshot: &Snapshot, tight: bool) -> Vec<Fact> {
    let totals = &snapshot.totals;
    let mut out = Vec::new();
    let mut add = |rank: u8, text: String, role: Role| out.push(Fact { place: out.len(), rank, text, role });
    add(0, text::plural(totals.begun, "flow"), Role::Text);
    if snapshot.source.live {
        let bin = last_bin(snapshot);
        add(1, format!("↓ {}", text::bits(bin.down)), Role::Down);
        add(1, format!("↑ {}", text::bits(bin.up)), Role::Up);
    }
    add(2, text::bytes(totals.bytes), Role::Text);
    let packets =
        if tight { format!("{} pkts", text::short(totals.packets)) } else { text::plural(totals.packets, "packet") };
    add(3, packets, Role::Text);
    let undecoded: u64 = totals.undecoded.iter().map(|(_, n)| n).sum();
    add(6, format!("undecoded {}", text::short(undecoded)), Role::Dim);
    let lost = totals.kernel_drops.saturating_add(totals.queue_drops);
    let role = if lost > 0 { Role::Bad } else { Role::Dim };
    add(if lost > 0 { 1 } else { 5 }, format!("lost {}", text::short(lost)), role);
    let acting = snapshot.rules.iter().filter(|r| r.enabled).count() as u64;
    let role = if acting > 0 { Role::Text } else { Role::Dim };
    add(if acting > 0 { 1 } else { 4 }, text::plural(acting, "rule"), role);
    out
}

/// Bytes a second in the last bin that is over.
fn last_bin(snapshot: &Snapshot) -> Bin {
    let timeline = &snapshot.timeline;
    let bin = timeline.bins.iter().rev().nth(1).copied().unwrap_or_default();
    let width = u64::try_from(timeline.width).unwrap_or(0).max(1);
    let rate = |bytes: u64| u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(width)).unwrap_or(u64::MAX);
    Bin { up: rate(bin.up), down: rate(bin.down), ..bin }
}

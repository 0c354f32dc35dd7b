//! The report as Markdown: the same sections as tables.

use std::io::{self, Write};

use super::sections::Report;
use super::text::share;
use crate::text::{self, harmless};

/// Writes the report.
///
/// # Errors
/// What the output says.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let t = &report.totals;
    writeln!(out, "# dpimon report\n\n## Overall\n")?;
    table(out, &["what", "count"])?;
    let figures = [
        ("packets", t.packets),
        ("bytes", t.bytes),
        ("TCP", t.tcp),
        ("UDP", t.udp),
        ("other", t.other),
        ("flows", t.begun),
    ];
    for (name, n) in figures {
        row(out, &[name.to_owned(), text::count(n)])?;
    }
    for (reason, n) in &t.undecoded {
        row(out, &[format!("undecoded {reason}"), text::count(*n)])?;
    }
    writeln!(out, "\n## Filtering\n")?;
    writeln!(out, "forwarded {}, dropped {} ({})\n", t.forwarded, t.dropped, share(t.dropped, t.packets))?;
    table(out, &["rule", "flows", "packets", "bytes"])?;
    for rule in &report.rules {
        let [flows, packets, bytes] = rule.hits.map(text::count);
        row(out, &[cell(&rule.text), flows, packets, bytes])?;
    }
    writeln!(out, "\n## Workers\n")?;
    table(out, &["worker", "packets", "flows"])?;
    for (place, worker) in report.workers.iter().enumerate() {
        row(out, &[place.to_string(), text::count(worker.packets), text::count(worker.flows)])?;
    }
    lists(out, report)?;
    suspects(out, report)
}

fn lists(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let all: u64 = report.apps.iter().map(|a| a.bytes).sum();
    writeln!(out, "\n## Application breakdown\n")?;
    table(out, &["app", "category", "flows", "bytes", "share"])?;
    for app in &report.apps {
        let figures = [text::count(app.flows), text::count(app.bytes), share(app.bytes, all)];
        let [flows, bytes, share] = figures;
        row(out, &[cell(&app.name), cell(&app.category), flows, bytes, share])?;
    }
    writeln!(out, "\n## Top domains\n")?;
    table(out, &["domain", "flows", "bytes"])?;
    for line in &report.domains {
        row(out, &[cell(&line.domain), text::count(line.flows), text::count(line.bytes)])?;
    }
    writeln!(out, "\n## Destination activity\n")?;
    table(out, &["address", "names", "flows", "bytes"])?;
    for line in &report.destinations {
        let names = cell(&line.names.join(" "));
        row(out, &[line.address.to_string(), names, text::count(line.flows), text::count(line.bytes)])?;
    }
    Ok(())
}

fn suspects(out: &mut impl Write, report: &Report) -> io::Result<()> {
    writeln!(out, "\n## Suspicious addresses\n")?;
    table(out, &["address", "score", "why", "visited", "contacted"])?;
    for line in &report.suspects {
        let why: Vec<String> =
            line.suspect.reasons.iter().map(|(name, evidence)| format!("{name}: {evidence}")).collect();
        let contacted: Vec<String> = line
            .contacted
            .iter()
            .map(|(address, name)| name.as_ref().map_or(address.to_string(), |n| format!("{address} ({n})")))
            .collect();
        let cells = [cell(&why.join("; ")), cell(&line.visited.join(", ")), cell(&contacted.join(", "))];
        let [why, visited, contacted] = cells;
        row(out, &[line.suspect.address.to_string(), line.suspect.score.to_string(), why, visited, contacted])?;
    }
    Ok(())
}

fn table(out: &mut impl Write, columns: &[&str]) -> io::Result<()> {
    writeln!(out, "| {} |", columns.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(columns.len()))
}

fn row(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    writeln!(out, "| {} |", cells.join(" | "))
}

/// Text from outside in a cell: harmless, and without meaning to Markdown or HTML.
fn cell(value: &str) -> String {
    let mut safe = String::new();
    for c in harmless(value).chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                safe.push('\\');
                safe.push(c);
            }
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            _ => safe.push(c),
        }
    }
    safe
}

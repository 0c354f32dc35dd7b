//! The report for people, as plain text.

use std::fmt::Display;
use std::io::{self, Write};

use super::sections::{Report, SuspectLine};
use crate::text::{self, harmless};

/// Writes the report.
///
/// # Errors
/// What the output says.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    overall(out, report)?;
    filtering(out, report)?;
    title(out, "Workers")?;
    for (place, worker) in report.workers.iter().enumerate() {
        writeln!(
            out,
            "  {place:<3} {:>14} packets {:>12} flows",
            text::count(worker.packets),
            text::count(worker.flows)
        )?;
    }
    apps(out, report)?;
    title(out, "Top domains")?;
    for line in &report.domains {
        let size = text::bytes(line.bytes);
        writeln!(out, "  {} {:>8} flows {size:>10}", column(&line.domain, 48), text::count(line.flows))?;
    }
    title(out, "Destination activity")?;
    for line in &report.destinations {
        let names = line.names.join(" ");
        let (flows, size) = (text::count(line.flows), text::bytes(line.bytes));
        writeln!(out, "  {:<39} {flows:>8} flows {size:>10}  {}", line.address.to_string(), harmless(&names))?;
    }
    title(out, "Suspicious addresses")?;
    for suspect in &report.suspects {
        one_suspect(out, suspect)?;
    }
    report.warnings.iter().try_for_each(|w| writeln!(out, "\nwarning: {}", harmless(w)))
}

fn overall(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let t = &report.totals;
    writeln!(out, "Overall")?;
    line(out, "packets", text::count(t.packets))?;
    line(out, "bytes", format_args!("{} ({})", text::count(t.bytes), text::bytes(t.bytes)))?;
    line(out, "TCP", text::count(t.tcp))?;
    line(out, "UDP", text::count(t.udp))?;
    line(out, "other", text::count(t.other))?;
    line(out, "flows", text::count(t.begun))?;
    for (reason, n) in &t.undecoded {
        line(out, &format!("undecoded {reason}"), text::count(*n))?;
    }
    Ok(())
}

fn filtering(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let t = &report.totals;
    title(out, "Filtering")?;
    line(out, "forwarded", text::count(t.forwarded))?;
    line(out, "dropped", text::count(t.dropped))?;
    line(out, "rate", share(t.dropped, t.packets))?;
    for rule in &report.rules {
        let [flows, packets, bytes] = rule.hits;
        let hits = format!("{} flows, {} packets, {}", text::count(flows), text::count(packets), text::bytes(bytes));
        writeln!(out, "  {} {hits}", column(&rule.text, 48))?;
    }
    Ok(())
}

fn apps(out: &mut impl Write, report: &Report) -> io::Result<()> {
    title(out, "Application breakdown")?;
    let all: u64 = report.apps.iter().map(|a| a.bytes).sum();
    let most = report.apps.first().map_or(1, |a| a.bytes.max(1));
    for app in &report.apps {
        let bar = "#".repeat(usize::try_from(app.bytes * 20 / most).unwrap_or(0));
        let (flows, size, share) = (text::count(app.flows), text::bytes(app.bytes), share(app.bytes, all));
        writeln!(out, "  {} {flows:>8} flows {size:>10} {share:>7}  {bar}", column(&app.name, 24))?;
    }
    Ok(())
}

fn one_suspect(out: &mut impl Write, line: &SuspectLine) -> io::Result<()> {
    let suspect = &line.suspect;
    writeln!(out, "  {}  score {}", suspect.address, suspect.score)?;
    for (reason, evidence) in &suspect.reasons {
        writeln!(out, "    {reason}: {}", harmless(evidence))?;
    }
    if !line.visited.is_empty() {
        writeln!(out, "    visited: {}", harmless(&line.visited.join(", ")))?;
    }
    let contacted = line.contacted.iter().map(|(address, name)| match name {
        Some(name) => format!("{address} ({})", harmless(name)),
        None => address.to_string(),
    });
    let contacted: Vec<String> = contacted.collect();
    if contacted.is_empty() { Ok(()) } else { writeln!(out, "    contacted: {}", contacted.join(", ")) }
}

fn title(out: &mut impl Write, title: &str) -> io::Result<()> {
    writeln!(out, "\n{title}")
}

fn line(out: &mut impl Write, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(out, "  {name:<28} {value}")
}

/// A name in a column of fixed width, harmless and cut to fit.
fn column(name: &str, width: usize) -> String {
    let safe = harmless(name);
    let fitted = text::fit(&safe, width);
    let pad = width.saturating_sub(text::width(&fitted));
    format!("{fitted}{}", " ".repeat(pad))
}

/// A share in per cent with one decimal.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    let per_mille = part.saturating_mul(1_000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}

//! The report as one JSON object.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::json::is_steering;
use super::sections::Report;

/// Writes the report.
///
/// # Errors
/// What the output says.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&value(report))?;
    // Line feeds are the layout's own: those of strings are escaped already.
    let harmless: String = text
        .chars()
        .map(|c| if c != '\n' && is_steering(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
        .collect();
    writeln!(out, "{harmless}")
}

fn value(report: &Report) -> Value {
    let t = &report.totals;
    let undecoded: Value =
        t.undecoded.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let rules: Vec<Value> = report
        .rules
        .iter()
        .map(|r| json!({"rule": r.text, "flows": r.hits[0], "packets": r.hits[1], "bytes": r.hits[2]}))
        .collect();
    let workers: Vec<Value> = report.workers.iter().map(|w| json!({"packets": w.packets, "flows": w.flows})).collect();
    let apps: Vec<Value> = report
        .apps
        .iter()
        .map(|a| json!({"name": a.name, "category": a.category, "flows": a.flows, "bytes": a.bytes}))
        .collect();
    let domains: Vec<Value> =
        report.domains.iter().map(|d| json!({"domain": d.domain, "flows": d.flows, "bytes": d.bytes})).collect();
    let destinations: Vec<Value> = report
        .destinations
        .iter()
        .map(|d| json!({"address": d.address.to_string(), "names": d.names, "flows": d.flows, "bytes": d.bytes}))
        .collect();
    let suspects: Vec<Value> = report
        .suspects
        .iter()
        .map(|s| {
            let reasons: Vec<Value> = s.suspect.reasons.iter().map(|(name, evidence)| json!({"reason": name, "evidence": evidence})).collect();
            let contacted: Vec<Value> =
                s.contacted.iter().map(|(address, name)| json!({"address": address.to_string(), "name": name.as_deref()})).collect();
            json!({"address": s.suspect.address.to_string(), "score": s.suspect.score, "reasons": reasons, "visited": s.visited, "contacted": contacted})
        })
        .collect();
    json!({
        "overall": {"packets": t.packets, "bytes": t.bytes, "tcp": t.tcp, "udp": t.udp, "other": t.other, "flows": t.begun, "undecoded": undecoded},
        "filtering": {"forwarded": t.forwarded, "dropped": t.dropped, "rules": rules},
        "workers": workers,
        "apps": apps,
        "domains": domains,
        "destinations": destinations,
        "suspicious": suspects,
        "warnings": report.warnings,
    })
}

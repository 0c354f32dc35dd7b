//! The flows in fixed columns, comma separated (RFC 4180), one header line.

use std::io::{self, Write};

use super::json::proto_name;
use crate::engine::record::FlowRecord;
use crate::rules::Decision;
use crate::text;
use crate::time::Stamp;

const COLUMNS: &str = "flow_id,start,end,proto,src_ip,src_port,dest_ip,dest_port,protocol,confidence,app,app_confidence,\
                       category,domain,pkts_toserver,pkts_toclient,bytes_toserver,bytes_toclient,state,action,tunnel,carrier";

/// Writes all flows.
///
/// # Errors
/// What the output says.
pub fn flows<'a>(out: &mut impl Write, records: impl Iterator<Item = FlowRecord<'a>>) -> io::Result<()> {
    writeln!(out, "{COLUMNS}")?;
    for record in records {
        row(out, &record)?;
    }
    Ok(())
}

fn row(out: &mut impl Write, r: &FlowRecord) -> io::Result<()> {
    let [(client, client_port), (server, server_port)] = r.ends;
    let [up, down] = r.counts;
    let (protocol, confidence) = r.protocol.map_or(("", ""), |(p, layer)| (p.name, layer.name()));
    let (app, app_confidence) = r.app.map_or(("", ""), |(name, layer)| (name, layer.name()));
    let action = if r.decision.is_some_and(Decision::is_block) { "drop" } else { "pass" };
    write!(out, "{},{},{},{},", r.id, Stamp(r.start), Stamp(r.end), proto_name(r.key.proto()))?;
    write!(out, "{client},{client_port},{server},{server_port},")?;
    for field in [protocol, confidence, app, app_confidence, r.category.unwrap_or(""), r.domain.unwrap_or("")] {
        write!(out, "{},", quoted(field))?;
    }
    write!(out, "{},{},{},{},{},{action},", up.packets, down.packets, up.bytes, down.bytes, r.state)?;
    writeln!(out, "{},{}", r.tunnel.map_or("", |t| t.name()), r.carrier)
}

/// Harmless, in quotes where it must be. Text that a spreadsheet would take for a formula gets an apostrophe.
fn quoted(field: &str) -> String {
    let safe = text::harmless(field);
    let formula = safe.starts_with(['=', '+', '-', '@']);
    let safe = if formula { format!("'{safe}") } else { safe.into_owned() };
    if safe.contains([',', '"']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

//! The packets of the flow that the screen has open, read again from the capture.

use std::sync::Arc;

use crate::config::Run;
use crate::engine::filter::PacketFilter;
use crate::engine::snapshot::{FlowId, PacketRow};
use crate::engine::source::{self, Chunk, Interface, More, Record};
use crate::flow::TCP;
use crate::limits;
use crate::packet::{self, Headers, Key, TcpFlags};

/// The packets of one flow, as far as they were read.
#[derive(Debug, Clone)]
pub(super) struct Reread {
    pub id: FlowId,
    pub packets: Arc<Vec<PacketRow>>,
    pub done: bool,
}

/// Reads the capture from its start and tells the flow's packets, some early and all at the end; stops when nobody
/// listens or there are enough.
pub(super) fn read(run: &Run, id: FlowId, key: Key, client_is_low: bool, tell: impl Fn(Reread) -> bool) {
    let mut found = Vec::new();
    let _ = scan(run, id, key, client_is_low, &mut found, &tell);
    tell(Reread { id, packets: Arc::new(found), done: true });
}

fn scan(
    run: &Run,
    id: FlowId,
    key: Key,
    client_is_low: bool,
    found: &mut Vec<PacketRow>,
    tell: &impl Fn(Reread) -> bool,
) -> Result<(), String> {
    let mut source = source::open(&run.files).map_err(|e| e.to_string())?;
    let mut filter = Some(run.capture_filter.as_str()).filter(|f| !f.is_empty()).map(PacketFilter::new).transpose()?;
    let (mut chunk, mut number, mut told) = (Chunk::default(), 0, 0);
    loop {
        chunk.clear();
        let more = source.fill(&mut chunk).map_err(|e| e.to_string())?;
        if let Some(filter) = &mut filter {
            filter.apply(&mut chunk, source.interfaces())?;
        }
        for record in &chunk.records {
            number += 1;
            if number >= id
                && let Some(row) = row(&chunk, record, source.interfaces(), number, key, client_is_low)
            {
                found.push(row);
            }
        }
        if more == More::No || found.len() >= limits::DETAIL_PACKETS || run.count.is_some_and(|most| number >= most) {
            return Ok(());
        }
        if found.len() > told && !tell(Reread { id, packets: Arc::new(found.clone()), done: false }) {
            return Ok(());
        }
        told = found.len();
    }
}

fn row(
    chunk: &Chunk,
    record: &Record,
    interfaces: &[Interface],
    number: u64,
    key: Key,
    client_is_low: bool,
) -> Option<PacketRow> {
    let data = chunk.data(record);
    let link = interfaces.get(record.interface as usize)?.link;
    let (headers, _) = packet::decode(link, data, record.wire, &mut Vec::new()).ok()?;
    (headers.key == key).then(|| PacketRow {
        number,
        time: record.time,
        up: headers.from_low == client_is_low,
        wire: record.wire,
        flags: flags(&headers),
        payload: headers.payload_wire,
        payload_at: headers.payload_at,
        bytes: data.get(..limits::DETAIL_BYTES).unwrap_or(data).into(),
    })
}

/// TCP flags as letters.
fn flags(headers: &Headers) -> String {
    if headers.key.proto() != TCP {
        return String::new();
    }
    let TcpFlags(bits) = headers.tcp.flags;
    ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C']
        .iter()
        .enumerate()
        .filter(|(i, _)| bits >> i & 1 == 1)
        .map(|(_, c)| *c)
        .collect()
}

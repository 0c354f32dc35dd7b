//! Exports of flows: NetFlow versions 1, 5, 7, 9 (RFC 3954), IPFIX (RFC 7011), and sFlow (sflow.org, versions 2, 4, 5).
//!
//! Extracted: version. Not extracted: the flows.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// NetFlow and IPFIX.
pub static NETFLOW: Protocol = Protocol {
    name: "NetFlow",
    eve: "netflow",
    category: "Network",
    how: "a version whose number of records or chain of sets fills the datagram",
    over: &[Transport::Udp],
    ports: &[2055, 2056, 4739, 9995, 9996],
    starts: &[
        Start::At(0, &[0, 1, 0]),
        Start::At(0, &[0, 5, 0]),
        Start::At(0, &[0, 7, 0]),
        Start::At(0, &[0, 9]),
        Start::At(0, &[0, 10]),
    ],
    fields: &[&NETFLOW_VERSION],
    probe: netflow,
    reading: Reading::Stateless(|cx, data| version(cx, &NETFLOW_VERSION, at::u16(data, 0).map(u32::from))),
    ..Protocol::NEW
};

/// sFlow.
pub static SFLOW: Protocol = Protocol {
    name: "sFlow",
    eve: "sflow",
    category: "Network",
    how: "version, kind of address and a sample whose length fits",
    over: &[Transport::Udp],
    ports: &[6343],
    starts: &[Start::Mask(0, 0xffff_fff8, 0)],
    fields: &[&SFLOW_VERSION],
    probe: sflow,
    reading: Reading::Stateless(|cx, data| version(cx, &SFLOW_VERSION, at::u32(data, 0))),
    ..Protocol::NEW
};

static NETFLOW_VERSION: Field = Field::new("netflow_export", "version");
static SFLOW_VERSION: Field = Field::new("sflow", "version");

fn version(cx: &mut Cx, field: &'static Field, version: Option<u32>) -> Step {
    if let Some(version) = version {
        cx.number(field, version);
    }
    Step::Done
}

fn netflow(seen: &Seen) -> Verdict {
    let (Some(version), Some(count)) = (at::u16(seen.data, 0), at::u16(seen.data, 2)) else { return Verdict::No };
    let records = |header: usize, record: usize| {
        let seconds = at::u32(seen.data, 8);
        let fits = (1..=35).contains(&count) && header + record * usize::from(count) == seen.wire;
        fits && seconds.is_some_and(|s| !(0x0400_0000..=A_BILLION).contains(&s))
    };
    let fits = match version {
        1 => records(16, 52),
        5 => records(24, 48),
        7 => records(24, 52),
        9 => (1..=1024).contains(&count) && sets(seen, 20, &[0, 1]),
        10 => usize::from(count) == seen.wire && sets(seen, 16, &[2, 3]),
        _ => false,
    };
    if fits { Verdict::Yes("NetFlow records fill the datagram") } else { Verdict::No }
}

/// Whether sets with these numbers, or those of data, fill the rest of the datagram.
fn sets(seen: &Seen, header: usize, templates: &[u16]) -> bool {
    let mut place = header;
    let mut any = false;
    while place < seen.data.len() {
        let (Some(id), Some(length)) = (at::u16(seen.data, place), at::u16(seen.data, place + 2)) else {
            return any && !seen.complete();
        };
        if !(templates.contains(&id) || id >= 256) || length < 4 {
            return false;
        }
        any = true;
        place += usize::from(length);
    }
    any && (place == seen.wire || !seen.complete())
}

fn sflow(seen: &Seen) -> Verdict {
    let word = |place| at::u32(seen.data, place);
    let (Some(version), Some(kind)) = (word(0), word(4)) else { return Verdict::No };
    let address = match kind {
        1 => 4,
        2 => 16,
        _ => return Verdict::No,
    };
    // Version 5 adds the number of a sub-agent.
    let samples_at = 8 + address + if version == 5 { 12 } else { 8 };
    let (Some(samples), Some(format)) = (word(samples_at), word(samples_at + 4)) else { return Verdict::No };
    let known = matches!(version, 2 | 4 | 5) && (1..=256).contains(&samples);
    if !known {
        return Verdict::No;
    }
    if version < 5 {
        return if matches!(format, 1 | 2) { Verdict::Yes("sFlow samples") } else { Verdict::No };
    }
    let length = word(samples_at + 8).and_then(|n| usize::try_from(n).ok());
    let fits = length.is_some_and(|n| n.is_multiple_of(4) && n + samples_at + 12 <= seen.wire);
    if fits { Verdict::Yes("sFlow samples") } else { Verdict::No }
}

/// Seconds since 1970 in 2001.
const A_BILLION: u32 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn version_5() {
        let mut export = vec![0, 5, 0, 1, 0, 0, 1, 0, 0x60, 0, 0, 0];
        export.resize(24 + 48, 0);
        assert_eq!(Talk::udp(4000, 9999).client(&export).run().names(), ["NetFlow"]);
        export.push(0);
        assert!(Talk::udp(4000, 9999).client(&export).run().names().is_empty());
        survives(&NETFLOW, &[&export]);
    }

    #[test]
    fn an_sflow_sample() {
        let mut export = Vec::new();
        for word in [5_u32, 1, 0x0a00_0001, 0, 1, 100, 1, 1, 4, 0] {
            export.extend(word.to_be_bytes());
        }
        assert_eq!(Talk::udp(4000, 9999).client(&export).run().names(), ["sFlow"]);
        survives(&SFLOW, &[&export]);
    }
}

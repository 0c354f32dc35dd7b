//! All dissectors: the first byte says the transport, the ports and the direction; the rest is payload, in two pieces.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use dpimon::dissect::Registry;
use dpimon::{Classifier, Direction, FiveTuple};
use libfuzzer_sys::fuzz_target;

static PORTS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let registry = Registry::builtin();
    let mut ports: Vec<u16> = registry.iter().flat_map(|p| p.ports.iter().copied()).chain([9_999]).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
});

fuzz_target!(|data: &[u8]| {
    let Some(([how, port, cut], payload)) = data.split_first_chunk::<3>() else { return };
    let proto = if how & 1 == 0 { 6 } else { 17 };
    let server = PORTS[usize::from(*port) % PORTS.len()];
    let ip = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
    let tuple = FiveTuple { proto, client: (ip(1), 40_000), server: (ip(2), server) };
    let way = |bit: u8| if how & bit == 0 { Direction::ToServer } else { Direction::ToClient };
    let (first, second) = payload.split_at(payload.len().min(usize::from(*cut) * 4));
    let mut classifier = Classifier::builder().max_flows(4).build();
    classifier.payload(tuple, way(2), 0, first);
    classifier.payload(tuple, way(4), 1, second);
    classifier.payload(tuple, way(8), 2, payload);
    let _ = classifier.finish();
});

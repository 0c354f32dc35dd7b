//! The engine's stages, and the whole, on the capture that comes with the project; the bare loop that everything is
//! measured against is here too.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dpimon::classify::Knowledge;
use dpimon::classify::apps::AppTable;
use dpimon::engine::harvest::Harvest;
use dpimon::engine::judge::Judge;
use dpimon::engine::pipeline::{Pipeline, Setup};
use dpimon::engine::reader::Go;
use dpimon::engine::source::{self, Chunk, More};
use dpimon::flow::{Flow, Table};
use dpimon::packet::{self, LinkType};
use dpimon::report;

fn capture() -> PathBuf {
    // A larger mix, if one is named: DPIMON_BENCH_CAPTURE=target/mix.pcap
    std::env::var_os("DPIMON_BENCH_CAPTURE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/youtube.pcap"), PathBuf::from)
}

fn each_packet(mut take: impl FnMut(LinkType, &[u8], u32)) -> u64 {
    let mut source = source::open(&[capture()]).expect("a capture");
    let (mut chunk, mut packets) = (Chunk::default(), 0);
    loop {
        chunk.clear();
        let more = source.fill(&mut chunk).expect("readable");
        for record in &chunk.records {
            packets += 1;
            take(source.interfaces()[record.interface as usize].link, chunk.data(record), record.wire);
        }
        if more == More::No {
            return packets;
        }
    }
}

/// Read, headers, flow table: as little as any flow tool must do.
fn bare_loop() -> usize {
    let mut table: Table<()> = Table::new(1 << 20);
    let mut carriers = Vec::new();
    let mut number = 0;
    each_packet(|link, data, wire| {
        number += 1;
        carriers.clear();
        if let Ok((headers, _)) = packet::decode(link, data, wire, &mut carriers) {
            let at = table.find(&headers.key);
            let at = at.unwrap_or_else(|| table.insert(Flow::new(headers.key, number, 0, headers.from_low, ())).at);
            if let Some(flow) = table.get_mut(at) {
                flow.counts[usize::from(!headers.from_low)].add(wire);
            }
        }
    });
    table.len()
}

fn whole(knowledge: &Arc<Knowledge>) -> Harvest {
    let setup = Setup {
        source: source::open(&[capture()]).expect("a capture"),
        knowledge: Arc::clone(knowledge),
        judge: Judge::default(),
        workers: 1,
        max_flows: 262_144,
        idle_timeout: None,
        count: None,
        filter: None,
        sink: None,
        screen: None,
        control: Box::new(|_, _| Go::On),
    };
    let pipeline = Pipeline::start(setup).expect("threads");
    Harvest::gather(pipeline, Arc::clone(knowledge), |_| Ok(())).expect("no output to fail")
}

fn stages(c: &mut Criterion) {
    let packets = each_packet(|_, _, _| {});
    let knowledge = Arc::new(Knowledge::builtin());
    let mut group = c.benchmark_group("capture");
    group.throughput(Throughput::Elements(packets)).sample_size(20);
    group.bench_function("read", |b| b.iter(|| each_packet(|_, data, _| _ = black_box(data))));
    group.bench_function("read + headers", |b| {
        let mut carriers = Vec::new();
        b.iter(|| {
            each_packet(|link, data, wire| {
                carriers.clear();
                let _ = black_box(packet::decode(link, data, wire, &mut carriers));
            })
        });
    });
    group.bench_function("read + headers + flow table (the bare loop)", |b| b.iter(bare_loop));
    group.bench_function("whole engine, one worker", |b| b.iter(|| black_box(whole(&knowledge).trackers.len())));
    group.finish();
}

fn lookups(c: &mut Criterion) {
    let apps = AppTable::builtin();
    let hosts = ["www.youtube.com", "rr3---sn-4g5e.googlevideo.com", "nothing.example.org", "a.b.c.d.e.f.example.net"];
    let mut turn = hosts.iter().cycle();
    c.bench_function("host suffix", |b| b.iter(|| turn.next().and_then(|h| black_box(apps.lookup(h)))));
}

fn records(c: &mut Criterion) {
    let knowledge = Arc::new(Knowledge::builtin());
    let harvest = whole(&knowledge);
    let flows = harvest.records().count() as u64;
    let mut group = c.benchmark_group("records");
    group.throughput(Throughput::Elements(flows));
    group.bench_function("json", |b| {
        let mut out = Vec::new();
        b.iter(|| {
            out.clear();
            harvest.records().for_each(|r| report::json::flow(&mut out, &r, |_| String::new()).expect("memory"));
            out.len()
        });
    });
    group.finish();
}

criterion_group!(benches, stages, lookups, records);
criterion_main!(benches);

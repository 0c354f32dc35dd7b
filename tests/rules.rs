//! Rules on whole captures: what is stopped, what is written, whatever the number of workers.

mod common;

use common::{Tcp, count, dpimon, file, json, packets, pcap, shared, testdata};
use std::path::Path;

fn youtube() -> String {
    testdata("youtube.pcap").to_str().unwrap().to_owned()
}

/// Runs with `-w` and `--dropped` and gives both captures.
fn split(input: &str, workers: &str, rules: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let (kept, fallen) = (folder.path().join("kept"), folder.path().join("fallen"));
    let mut args = vec![
        "-r",
        input,
        "--workers",
        workers,
        "-q",
        "-w",
        kept.to_str().unwrap(),
        "--dropped",
        fallen.to_str().unwrap(),
    ];
    args.extend(rules);
    let out = dpimon(&args);
    assert!(out.status.success(), "{input}: {}", String::from_utf8_lossy(&out.stderr));
    (std::fs::read(kept).unwrap(), std::fs::read(fallen).unwrap())
}

#[test]
fn youtube_blocked_and_written_is_gone_when_read_back() {
    let before = json(&["-r", &youtube()]);
    assert!(count(&before, "YouTube") >= 4);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("rest.pcap").to_str().unwrap().to_owned();
    let done = dpimon(&["-r", &youtube(), "--block-app", "youtube", "--block-whole-flow", "-q", "-w", &out]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let after = json(&["-r", &out]);
    assert_eq!(count(&after, "YouTube"), 0);
    assert!(count(&after, "Github") >= 1 && count(&after, "Wikipedia") >= 1, "neighbours stay");
    let hosts = after.iter().filter_map(|r| r["dpi"]["domain"].as_str());
    assert!(hosts.into_iter().all(|h| !h.contains("youtube") && !h.contains("googlevideo")));
}

#[test]
fn a_rule_tells_what_it_stopped_and_the_sums_are_exact() {
    let records = json(&["-r", &youtube(), "--block-domain", "*.googlevideo.com", "--block-port", "udp/53"]);
    let stopped: Vec<_> = records.iter().filter(|r| r["verdict"]["action"] == "drop").collect();
    assert!(stopped.iter().any(|r| r["verdict"]["rule"] == "[BLOCKED_DOMAINS] *.googlevideo.com"));
    assert!(stopped.iter().any(|r| r["verdict"]["rule"] == "[BLOCKED_PORTS] udp/53"));
    let stats = records.last().unwrap();
    let n = |key: &str| stats[key].as_u64().unwrap();
    assert_eq!(n("forwarded") + n("dropped"), n("packets"));
    assert!(n("dropped") > 0);
    let flows = &stats["flows"];
    assert_eq!(
        flows["begun"],
        flows["live"].as_u64().unwrap() + flows["ended"].as_u64().unwrap() + flows["evicted"].as_u64().unwrap()
    );
}

#[test]
fn everything_written_is_the_input() {
    let (kept, fallen) = split(&youtube(), "2", &[]);
    assert_eq!(kept, std::fs::read(youtube()).unwrap());
    assert_eq!(fallen.len(), 24, "a header and no packet");
}

#[test]
fn kept_and_fallen_together_are_the_input() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, fallen) = split(&youtube(), "3", &["--block-app", "youtube"]);
    let (kept, fallen) = (file(&folder, "kept.pcap", &kept), file(&folder, "fallen.pcap", &fallen));
    let all = packets(Path::new(&youtube()));
    let (kept, fallen) = (packets(Path::new(&kept)), packets(Path::new(&fallen)));
    assert!(!fallen.is_empty());
    let mut both = [kept, fallen].concat();
    both.sort_by_key(|p| p.1);
    assert_eq!(both.len(), all.len());
    let mut sorted = all.clone();
    sorted.sort_by_key(|p| p.1);
    assert_eq!(both.iter().map(|p| p.1).collect::<Vec<_>>(), sorted.iter().map(|p| p.1).collect::<Vec<_>>());
}

/// The first ClientHello for a name in the capture that comes with the project.
fn client_hello() -> Vec<u8> {
    let list = packets(&testdata("youtube.pcap"));
    let payloads = list.iter().filter_map(|(link, _, bytes)| {
        let (headers, _) = dpimon::packet::decode(*link, bytes, bytes.len() as u32, &mut Vec::new()).ok()?;
        bytes.get(headers.payload_at as usize..(headers.payload_at + headers.payload_len) as usize)
    });
    let hello = |p: &&[u8]| p.starts_with(&[0x16, 3, 1]) && p.windows(15).any(|w| w == b"www.youtube.com");
    payloads.into_iter().find(hello).expect("a ClientHello").to_vec()
}

#[test]
fn a_hello_in_twenty_segments_is_named_and_blocked_in_any_order() {
    let hello = client_hello();
    let size = hello.len().div_ceil(20);
    let pieces: Vec<(usize, &[u8])> = hello.chunks(size).enumerate().map(|(n, piece)| (n * size, piece)).collect();
    assert!(pieces.len() >= 19);
    let overlapping: Vec<(usize, &[u8])> =
        pieces.iter().map(|(at, _)| (*at, &hello[*at..(*at + 2 * size).min(hello.len())])).collect();
    let reversed = |list: &[(usize, &'static [u8])]| list.iter().rev().copied().collect::<Vec<_>>();
    let pieces: Vec<(usize, &'static [u8])> = pieces.iter().map(|(at, p)| (*at, &*p.to_vec().leak())).collect();
    let overlapping: Vec<(usize, &'static [u8])> =
        overlapping.iter().map(|(at, p)| (*at, &*p.to_vec().leak())).collect();
    let orders = [
        ("in order", pieces.clone()),
        ("reversed", reversed(&pieces)),
        ("overlapping", overlapping.clone()),
        ("both", reversed(&overlapping)),
    ];
    for (order, segments) in orders {
        let mut tcp = Tcp::open(40_000, 8_443);
        for (offset, data) in segments {
            tcp.segment(0, offset, data);
        }
        tcp.segment(1, 0, &[0x15, 3, 3, 0, 2, 2, 40]);
        let folder = tempfile::tempdir().unwrap();
        let input = file(&folder, "cut.pcap", &pcap(&tcp.frames));
        let records = json(&["-r", &input, "--block-domain", "www.youtube.com"]);
        assert_eq!(records[0]["dpi"]["protocol"], "TLS", "{order}");
        assert_eq!(records[0]["dpi"]["domain"], "www.youtube.com", "{order}");
        assert_eq!(records[0]["verdict"]["action"], "drop", "{order}");
    }
}

#[test]
fn a_second_host_on_a_kept_alive_connection_is_tested_too() {
    let mut tcp = Tcp::open(40_000, 8_080);
    let get = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for host in ["fine.example", "bad.example", "fine.example"] {
        tcp.say(0, &get(host));
        tcp.say(1, answer);
    }
    let folder = tempfile::tempdir().unwrap();
    let input = file(&folder, "two.pcap", &pcap(&tcp.frames));
    let records = json(&["-r", &input, "--block-domain", "bad.example"]);
    assert_eq!(records[0]["dpi"]["domain"], "fine.example");
    assert_eq!(records[0]["verdict"]["action"], "drop");
    assert_eq!(records.last().unwrap()["dropped"], 4, "from the second request on");
}

/// Records and written bytes must not depend on how the work is shared out.
fn same_for_all_workers(input: &str) {
    let rules = ["--block-app", "TLS", "--block-domain", "*.com", "--block-port", "53"];
    let args = |workers| [&["-r", input, "--workers", workers][..], &rules].concat();
    let one = json(&args("1"));
    let written = split(input, "1", &rules);
    for workers in ["2", "4", "7"] {
        assert_eq!(json(&args(workers)), one, "{input} with {workers} workers");
        assert_eq!(split(input, workers, &rules), written, "{input} with {workers} workers");
    }
}

#[test]
fn verdicts_and_bytes_are_the_same_for_any_number_of_workers() {
    same_for_all_workers(&youtube());
}

#[test]
fn and_on_every_capture_of_the_corpus() {
    for folder in ["corpus/ndpi", "corpus/neutral", "corpus/godpi"] {
        let Some(folder) = shared(folder) else { return };
        let mut inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        inputs.retain(|p| p.extension().is_some_and(|e| e != "csv" && e != "txt" && e != "md"));
        inputs.sort();
        for input in inputs {
            same_for_all_workers(input.to_str().unwrap());
        }
    }
}

//! What whole-program tests share: running the program, reading its records, and making captures byte by byte.
#![allow(dead_code)] // every test file uses a part

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dpimon::engine::source::{self, Chunk, More};
use serde_json::Value;

/// A capture that comes with the project.
pub fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A folder beside the project that not every machine has. Says so loudly where it is missing.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("\n!!! {} is not there: this test did NOT run on it\n", path.display());
    None
}

/// Runs the program.
pub fn dpimon(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dpimon")).args(args).output().expect("the program starts")
}

/// Runs it with `--json` and gives its objects; the last is the statistics.
pub fn json(args: &[&str]) -> Vec<Value> {
    let out = dpimon(&[args, &["--json"]].concat());
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("JSON is UTF-8");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// The flows of one protocol, app and stack included.
pub fn count(records: &[Value], name: &str) -> usize {
    let named = |r: &&Value| {
        let dpi = &r["dpi"];
        let stack = dpi["stack"].as_array().into_iter().flatten();
        dpi["confidence"] != "port"
            && (dpi["protocol"] == name || dpi["app"] == name || stack.clone().any(|s| s == name))
    };
    records.iter().filter(|r| r["event_type"] == "flow").filter(named).count()
}

/// All packets of a capture: link type, time, bytes.
pub fn packets(path: &Path) -> Vec<(dpimon::packet::LinkType, i64, Vec<u8>)> {
    let mut source = source::open(&[path.to_path_buf()]).expect("a capture");
    let (mut chunk, mut list) = (Chunk::default(), Vec::new());
    loop {
        chunk.clear();
        let more = source.fill(&mut chunk).expect("readable");
        for record in &chunk.records {
            let link = source.interfaces()[record.interface as usize].link;
            list.push((link, record.time, chunk.data(record).to_vec()));
        }
        if more == More::No {
            return list;
        }
    }
}

/// A classic pcap of Ethernet frames, a millisecond apart.
pub fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    for (n, frame) in (0_u32..).zip(frames) {
        for word in [1_700_000_000 + n / 1_000, n % 1_000 * 1_000, frame.len() as u32, frame.len() as u32] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(frame);
    }
    file
}

/// A TCP connection between two hosts, segment by segment.
pub struct Tcp {
    /// The frames so far.
    pub frames: Vec<Vec<u8>>,
    ports: (u16, u16),
    next: [u32; 2],
}

impl Tcp {
    /// With its handshake.
    pub fn open(client: u16, server: u16) -> Self {
        let mut tcp = Self { frames: Vec::new(), ports: (client, server), next: [1_000, 5_000] };
        tcp.frame(0, 1_000, 0x02, &[]);
        tcp.frame(1, 5_000, 0x12, &[]);
        tcp.next = [1_001, 5_001];
        tcp.frame(0, 1_001, 0x10, &[]);
        tcp
    }

    /// Bytes of the client (0) or server (1), in order.
    pub fn say(&mut self, side: usize, data: &[u8]) {
        let seq = self.next[side];
        self.frame(side, seq, 0x18, data);
        self.next[side] += data.len() as u32;
    }

    /// A segment at an offset from the next byte, wherever that is.
    pub fn segment(&mut self, side: usize, offset: usize, data: &[u8]) {
        let seq = self.next[side] + offset as u32;
        self.frame(side, seq, 0x18, data);
    }

    fn frame(&mut self, side: usize, seq: u32, flags: u8, data: &[u8]) {
        let (from, to) = if side == 0 { (self.ports.0, self.ports.1) } else { (self.ports.1, self.ports.0) };
        let ack = if flags & 0x10 == 0 { 0 } else { self.next[1 - side] };
        let mut tcp = Vec::new();
        tcp.extend_from_slice(&from.to_be_bytes());
        tcp.extend_from_slice(&to.to_be_bytes());
        tcp.extend_from_slice(&seq.to_be_bytes());
        tcp.extend_from_slice(&ack.to_be_bytes());
        tcp.extend_from_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend_from_slice(data);
        let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        self.frames.push(if side == 0 { ipv4(6, client, server, &tcp) } else { ipv4(6, server, client, &tcp) });
    }
}

/// An Ethernet frame with an IPv4 packet.
pub fn ipv4(proto: u8, from: [u8; 4], to: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    let length = (20 + payload.len()) as u16;
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0, 1, 0x40, 0, 64, proto, 0, 0]);
    frame.extend_from_slice(&from);
    frame.extend_from_slice(&to);
    frame.extend_from_slice(payload);
    frame
}

/// A file in a folder of the test's own.
pub fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    path.to_str().expect("a plain path").to_owned()
}

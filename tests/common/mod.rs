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

<<<<<<< HEAD
/// The flows of one protocol, app and stack included.
pub fn count(records: &[Value], name: &str) -> usize {
    let named = |r: &&Value| {
        let dpi = &r["dpi"];
        let stack = dpi["stack"].as_array().into_iter().flatten();
        dpi["confidence"] != "port"
            && (dpi["protocol"] == name || dpi["app"] == name || stack.clone().any(|s| s == name))
=======
impl State {
    fn add_rule(&mut self, spec: RuleSpec, origin: &str) {
        let (text, kind) = match &spec {
            RuleSpec::App(name) => (format!("[BLOCKED_APPS] {name}"), "app"),
            RuleSpec::Domain(name) => (format!("[BLOCKED_DOMAINS] {name}"), "domain"),
            RuleSpec::Address(name) => (format!("[BLOCKED_IPS] {name}"), "address"),
            RuleSpec::Port(name) => (format!("[BLOCKED_PORTS] {name}"), "port"),
        };
        let id = self.rules.iter().map(|(rule, _)| rule.id).max().unwrap_or(0) + 1;
        let origin = origin.to_owned();
        let row = RuleRow { id, text, kind, origin, enabled: true, flows: 0, packets: 0, bytes: 0 };
        self.rules.push((row, spec));
        self.judge();
    }

    fn judge(&mut self) {
        for row in &mut self.flows {
            row.rule = self.rules.iter().find(|(rule, spec)| rule.enabled && hits(spec, row)).map(|(rule, _)| rule.id);
        }
        for (rule, _) in &mut self.rules {
            let hit = || self.flows.iter().filter(|row| row.rule == Some(rule.id));
            (rule.flows, rule.packets, rule.bytes) =
                (hit().count() as u64, hit().map(packets).sum(), hit().map(both).sum());
        }
    }

    fn carry_out(&mut self, request: Request) {
        let mut text = String::new();
        match request {
            Request::Block(spec) => {
                text = "blocked".into();
                self.add_rule(spec, "key");
            }
            Request::Unblock(id) => {
                text = "The rule is gone".into();
                self.rules.retain(|(rule, _)| rule.id != id);
            }
            Request::Enable(id, on) => {
                self.rules.iter_mut().filter(|(rule, _)| rule.id == id).for_each(|(rule, _)| rule.enabled = on);
            }
            Request::SaveRules(path) => text = format!("Saved the rules to {}", path.display()),
            Request::Export { path, .. } => text = format!("Wrote {}", path.display()),
            Request::Report { path, .. } => text = format!("Wrote {}", path.display()),
            Request::Pause(on) => self.paused = on,
        }
        self.judge();
        if !text.is_empty() {
            let serial = self.notices.len() as u64 + 1;
            self.notices.push(Notice { serial, error: false, text });
        }
    }

    fn publish(&mut self) {
        self.serial += 1;
        let filter = self.view.filter.clone();
        let mut shown: Vec<&FlowRow> =
            self.flows.iter().filter(|row| filter.as_ref().is_none_or(|f| f.matches(row))).collect();
        self.order(&mut shown);
        let totals = self.totals();
        let window = self.window(&shown);
        let open = self.view.open.and_then(|id| self.flows.iter().find(|row| row.id == id));
        self.published = Arc::new(Snapshot {
            serial: self.serial,
            source: SourceState {
                name: if self.live { "wlan0".into() } else { "captures/crash-2024-03-01.pcapng".into() },
                live: self.live,
                finished: self.finished,
                read: self.read,
                total: if self.live { 0 } else { 88_000_000 },
                paused: self.paused,
                warnings: Vec::new(),
            },
            timeline: if self.flows.is_empty() { Timeline::default() } else { timeline() },
            apps: apps(&shown),
            domains: domains(&shown),
            hosts: hosts(&shown),
            suspects: if self.flows.is_empty() { Vec::new() } else { suspects() },
            rules: self.rules.iter().map(|(rule, _)| rule.clone()).collect(),
            window,
            detail: open.map(|row| Arc::new(detail(row))),
            workers: vec![WorkerRow { packets: totals.packets / 2, flows: totals.begun / 2, asked: 900 }; 2],
            notices: self.notices.clone(),
            totals,
        });
    }

    fn order(&self, rows: &mut [&FlowRow]) {
        rows.sort_by(|a, b| {
            let order = match self.view.sort {
                Sort::Bytes => both(a).cmp(&both(b)),
                Sort::Rate => (a.rate_up + a.rate_down).cmp(&(b.rate_up + b.rate_down)),
                Sort::Packets => packets(a).cmp(&packets(b)),
                Sort::Client => a.client.cmp(&b.client),
                Sort::Server => a.server.cmp(&b.server),
                Sort::Domain => a.domain.cmp(&b.domain),
                Sort::App => a.app.cmp(&b.app),
                Sort::Protocol => a.protocol.cmp(&b.protocol),
                Sort::State => a.state.cmp(b.state),
                Sort::Duration => (a.end - a.start).cmp(&(b.end - b.start)),
                Sort::Start => a.start.cmp(&b.start),
            };
            let order = if self.view.ascending { order } else { order.reverse() };
            order.then(a.id.cmp(&b.id))
        });
    }

    fn window(&self, shown: &[&FlowRow]) -> Window {
        let from = usize::try_from(self.view.offset).unwrap().min(shown.len());
        let to = from.saturating_add(usize::try_from(self.view.rows).unwrap()).min(shown.len());
        Window {
            matching: shown.len() as u64,
            total: self.flows.len() as u64,
            bytes: shown.iter().map(|row| both(row)).sum(),
            offset: from as u64,
            rows: shown[from..to].iter().map(|row| Arc::new((*row).clone())).collect(),
            selected: self.view.selected.and_then(|id| shown.iter().position(|row| row.id == id)).map(|at| at as u64),
        }
    }

    fn totals(&self) -> Totals {
        let decoded: u64 = self.flows.iter().map(packets).sum();
        let of = |proto: u8| self.flows.iter().filter(|row| row.proto == proto).map(packets).sum::<u64>();
        let dropped = self.flows.iter().filter(|row| row.rule.is_some()).map(packets).sum();
        let undecoded =
            if self.flows.is_empty() { Vec::new() } else { vec![("arp", 41), ("lldp", 6), ("truncated", 2)] };
        let lost: u64 = undecoded.iter().map(|(_, n)| n).sum();
        let packets = decoded + lost;
        let ends = (!self.flows.is_empty()).then_some((START, START + 671 * SECOND));
        Totals {
            packets,
            bytes: self.flows.iter().map(both).sum(),
            tcp: of(6),
            udp: of(17),
            other: lost,
            decoded,
            undecoded,
            forwarded: packets - dropped,
            dropped,
            begun: self.flows.len() as u64,
            live: self.flows.len() as u64,
            ended: 0,
            evicted: 0,
            kernel_drops: 0,
            queue_drops: 0,
            limits: vec![("facts of a flow", 3)],
            first: ends.map(|e| e.0),
            last: ends.map(|e| e.1),
        }
    }
}

fn both(row: &FlowRow) -> u64 {
    row.bytes_up + row.bytes_down
}

fn packets(row: &FlowRow) -> u64 {
    row.packets_up + row.packets_down
}

fn hits(spec: &RuleSpec, row: &FlowRow) -> bool {
    let is = |text: &Option<Arc<str>>, name: &str| text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(name));
    match spec {
        RuleSpec::App(name) => is(&row.app, name) || is(&row.protocol, name) || is(&row.category, name),
        RuleSpec::Domain(name) => match name.strip_prefix("*.") {
            Some(base) => row.domain.as_deref().is_some_and(|d| d == base || d.ends_with(&format!(".{base}"))),
            None => is(&row.domain, name),
        },
        RuleSpec::Address(ip) => row.client.to_string() == *ip || row.server.to_string() == *ip,
        RuleSpec::Port(port) => {
            let proto = if row.proto == 6 { "tcp" } else { "udp" };
            *port == row.server_port.to_string() || *port == format!("{proto}/{}", row.server_port)
        }
    }
}

/// The same numbers on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }
}

fn flows(wanted: usize) -> Vec<FlowRow> {
    let mut dice = Dice(7);
    (0..wanted).map(|i| flow(i, &mut dice)).collect()
}

fn flow(i: usize, dice: &mut Dice) -> FlowRow {
    let (app, protocol, category, host, server, proto, port, weight) = SITES[i % SITES.len()];
    let text = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
    let round = (i / SITES.len()) as u64;
    let down = weight * 1_000 / (round + 1) + dice.roll(weight * 100 + 90);
    let up = down / (20 + dice.roll(30)) + 60;
    let start = START + i64::try_from(dice.roll(600)).unwrap() * SECOND;
    let scanner = i % 23 == 22;
    let client = if scanner { 66 } else { 8 + dice.roll(4) as u8 };
    let registrable = host.rsplit_once('.').map(|(rest, tld)| {
        let second = rest.rsplit('.').next().unwrap_or(rest);
        let third = rest.rsplit('.').nth(1);
        if second == "co" { format!("{}.co.{tld}", third.unwrap_or("x")) } else { format!("{second}.{tld}") }
    });
    FlowRow {
        id: i as u64 * 13 + 1,
        proto,
        client: IpAddr::V4(Ipv4Addr::new(10, 0, 0, client)),
        client_port: 40_000 + dice.roll(20_000) as u16,
        server: if scanner { "203.0.113.9".parse().unwrap() } else { IpAddr::from(server) },
        server_port: if scanner { 4_444 } else { port },
        server_name: scanner.then(|| Arc::from("c2.badness.example")),
        domain: if scanner { None } else { text(host) },
        registrable: if scanner { None } else { registrable.as_deref().and_then(text) },
        protocol: text(if scanner { "TLS" } else { protocol }),
        app: if scanner { None } else { text(app) },
        category: text(if scanner { "" } else { category }),
        guess: scanner || protocol == "NTP",
        packets_up: up / 400 + 1,
        packets_down: down / 1_200 + 1,
        bytes_up: up,
        bytes_down: down,
        start,
        end: start + 400_000_000 + i64::try_from(dice.roll(9_000)).unwrap() * SECOND / 17,
        rate_up: up / 60,
        rate_down: down / 60,
        state: ["established", "closed", "closed", "new"][(dice.roll(4)) as usize],
        rule: None,
        risks: u8::from(scanner),
        carrier: i % 41 == 40,
    }
}

fn apps(rows: &[&FlowRow]) -> Vec<AppRow> {
    let mut sums: BTreeMap<Arc<str>, AppRow> = BTreeMap::new();
    for row in rows {
        let Some(name) = row.app.clone().or(row.protocol.clone()) else { continue };
        let category = row.category.clone().unwrap_or_else(|| "".into());
        let spark = (0..32).map(|i| (i * 7 + row.id) % 23 * both(row) / 500).collect();
        let new = AppRow { name: name.clone(), category, flows: 0, packets: 0, bytes: 0, blocked: 0, spark };
        let sum = sums.entry(name).or_insert(new);
        sum.flows += 1;
        sum.packets += packets(row);
        sum.bytes += both(row);
        sum.blocked += u64::from(row.rule.is_some());
    }
    let mut out: Vec<_> = sums.into_values().collect();
    out.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.name.cmp(&b.name)));
    out
}

fn domains(rows: &[&FlowRow]) -> Vec<DomainRow> {
    type Below = BTreeMap<Arc<str>, (u64, u64)>;
    let mut sums: BTreeMap<Arc<str>, (DomainRow, Below)> = BTreeMap::new();
    for row in rows {
        let (Some(domain), Some(host)) = (row.registrable.clone(), row.domain.clone()) else { continue };
        let new = DomainRow { domain: domain.clone(), flows: 0, bytes: 0, blocked: 0, hosts: Vec::new() };
        let (sum, hosts) = sums.entry(domain).or_insert((new, BTreeMap::new()));
        sum.flows += 1;
        sum.bytes += both(row);
        sum.blocked += u64::from(row.rule.is_some());
        let host = hosts.entry(host).or_default();
        *host = (host.0 + 1, host.1 + both(row));
    }
    let finish = |(mut sum, hosts): (DomainRow, Below)| {
        sum.hosts = hosts.into_iter().map(|(host, (flows, bytes))| (host, flows, bytes)).collect();
        sum.hosts.sort_by_key(|host| std::cmp::Reverse(host.2));
        sum
>>>>>>> tui
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

<<<<<<< HEAD
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
=======
fn packet(row: &FlowRow, i: u64) -> PacketRow {
    let up = i.is_multiple_of(3);
    let payload: &[u8] = if up {
        b"GET /watch?v=dQw4w9WgXcQ HTTP/1.1\r\nHost: example.com\r\nUser-Agent: demo/1.0\r\nAccept: */*\r\n\r\n"
    } else {
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello \xff\xfe\x1b[2J"
    };
    let mut bytes = vec![0x45, 0, 0, 0x94, 0x1c, 0x46, 0x40, 0, 0x40, 0x06, 0xb1, 0xe6];
    bytes.resize(54, 0x0a);
    let payload_at = bytes.len() as u32;
    bytes.extend_from_slice(payload);
    PacketRow {
        number: row.id + i * 3,
        time: row.start + i64::try_from(i * i).unwrap() * 2_300_000,
        up,
        wire: bytes.len() as u32,
        flags: if row.proto == 6 { ["S", "SA", "A", "PA"][(i as usize).min(3)].into() } else { String::new() },
        payload: payload.len() as u32,
        payload_at,
        bytes: bytes.into(),
    }
>>>>>>> tui
}

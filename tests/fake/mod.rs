//! A monitor without an engine: made-up flows, the same on every run, that answer views, blocks and exports.

#![allow(dead_code)]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use dpimon::engine::snapshot::*;

const SECOND: i64 = 1_000_000_000;
/// 2024-03-01 11:58:00 UTC.
const START: i64 = 1_709_294_280 * SECOND;

/// App, protocol, category, host, server, transport, port, weight in kB.
type Site = (&'static str, &'static str, &'static str, &'static str, [u8; 4], u8, u16, u64);

#[rustfmt::skip]
const SITES: &[Site] = &[
    ("YouTube", "QUIC", "video", "rr3---sn-4g5e6nsz.googlevideo.com", [142, 250, 186, 46], 17, 443, 41_200),
    ("YouTube", "QUIC", "video", "rr5---sn-4g5lznez.googlevideo.com", [142, 250, 186, 48], 17, 443, 18_400),
    ("Netflix", "TLS", "video", "ipv4-c012-fra002-ix.1.oca.nflxvideo.net", [45, 57, 90, 1], 6, 443, 22_000),
    ("Netflix", "TLS", "video", "ipv4-c044-fra002-ix.1.oca.nflxvideo.net", [45, 57, 90, 7], 6, 443, 9_100),
    ("Microsoft Teams", "TLS", "conference", "teams.microsoft.com", [52, 113, 194, 132], 6, 443, 3_400),
    ("Microsoft", "TLS", "cloud", "settings-win.data.microsoft.com", [51, 104, 136, 2], 6, 443, 640),
    ("GitHub", "TLS", "development", "github.com", [140, 82, 121, 4], 6, 443, 310),
    ("GitHub", "TLS", "development", "objects.githubusercontent.com", [185, 199, 110, 133], 6, 443, 2_900),
    ("TikTok", "TLS", "social", "www.tiktok.com", [23, 45, 108, 250], 6, 443, 1_900),
    ("TikTok", "QUIC", "social", "v16-webapp-prime.tiktok.com", [23, 45, 108, 251], 17, 443, 5_300),
    ("Spotify", "TLS", "music", "audio-fa.scdn.co", [151, 101, 2, 248], 6, 443, 7_700),
    ("WhatsApp", "TLS", "chat", "mmx-ds.cdn.whatsapp.net", [157, 240, 27, 54], 6, 443, 410),
    ("Cloudflare", "QUIC", "cloud", "cdnjs.cloudflare.com", [104, 17, 24, 14], 17, 443, 88),
    ("", "DNS", "network", "www.googleapis.com", [192, 168, 1, 1], 17, 53, 1),
    ("", "DNS", "network", "teams.microsoft.com", [192, 168, 1, 1], 17, 53, 1),
    ("", "mDNS", "network", "_airplay._tcp.local", [224, 0, 0, 251], 17, 5353, 2),
    ("", "NTP", "network", "", [162, 159, 200, 1], 17, 123, 1),
    ("", "SSH", "remote", "", [192, 168, 1, 20], 6, 22, 120),
    ("", "HTTP", "web", "böse-\u{1f600}-\u{1b}[31mseite\u{202e}moc.example", [198, 51, 100, 7], 6, 80, 35),
    ("", "HTTP", "web", "an-extraordinarily-long-host-name-that-somebody-chose-to-annoy-tools.very.deep.sub.domain.example.co.uk", [198, 51, 100, 9], 6, 8080, 14),
    ("", "TLS", "web", "東京都交通局.example.jp", [198, 51, 100, 11], 6, 443, 260),
];

/// The made-up engine.
pub struct Fake {
    state: Mutex<State>,
}

struct State {
    flows: Vec<FlowRow>,
    rules: Vec<(RuleRow, RuleSpec)>,
    view: View,
    notices: Vec<Notice>,
    serial: u64,
    finished: bool,
    live: bool,
    read: u64,
    paused: bool,
    requests: Vec<String>,
    published: Arc<Snapshot>,
}

impl Fake {
    /// A capture that has been read whole.
    pub fn capture() -> Arc<Self> {
        Self::with(flows(96), true, false)
    }

    /// A capture that is half read.
    pub fn loading() -> Arc<Self> {
        Self::with(flows(40), false, false)
    }

    /// A device.
    pub fn live() -> Arc<Self> {
        Self::with(flows(64), false, true)
    }

    /// Nothing read at all.
    pub fn empty() -> Arc<Self> {
        Self::with(Vec::new(), true, false)
    }

    /// Many flows.
    pub fn large(flows_wanted: usize) -> Arc<Self> {
        Self::with(flows(flows_wanted), true, false)
    }

    fn with(flows: Vec<FlowRow>, finished: bool, live: bool) -> Arc<Self> {
        let mut state = State {
            flows,
            rules: Vec::new(),
            view: View { rows: 100, ..View::default() },
            notices: Vec::new(),
            serial: 0,
            finished,
            live,
            read: if finished { 88_000_000 } else { 41_000_000 },
            paused: false,
            requests: Vec::new(),
            published: Arc::default(),
        };
        if !state.flows.is_empty() {
            state.add_rule(RuleSpec::Domain("*.tiktok.com".into()), "rules.txt:4");
        }
        state.publish();
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// What was asked for so far, in words.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Lets the made-up engine read on; whether there is more.
    pub fn tick(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.finished || state.paused {
            return !state.finished;
        }
        state.read += 1_000_000;
        state.finished = !state.live && state.read >= 88_000_000;
        let more = flows(state.flows.len() + 1);
        state.flows = more;
        state.judge();
        state.publish();
        true
    }
}

impl Monitor for Fake {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.state.lock().unwrap().published.clone()
    }

    fn view(&self, view: View) {
        let mut state = self.state.lock().unwrap();
        state.view = view;
        state.publish();
    }

    fn request(&self, request: Request) {
        let mut state = self.state.lock().unwrap();
        state.requests.push(format!("{request:?}"));
        state.carry_out(request);
        state.publish();
    }

    fn impact(&self, specs: &[RuleSpec]) -> Vec<Impact> {
        let state = self.state.lock().unwrap();
        let one = |spec: &RuleSpec| {
            let hit: Vec<&FlowRow> = state.flows.iter().filter(|row| hits(spec, row)).collect();
            let mut also: Vec<Arc<str>> = hit.iter().filter_map(|row| row.registrable.clone()).collect();
            also.sort();
            also.dedup();
            let address = matches!(spec, RuleSpec::Address(_));
            also.truncate(if address { 4 } else { 0 });
            Impact { flows: hit.len() as u64, bytes: hit.iter().map(|row| both(row)).sum(), also }
        };
        specs.iter().map(one).collect()
    }

    fn estimate(&self, what: &ExportWhat) -> Option<(u64, u64)> {
        let state = self.state.lock().unwrap();
        let wanted = |row: &&FlowRow| match what {
            ExportWhat::Forwarded => row.rule.is_none(),
            ExportWhat::Dropped => row.rule.is_some(),
            ExportWhat::Shown(filter) => filter.matches(row),
            ExportWhat::Flow(id) => row.id == *id,
        };
        let rows = state.flows.iter().filter(wanted);
        Some(rows.fold((0, 0), |sum, row| (sum.0 + packets(row), sum.1 + both(row))))
    }
}

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
    };
    let mut out: Vec<_> = sums.into_values().map(finish).collect();
    out.sort_by(|a, b| b.bytes.cmp(&a.bytes).then(a.domain.cmp(&b.domain)));
    out
}

fn hosts(rows: &[&FlowRow]) -> Vec<HostRow> {
    let mut sums: BTreeMap<IpAddr, HostRow> = BTreeMap::new();
    for row in rows {
        let new = |address| HostRow { address, names: Vec::new(), flows_out: 0, flows_in: 0, sent: 0, received: 0 };
        let client = sums.entry(row.client).or_insert_with(|| new(row.client));
        client.flows_out += 1;
        client.sent += row.bytes_up;
        client.received += row.bytes_down;
        let server = sums.entry(row.server).or_insert_with(|| new(row.server));
        server.flows_in += 1;
        server.sent += row.bytes_down;
        server.received += row.bytes_up;
        if server.names.is_empty() {
            server.names.extend(row.domain.clone().or(row.server_name.clone()));
        }
    }
    let mut out: Vec<_> = sums.into_values().collect();
    out.sort_by_key(|host| std::cmp::Reverse(host.sent + host.received));
    out
}

fn suspects() -> Vec<SuspectRow> {
    let ip = |text: &str| text.parse().unwrap();
    vec![
        SuspectRow {
            address: ip("10.0.0.66"),
            score: 82,
            reasons: vec![
                ("BEACON", "every 60 s ± 4 s to 203.0.113.9, 12 times".into()),
                ("PORT SCAN", "64 ports of 10.0.0.1 in 9 s".into()),
            ],
            names: vec!["c2.badness.example".into(), "pool.ntp.org".into()],
            contacted: vec![(ip("203.0.113.9"), Some("c2.badness.example".into())), (ip("10.0.0.1"), None)],
        },
        SuspectRow {
            address: ip("203.0.113.9"),
            score: 31,
            reasons: vec![("ASSOCIATED", "reached by 10.0.0.66".into())],
            names: Vec::new(),
            contacted: vec![(ip("10.0.0.66"), None)],
        },
    ]
}

fn timeline() -> Timeline {
    let mut dice = Dice(3);
    let bin = |i: usize| {
        let hump = |at: usize, high: u64, wide: u64| {
            let far = i.abs_diff(at) as u64;
            high * wide * wide / (wide * wide + far * far)
        };
        let down =
            40 + hump(60, 900, 12) + hump(150, 700, 20) + hump(250, 1_000, 9) + hump(300, 300, 30) + dice.roll(90);
        let up = 25 + hump(90, 130, 16) + hump(240, 190, 22) + dice.roll(30);
        let suspicious = u32::from(matches!(i, 118 | 119 | 260));
        Bin { up: up * 1_000, down: down * 1_000, flows: 1, suspicious }
    };
    Timeline { start: START, width: 2 * SECOND, bins: Arc::new((0..336).map(bin).collect()) }
}

fn detail(row: &FlowRow) -> FlowDetail {
    let line = |packet, layer, text: &str| EvidenceLine { packet, layer, text: text.into() };
    let name = row.domain.as_deref().unwrap_or("-");
    let mut evidence = vec![line(row.id, "payload", "QUIC v1 Initial, decrypted with its own connection ID")];
    evidence.push(line(row.id, "payload", &format!("server name {name}")));
    evidence.extend(
        row.registrable.as_deref().map(|d| {
            line(row.id, "host", &format!("suffix {d} belongs to {}", row.app.as_deref().unwrap_or("nobody")))
        }),
    );
    FlowDetail {
        row: row.clone(),
        stack: vec!["QUIC".into(), "TLS".into(), "HTTP3".into()],
        evidence,
        facts: vec![
            (
                "tls",
                vec![
                    ("sni", vec![name.to_owned()]),
                    ("version", vec!["TLS 1.3".into()]),
                    ("ja4", vec!["q13d0312h3_55b375c5d22e_06cda9e17597".into()]),
                    ("alpn", vec!["h3".into(), "h3-29".into()]),
                ],
            ),
            ("quic", vec![("version", vec!["1".into()]), ("scid", vec!["c0ffee5ca1ab1e00".into()])]),
        ],
        risks: if row.risks > 0 {
            vec!["Known protocol on a port that is not its own: TLS on 4444".into()]
        } else {
            Vec::new()
        },
        rtt: Some(18_400_000),
        retransmissions: (0, 3),
        notes: vec![("vlan", "12".into())],
        packets: Arc::new((0..40).map(|i| packet(row, i)).collect()),
        packets_done: true,
    }
}

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
}

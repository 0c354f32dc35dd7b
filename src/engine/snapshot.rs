//! The snapshot: everything that a screen or a report shows, immutable, published as one `Arc` each tick.
//!
//! It holds totals, aggregates, and only that window of the flows which the screen asked for in its [`View`].

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::query::Filter;

/// Number of a flow: the number of its first packet, from 1. Stable over runs and workers.
pub type FlowId = u64;

/// One picture of the engine's state.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Grows with each snapshot.
    pub serial: u64,
    /// What is read and how far.
    pub source: SourceState,
    /// Counters over everything read.
    pub totals: Totals,
    /// Traffic over packet time.
    pub timeline: Timeline,
    /// Apps (protocols where no app is known) by bytes, descending. What the filter shows.
    pub apps: Vec<AppRow>,
    /// Registrable domains by bytes, descending. What the filter shows.
    pub domains: Vec<DomainRow>,
    /// Addresses by bytes, descending (the first [`crate::limits::HOST_ROWS`]). What the filter shows.
    pub hosts: Vec<HostRow>,
    /// Suspicious addresses by score, descending.
    pub suspects: Vec<SuspectRow>,
    /// The rules in order, with what they hit.
    pub rules: Vec<RuleRow>,
    /// The flows that the view asked for.
    pub window: Window,
    /// The flow that the view has open.
    pub detail: Option<Arc<FlowDetail>>,
    /// One row a worker.
    pub workers: Vec<WorkerRow>,
    /// Requests that were carried out or refused since the start, newest last (capped): toasts and the log.
    pub notices: Vec<Notice>,
}

/// What is read and how far.
#[derive(Debug, Clone, Default)]
pub struct SourceState {
    /// File name(s) or interface, as typed. From outside: make it harmless when shown.
    pub name: String,
    /// Whether packets come from a device.
    pub live: bool,
    /// Whether the source has ended.
    pub finished: bool,
    /// Bytes of the files read so far and in all (0 if unknown).
    pub read: u64,
    /// See `read`.
    pub total: u64,
    /// Whether reading stands still on request.
    pub paused: bool,
    /// One sentence each: truncated, corrupt ...
    pub warnings: Vec<String>,
}

/// Counters. `packets = decoded + Σ undecoded`; `forwarded + dropped = packets`; `begun = live + ended + evicted`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets after the capture filter and `-c`.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets of innermost protocol TCP.
    pub tcp: u64,
    /// Packets of innermost protocol UDP.
    pub udp: u64,
    /// All other packets.
    pub other: u64,
    /// Packets that belong to a flow.
    pub decoded: u64,
    /// Packets that do not, by reason (`"arp"`, `"truncated"` ...).
    pub undecoded: Vec<(&'static str, u64)>,
    /// Packets that the rules let through.
    pub forwarded: u64,
    /// Packets that the rules stop.
    pub dropped: u64,
    /// Flows begun, carriers included.
    pub begun: u64,
    /// Flows now in the table.
    pub live: u64,
    /// Flows that ended (time-out, reuse of the five-tuple, end of input).
    pub ended: u64,
    /// Flows that were put out because the table was full.
    pub evicted: u64,
    /// Packets that the kernel dropped.
    pub kernel_drops: u64,
    /// Packets that found a full queue.
    pub queue_drops: u64,
    /// How often each limit was reached.
    pub limits: Vec<(&'static str, u64)>,
    /// Time stamp of the first packet in nanoseconds since 1970 UTC, if there was one.
    pub first: Option<i64>,
    /// The latest time stamp.
    pub last: Option<i64>,
}

/// Traffic over packet time in bins of equal width; the width doubles when the bins run out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Nanoseconds since 1970 UTC at the start of the first bin.
    pub start: i64,
    /// Width of a bin in nanoseconds; 0 while there is nothing.
    pub width: i64,
    /// The bins, at most [`crate::limits::TIMELINE_BINS`].
    pub bins: Arc<Vec<Bin>>,
}

/// One bin of the timeline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bin {
    /// Bytes from clients to servers.
    pub up: u64,
    /// Bytes from servers to clients.
    pub down: u64,
    /// Flows that began.
    pub flows: u32,
    /// Events that made somebody suspicious.
    pub suspicious: u32,
}

/// One app, or a protocol where no app is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// Its name.
    pub name: Arc<str>,
    /// Its category, in the words of `dpimon apps` ("" if none).
    pub category: Arc<str>,
    /// Flows.
    pub flows: u64,
    /// Packets.
    pub packets: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Flows of it that a rule stops.
    pub blocked: u64,
    /// Bytes in the last 32 equal parts of the time shown, oldest first.
    pub spark: Vec<u64>,
}

/// One registrable domain with the hosts below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// `example.co.uk`.
    pub domain: Arc<str>,
    /// Flows.
    pub flows: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Flows of it that a rule stops.
    pub blocked: u64,
    /// Host, flows, bytes; by bytes, descending, capped.
    pub hosts: Vec<(Arc<str>, u64, u64)>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRow {
    /// The address.
    pub address: IpAddr,
    /// Names known for it from DNS answers and the like, best first.
    pub names: Vec<Arc<str>>,
    /// Flows as client.
    pub flows_out: u64,
    /// Flows as server.
    pub flows_in: u64,
    /// Bytes that it sent.
    pub sent: u64,
    /// Bytes that it received.
    pub received: u64,
}

/// One suspicious address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspectRow {
    /// The address.
    pub address: IpAddr,
    /// 1 to 100.
    pub score: u8,
    /// Short names of the reasons ("PORT SCAN") with their evidence in words.
    pub reasons: Vec<(&'static str, String)>,
    /// Names that it asked for, capped.
    pub names: Vec<Arc<str>>,
    /// Addresses that it contacted with their name if known, capped.
    pub contacted: Vec<(IpAddr, Option<Arc<str>>)>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Its number: stays while the program runs.
    pub id: u32,
    /// As the rules file writes it, with its section: `[BLOCKED_DOMAINS] *.example.com`.
    pub text: String,
    /// `app`, `domain`, `address`, `port`.
    pub kind: &'static str,
    /// Where it is from: file and line, `command line`, `key`.
    pub origin: String,
    /// Whether it acts.
    pub enabled: bool,
    /// Flows that it stops.
    pub flows: u64,
    /// Packets that it stops.
    pub packets: u64,
    /// Bytes that it stops.
    pub bytes: u64,
}

/// One worker thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerRow {
    /// Packets handled.
    pub packets: u64,
    /// Flows in its table.
    pub flows: u64,
    /// Dissectors and signatures asked so far.
    pub asked: u64,
}

/// The rows of the flow table that a view asked for.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Flows that the filter shows.
    pub matching: u64,
    /// Flows in all.
    pub total: u64,
    /// Bytes of the flows that the filter shows.
    pub bytes: u64,
    /// Place of the first row among the matching.
    pub offset: u64,
    /// The rows.
    pub rows: Vec<Arc<FlowRow>>,
    /// Place of [`View::selected`] among the matching, if it is there.
    pub selected: Option<u64>,
}

/// One flow as a table row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Its number.
    pub id: FlowId,
    /// IP protocol number.
    pub proto: u8,
    /// The client's address.
    pub client: IpAddr,
    /// The client's port, 0 if none.
    pub client_port: u16,
    /// The server's address.
    pub server: IpAddr,
    /// The server's port, 0 if none.
    pub server_port: u16,
    /// Name known for the server's address from an earlier DNS answer: a guess.
    pub server_name: Option<Arc<str>>,
    /// First name the client asked for.
    pub domain: Option<Arc<str>>,
    /// Registrable part of `domain`.
    pub registrable: Option<Arc<str>>,
    /// Outermost protocol, if known.
    pub protocol: Option<Arc<str>>,
    /// App, if known.
    pub app: Option<Arc<str>>,
    /// Category of the app or protocol.
    pub category: Option<Arc<str>>,
    /// Whether protocol or app are a guess (port, address, DNS).
    pub guess: bool,
    /// Packets to the server.
    pub packets_up: u64,
    /// Packets to the client.
    pub packets_down: u64,
    /// Bytes to the server.
    pub bytes_up: u64,
    /// Bytes to the client.
    pub bytes_down: u64,
    /// First packet, nanoseconds since 1970 UTC.
    pub start: i64,
    /// Last packet.
    pub end: i64,
    /// Bytes a second to the server, over the last second of packet time (live) or the flow's life (files).
    pub rate_up: u64,
    /// The same to the client.
    pub rate_down: u64,
    /// `new`, `established`, `closed`, `reset` ... as in the JSON record.
    pub state: &'static str,
    /// The rule that stops it.
    pub rule: Option<u32>,
    /// Number of its risks.
    pub risks: u8,
    /// Whether it carries other flows (a tunnel).
    pub carrier: bool,
}

/// Everything about one flow.
#[derive(Debug, Clone)]
pub struct FlowDetail {
    /// The row.
    pub row: FlowRow,
    /// Protocols seen, outermost first.
    pub stack: Vec<Arc<str>>,
    /// Why it has its name, in order.
    pub evidence: Vec<EvidenceLine>,
    /// Facts by object: (`"tls"`, [("sni", ["example.com"])]).
    pub facts: Vec<FactGroup>,
    /// Risks in words.
    pub risks: Vec<String>,
    /// Round-trip time of the handshake in nanoseconds.
    pub rtt: Option<i64>,
    /// Segments sent again, to the server and to the client.
    pub retransmissions: (u32, u32),
    /// VLAN, tunnel and the like, as (name, value).
    pub notes: Vec<(&'static str, String)>,
    /// Its packets (the first [`crate::limits::DETAIL_PACKETS`]), once they were read again from the source.
    pub packets: Arc<Vec<PacketRow>>,
    /// Whether `packets` is complete.
    pub packets_done: bool,
}

impl FlowDetail {
    /// The details of a flow of which nothing is known yet.
    #[must_use]
    pub fn new(id: FlowId) -> Self {
        Self {
            row: FlowRow::new(id),
            stack: Vec::new(),
            evidence: Vec::new(),
            facts: Vec::new(),
            risks: Vec::new(),
            rtt: None,
            retransmissions: (0, 0),
            notes: Vec::new(),
            packets: Arc::default(),
            packets_done: false,
        }
    }
}

impl FlowRow {
    /// A row of which nothing is known yet.
    #[must_use]
    pub fn new(id: FlowId) -> Self {
        let nowhere = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        Self {
            id,
            proto: 0,
            client: nowhere,
            client_port: 0,
            server: nowhere,
            server_port: 0,
            server_name: None,
            domain: None,
            registrable: None,
            protocol: None,
            app: None,
            category: None,
            guess: false,
            packets_up: 0,
            packets_down: 0,
            bytes_up: 0,
            bytes_down: 0,
            start: 0,
            end: 0,
            rate_up: 0,
            rate_down: 0,
            state: "new",
            rule: None,
            risks: 0,
            carrier: false,
        }
    }
}

/// The facts of one object, in order: its name, and for each field its values.
pub type FactGroup = (&'static str, Vec<(&'static str, Vec<String>)>);

/// One step on the way to a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// Number of the packet, from 1; 0 where no packet spoke (a port guess).
    pub packet: u64,
    /// Layer that spoke: `payload`, `host`, `dns`, `ip`, `port`.
    pub layer: &'static str,
    /// What was seen, in words.
    pub text: String,
}

/// One packet of the open flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketRow {
    /// Its number in the capture, from 1.
    pub number: u64,
    /// Nanoseconds since 1970 UTC.
    pub time: i64,
    /// Whether the client sent it.
    pub up: bool,
    /// Bytes on the wire.
    pub wire: u32,
    /// TCP flags as `"S"`, `"SA"`, `"PA"`; empty for others.
    pub flags: String,
    /// Bytes of transport payload.
    pub payload: u32,
    /// Offset of the transport payload in `bytes`.
    pub payload_at: u32,
    /// The first [`crate::limits::DETAIL_BYTES`] captured bytes.
    pub bytes: Arc<[u8]>,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Grows by one with each.
    pub serial: u64,
    /// Whether it failed.
    pub error: bool,
    /// One plain sentence.
    pub text: String,
}

/// What the screen wants to see.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Which flows every pane counts.
    pub filter: Option<Arc<Filter>>,
    /// Order of the flows.
    pub sort: Sort,
    /// Ascending instead of descending.
    pub ascending: bool,
    /// First row wanted.
    pub offset: u64,
    /// Rows wanted.
    pub rows: u64,
    /// The selected flow: [`Window::selected`] tells where it went.
    pub selected: Option<FlowId>,
    /// The flow to give [`Snapshot::detail`] for.
    pub open: Option<FlowId>,
}

/// Order of the flow table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Sort {
    #[default]
    Bytes,
    Packets,
    Start,
    Duration,
    Client,
    Server,
    Domain,
    App,
    Protocol,
    Rate,
    State,
}

/// What the screen can ask the engine to do. Each is answered by a [`Notice`].
#[derive(Debug, Clone)]
pub enum Request {
    /// Add a rule, in the words of a rules file.
    Block(RuleSpec),
    /// Take a rule away by its number.
    Unblock(u32),
    /// Let a rule rest or act.
    Enable(u32, bool),
    /// Write the rules to a file (atomic; its comments and other lines stay).
    SaveRules(PathBuf),
    /// Write packets to a capture file.
    Export {
        /// Which packets.
        what: ExportWhat,
        /// Where to.
        path: PathBuf,
        /// Replace a file that is there.
        overwrite: bool,
    },
    /// Write the report.
    Report {
        /// `text`, `markdown` or `json`.
        format: String,
        /// Where to.
        path: PathBuf,
        /// Replace a file that is there.
        overwrite: bool,
    },
    /// Stand still, or go on reading.
    Pause(bool),
}

/// Which packets an export writes.
#[derive(Debug, Clone)]
pub enum ExportWhat {
    /// What the rules let through.
    Forwarded,
    /// What the rules stop.
    Dropped,
    /// The flows that the filter shows.
    Shown(Arc<Filter>),
    /// One flow.
    Flow(FlowId),
}

/// A rule to add: section and entry, as a rules file would have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSpec {
    /// App, protocol or category by name.
    App(String),
    /// `example.com` or `*.example.com`.
    Domain(String),
    /// Address, prefix or range.
    Address(String),
    /// `443`, `tcp/443`, `6000-6010`.
    Port(String),
}

/// What a rule would stop if it were added now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    /// Flows.
    pub flows: u64,
    /// Bytes.
    pub bytes: u64,
    /// For an address: domains there that would be hit too, capped.
    pub also: Vec<Arc<str>>,
}

/// The engine as the screen knows it.
pub trait Monitor: Send + Sync {
    /// The newest snapshot.
    fn snapshot(&self) -> Arc<Snapshot>;
    /// Says what to show from the next tick on.
    fn view(&self, view: View);
    /// Asks for something; the answer comes as a [`Notice`].
    fn request(&self, request: Request);
    /// What these rules would stop now, in the same order. At most some milliseconds.
    fn impact(&self, specs: &[RuleSpec]) -> Vec<Impact>;
    /// What an export would write: packets and bytes, if they are known without reading again.
    fn estimate(&self, what: &ExportWhat) -> Option<(u64, u64)>;
}

//! Every bound of the program in one place. Each has a policy when it is reached, and a counter that the statistics show.

/// Longest text kept as one fact, in bytes. Longer ones are cut at a character boundary.
pub const FACT_TEXT: usize = 512;
/// Facts kept for one flow. Further ones are dropped.
pub const FACTS_PER_FLOW: usize = 64;
/// Addresses shown in a snapshot.
pub const HOST_ROWS: usize = 1_000;
/// Bins of the timeline; their width doubles when they run out.
pub const TIMELINE_BINS: usize = 1_024;
/// Packets kept for the open flow.
pub const DETAIL_PACKETS: usize = 10_000;
/// Bytes kept of each packet of the open flow.
pub const DETAIL_BYTES: usize = 2_048;
/// Bytes of one packet of a capture file. A record that claims more is damage: libpcap and Wireshark stop at 256 KiB.
pub const CAPTURE_PACKET: usize = 1 << 24;
/// Interfaces of one capture file. Reading stops at the description of a further one.
pub const CAPTURE_INTERFACES: usize = 1 << 16;
/// Bytes of a rules file. A longer one is refused.
pub const RULES_BYTES: u64 = 1 << 26;
/// Errors that are told of one rules file. The last then says that there are more.
pub const RULES_ERRORS: usize = 1_000;

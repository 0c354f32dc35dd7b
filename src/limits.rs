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
/// IP datagrams that wait for fragments; the oldest is given up.
pub const FRAGMENTED_DATAGRAMS: usize = 1_024;
/// Bytes of all waiting fragments; the oldest datagram is given up.
pub const FRAGMENT_BYTES: usize = 16 << 20;
/// Pieces kept of one datagram; further ones are dropped and the datagram never completes.
pub const FRAGMENTS_PER_DATAGRAM: usize = 64;
/// Steps of evidence kept for one flow.
pub const EVIDENCE_PER_FLOW: usize = 12;
/// Hints about other flows taken from one packet.
pub const HINTS_PER_PACKET: usize = 64;
/// Bytes kept of the latest datagram of each direction while a flow has no name.
pub const HEAD: usize = 48;
/// TCP segments that wait for a hole to be filled, for one direction; then the hole is given up.
pub const SEGMENTS_WAITING: usize = 64;
/// Bytes kept of one TCP direction, waiting or not yet used by a dissector.
pub const STREAM_BYTES: usize = 64 << 10;
/// Protocols inside one another that are followed (TLS in CONNECT in ...).
pub const NESTED_LAYERS: u8 = 5;
/// Packets with payload that a flow without a name is probed with.
pub const PAYLOADS_PROBED: u16 = 16;
/// Bytes kept of each TCP direction while the flow has no name.
pub const PROBE_BYTES: usize = 8 << 10;
/// Outer flows (tunnels) counted by one worker; packets of further ones count for their inner flow only.
pub const CARRIERS: usize = 65_536;
/// Announced flows (FTP data, RTP) remembered by one worker; the oldest goes.
pub const EXPECTATIONS: usize = 1_024;
/// Bytes of one packet of a capture file. A record that claims more is damage: libpcap and Wireshark stop at 256 KiB.
pub const CAPTURE_PACKET: usize = 1 << 24;
/// Interfaces of one capture file. Reading stops at the description of a further one.
pub const CAPTURE_INTERFACES: usize = 1 << 16;
/// Addresses whose names from DNS answers are remembered; names of further ones are dropped.
pub const NAMED_ADDRESSES: usize = 262_144;
/// Names remembered for one address; further ones are dropped.
pub const NAMES_PER_ADDRESS: usize = 32;
/// Sources that suspicion watches; further ones are not judged.
pub const SUSPICION_SOURCES: usize = 100_000;
/// Targets, and ports, that suspicion remembers of one source.
pub const SUSPICION_TARGETS: usize = 4_096;
/// Addresses that the screen sums up; further ones are left out of its hosts.
pub const HOSTS: usize = 262_144;
/// Registrable domains shown in a snapshot.
pub const DOMAIN_ROWS: usize = 1_000;
/// Hosts shown below one domain.
pub const HOSTS_PER_DOMAIN: usize = 50;
/// Bytes of a rules file. A longer one is refused.
pub const RULES_BYTES: u64 = 1 << 26;
/// Errors that are told of one rules file. The last then says that there are more.
pub const RULES_ERRORS: usize = 1_000;
/// Stopped flows that had to leave the table and stay stopped; further ones are judged anew if they come back.
pub const REMEMBERED_BLOCKS: usize = 65_536;
/// Bytes of a TCP direction below which packets count for little of the budget of an unnamed flow.
pub const DRIBBLE: usize = 128;

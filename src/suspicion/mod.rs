//! Floor 4: who looks suspicious, over connections and for each host that acts.
//!
//! [`judge`] takes all connections in the order in which they began and gives the suspects; it keeps nothing between
//! calls, so that the same connections give the same suspects. Its tables are bounded by [`limits`].

mod reserved;

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use crate::limits;

/// One connection, as far as suspicion needs it.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// Who began it.
    pub client: IpAddr,
    /// With whom.
    pub server: IpAddr,
    /// The server's port, 0 if there is none.
    pub port: u16,
    /// IP protocol number.
    pub proto: u8,
    /// Whether the server answered.
    pub answered: bool,
    /// Whether another flow had announced it (FTP data, RTP): not a port that was tried.
    pub announced: bool,
    /// Protocol recognised in its payload, with its usual ports.
    pub protocol: Option<(&'a str, &'a [u16])>,
}

/// From how many on something is suspicious.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Connections from one source to one address.
    pub volume: u32,
    /// Server ports tried by one source on one target.
    pub ports: usize,
    /// Addresses tried by one source on one port, most without an answer.
    pub hosts: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { volume: 100, ports: 10, hosts: 25 }
    }
}

/// A suspicious address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The address.
    pub address: IpAddr,
    /// 1 to 100.
    pub score: u8,
    /// Short name and evidence in words.
    pub reasons: Vec<(&'static str, String)>,
}

/// What one source did.
#[derive(Default)]
struct Source {
    /// By target: connections, and the ports tried.
    targets: HashMap<IpAddr, (u32, HashSet<u16>)>,
    /// By port: targets, and how many did not answer.
    ports: HashMap<(u8, u16), (u32, u32)>,
    unusual: Option<(String, u16, IpAddr)>,
    reserved: Option<(IpAddr, &'static str)>,
}

/// Judges connections.
#[must_use]
pub fn judge<'a>(connections: impl Iterator<Item = Connection<'a>>, thresholds: &Thresholds) -> Vec<Suspect> {
    let mut sources: HashMap<IpAddr, Source> = HashMap::new();
    for connection in connections {
        if sources.len() < limits::SUSPICION_SOURCES || sources.contains_key(&connection.client) {
            sources.entry(connection.client).or_default().add(&connection);
        }
    }
    let mut suspects: Vec<Suspect> =
        sources.iter().filter_map(|(address, source)| source.judge(*address, thresholds)).collect();
    associated(&mut suspects, &sources);
    suspects.sort_by(|a, b| b.score.cmp(&a.score).then(a.address.cmp(&b.address)));
    suspects
}

impl Source {
    fn add(&mut self, c: &Connection) {
        if is_everyday(c) {
            return;
        }
        let room = self.targets.len() < limits::SUSPICION_TARGETS;
        if room || self.targets.contains_key(&c.server) {
            let known = self.targets.contains_key(&c.server);
            let (connections, ports) = self.targets.entry(c.server).or_default();
            *connections += 1;
            let new = c.port != 0 && !c.announced && ports.len() < limits::SUSPICION_TARGETS && ports.insert(c.port);
            if (new || !known) && c.port != 0 && self.ports.len() < limits::SUSPICION_TARGETS {
                let (targets, silent) = self.ports.entry((c.proto, c.port)).or_default();
                *targets += 1;
                *silent += u32::from(!c.answered);
            }
        }
        if let Some((name, usual)) = c.protocol
            && c.port != 0
            && c.port < 1_024
            && !usual.is_empty()
            && !usual.contains(&c.port)
        {
            self.unusual.get_or_insert_with(|| (name.to_owned(), c.port, c.server));
        }
        let bogon = [c.client, c.server].into_iter().find_map(|a| reserved::why(a).map(|why| (a, why)));
        self.reserved = self.reserved.or(bogon.filter(|_| c.protocol.is_none_or(|(name, _)| name != "DHCP")));
    }

    fn judge(&self, address: IpAddr, limit: &Thresholds) -> Option<Suspect> {
        let mut reasons = Vec::new();
        let mut score = 0;
        let busiest = self.targets.iter().max_by_key(|(a, (n, _))| (*n, std::cmp::Reverse(**a)));
        if let Some((target, (n, _))) = busiest.filter(|(_, (n, _))| *n > limit.volume) {
            reasons.push(("HIGH VOLUME", format!("{n} connections to {target}")));
            score += 40;
        }
        let scanned = self.targets.iter().max_by_key(|(a, (_, ports))| (ports.len(), std::cmp::Reverse(**a)));
        if let Some((target, (_, ports))) = scanned.filter(|(_, (_, ports))| ports.len() > limit.ports) {
            reasons.push(("PORT SCAN", format!("{} ports tried on {target}", ports.len())));
            score += 60;
        }
        let widest = self.ports.iter().max_by_key(|(port, (n, _))| (*n, std::cmp::Reverse(**port)));
        if let Some(((_, port), (n, silent))) =
            widest.filter(|(_, (n, silent))| *n as usize > limit.hosts && silent * 2 > *n)
        {
            reasons.push(("HOST SCAN", format!("port {port} tried on {n} addresses, {silent} silent")));
            score += 60;
        }
        if let Some((name, port, server)) = &self.unusual {
            reasons.push(("UNUSUAL PORT", format!("{name} on port {port} of {server}")));
            score += 30;
        }
        if let Some((bogon, why)) = self.reserved {
            reasons.push(("RESERVED", format!("{bogon} is {why}")));
            score += 20;
        }
        (!reasons.is_empty()).then(|| Suspect { address, score: score.min(100), reasons })
    }
}

/// Name resolution and time make many short connections to one server without any harm.
fn is_everyday(c: &Connection) -> bool {
    let multicast = c.server.is_multicast() || c.server == IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
    multicast
        || c.protocol.is_some_and(|(name, _)| matches!(name, "DNS" | "MDNS" | "LLMNR" | "NTP" | "DHCP" | "DHCPV6"))
}

/// Those whom a strongly suspicious source has reached.
fn associated(suspects: &mut Vec<Suspect>, sources: &HashMap<IpAddr, Source>) {
    let mut reached: HashMap<IpAddr, IpAddr> = HashMap::new();
    for suspect in suspects.iter().filter(|s| s.score >= ASSOCIATES) {
        for target in sources.get(&suspect.address).into_iter().flat_map(|s| s.targets.keys()) {
            let by = reached.entry(*target).or_insert(suspect.address);
            *by = (*by).min(suspect.address);
        }
    }
    for suspect in suspects.iter_mut() {
        if let Some(by) = reached.remove(&suspect.address) {
            suspect.reasons.push(("ASSOCIATED", format!("reached by {by}")));
        }
    }
    let fresh = reached.into_iter().map(|(address, by)| {
        let reasons = vec![("ASSOCIATED", format!("reached by {by}"))];
        Suspect { address, score: 10, reasons }
    });
    suspects.extend(fresh);
}

/// A source of this score makes its peers worth a look.
const ASSOCIATES: u8 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(client: &str, server: &str, port: u16) -> Connection<'static> {
        let ip = |text: &str| text.parse().unwrap();
        Connection {
            client: ip(client),
            server: ip(server),
            port,
            proto: 6,
            answered: true,
            announced: false,
            protocol: None,
        }
    }

    fn reasons(list: &[Connection]) -> Vec<(String, Vec<&'static str>)> {
        let suspects = judge(list.iter().copied(), &Thresholds::default());
        suspects.iter().map(|s| (s.address.to_string(), s.reasons.iter().map(|r| r.0).collect())).collect()
    }

    #[test]
    fn a_client_that_browses_is_not_flagged() {
        let mut list = Vec::new();
        for n in 0..60_u8 {
            list.push(Connection {
                protocol: Some(("TLS", &[443])),
                ..connection("192.168.1.7", &format!("151.101.1.{n}"), 443)
            });
            list.push(Connection { protocol: Some(("DNS", &[53])), ..connection("192.168.1.7", "192.168.1.1", 53) });
        }
        list.extend_from_within(..);
        assert_eq!(reasons(&list), []);
    }

    #[test]
    fn eleven_ports_on_one_target_are_a_scan_and_ten_are_not() {
        let scan = |ports| (1..=ports).map(|p| connection("10.0.0.6", "10.0.0.9", p)).collect::<Vec<_>>();
        assert_eq!(reasons(&scan(10)), []);
        let found = reasons(&scan(11));
        assert_eq!(found[0], ("10.0.0.6".into(), vec!["PORT SCAN"]));
        assert_eq!(found[1], ("10.0.0.9".into(), vec!["ASSOCIATED"]));
    }

    #[test]
    fn volume_and_host_scan() {
        let volume: Vec<_> = (0..101).map(|_| connection("10.0.0.6", "10.0.0.9", 80)).collect();
        assert_eq!(reasons(&volume)[0].1, ["HIGH VOLUME"]);
        let hosts: Vec<_> = (0..26)
            .map(|n| Connection { answered: n < 3, ..connection("10.0.0.6", &format!("10.0.1.{n}"), 445) })
            .collect();
        assert_eq!(reasons(&hosts)[0].1, ["HOST SCAN"]);
    }

    #[test]
    fn ssh_on_port_80_and_addresses_that_cannot_be() {
        let ssh = Connection { protocol: Some(("SSH", &[22])), ..connection("10.0.0.6", "10.0.0.9", 80) };
        assert_eq!(reasons(&[ssh])[0].1, ["UNUSUAL PORT"]);
        assert_eq!(reasons(&[connection("10.0.0.6", "240.0.0.1", 80)])[0].1, ["RESERVED"]);
        assert_eq!(reasons(&[connection("10.0.0.6", "192.168.1.1", 80)]), []);
    }
}

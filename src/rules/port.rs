//! Port rules: `443`, `6000-6010`, `tcp/443`, `udp/500-600`.

use super::error::{Wrong, quoted};
use super::intervals::Intervals;

const TCP: u8 = 6;
const UDP: u8 = 17;
/// Protocols with ports beside TCP and UDP: DCCP, SCTP, UDP-Lite.
const OTHERS: [u8; 3] = [33, 132, 136];

/// The ports of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ports {
    /// IP protocol; any that has ports if it is not said.
    protocol: Option<u8>,
    first: u16,
    last: u16,
}

impl Ports {
    pub(super) fn parse(entry: &str) -> Result<Self, Wrong> {
        let (protocol, numbers) = match entry.split_once('/') {
            Some((word, numbers)) => (Some(protocol(word.trim())?), numbers),
            None => (None, entry),
        };
        let at = entry.len() - numbers.len();
        let (first, last) = match numbers.split_once('-') {
            Some((first, last)) => (port(first, at)?, port(last, at + first.len() + 1)?),
            None => (port(numbers, at)?, port(numbers, at)?),
        };
        if last < first {
            return Err(Wrong::new(at, format!("the range ends before it begins: write {last}-{first}")));
        }
        Ok(Self { protocol, first, last })
    }
}

fn protocol(word: &str) -> Result<u8, Wrong> {
    match word.to_ascii_lowercase().as_str() {
        "tcp" => Ok(TCP),
        "udp" => Ok(UDP),
        _ => Err(Wrong::new(0, format!("{} is no protocol with ports: write tcp/ or udp/", quoted(word)))),
    }
}

fn port(text: &str, at: usize) -> Result<u16, Wrong> {
    let number = text.trim();
    let wrong = || {
        let problem =
            format!("{} is no port: write a number up to 65535, a range as 6000-6010, or tcp/443", quoted(number));
        Wrong::new(at + (text.len() - text.trim_start().len()), problem)
    };
    if number.starts_with('+') {
        return Err(wrong());
    }
    number.parse().map_err(|_| wrong())
}

/// The port rules, compiled.
#[derive(Debug, Default)]
pub(super) struct PortTable {
    tcp: Intervals<u16>,
    udp: Intervals<u16>,
    other: Intervals<u16>,
}

impl PortTable {
    /// From the rules with their ranks, lower ones first.
    pub(super) fn new<'a>(rules: impl Iterator<Item = (u32, &'a Ports)>) -> Self {
        let rules: Vec<_> = rules.collect();
        let of = |protocol: Option<u8>| {
            let meant = rules.iter().filter(|(_, rule)| rule.protocol.is_none() || rule.protocol == protocol);
            Intervals::new(meant.map(|(rank, rule)| (rule.first, rule.last, *rank)).collect())
        };
        Self { tcp: of(Some(TCP)), udp: of(Some(UDP)), other: of(None) }
    }

    /// The lowest rank that matches.
    #[inline]
    pub(super) fn find(&self, protocol: u8, port: u16) -> Option<u32> {
        match protocol {
            TCP => self.tcp.find(port),
            UDP => self.udp.find(port),
            _ if OTHERS.contains(&protocol) => self.other.find(port),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ranges_and_protocols() {
        let rules = ["443", "TCP/6000-6010", "udp/ 500", "600 - 601"].map(|text| Ports::parse(text).unwrap());
        let table = PortTable::new((0..).zip(&rules));
        assert_eq!([TCP, UDP, 132, 1].map(|p| table.find(p, 443)), [Some(0), Some(0), Some(0), None]);
        assert_eq!([TCP, UDP, 132].map(|p| table.find(p, 6010)), [Some(1), None, None]);
        assert_eq!([TCP, UDP].map(|p| table.find(p, 500)), [None, Some(2)]);
        assert_eq!([599, 600, 601, 602].map(|n| table.find(UDP, n)), [None, Some(3), Some(3), None]);
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (entry, at, words) in [
            ("65536", 0, "up to 65535"),
            ("https", 0, "no port"),
            ("+80", 0, "no port"),
            ("", 0, "no port"),
            ("sctp/80", 0, "write tcp/ or udp/"),
            ("tcp/ x", 5, "no port"),
            ("80-", 3, "no port"),
            ("tcp/90-80", 4, "write 80-90"),
            ("80,90", 0, "no port"),
        ] {
            let wrong = Ports::parse(entry).unwrap_err();
            assert!(wrong.at == at && wrong.problem.contains(words), "{entry}: {wrong:?}");
        }
    }
}

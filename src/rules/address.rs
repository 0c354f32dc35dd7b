//! Address rules: `10.0.0.1`, `2001:db8::/32`, `10.0.0.1-10.0.0.9`, each also as `from:` or `to:`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::error::{Wrong, quoted};
use super::intervals::Intervals;

const EXAMPLES: &str = "write an address, a prefix as 10.0.0.0/8, or a range as 10.0.0.1-10.0.0.9";

/// Whose address is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Both,
    Client,
    Server,
}

/// First and last address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Range {
    V4(u32, u32),
    V6(u128, u128),
}

/// The addresses of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Addresses {
    side: Side,
    range: Range,
}

impl Addresses {
    pub(super) fn parse(entry: &str) -> Result<Self, Wrong> {
        let (side, rest) = split_side(entry);
        let text = rest.trim_start();
        let range = Range::parse(text).map_err(|wrong| wrong.moved(entry.len() - text.len()))?;
        Ok(Self { side, range })
    }
}

/// `from:` and `to:` in any case. Neither is the beginning of an IPv6 address, whose digits end with `f`.
fn split_side(entry: &str) -> (Side, &str) {
    match entry.split_once(':') {
        Some((word, rest)) if word.trim_end().eq_ignore_ascii_case("from") => (Side::Client, rest),
        Some((word, rest)) if word.trim_end().eq_ignore_ascii_case("to") => (Side::Server, rest),
        _ => (Side::Both, entry),
    }
}

impl Range {
    fn parse(text: &str) -> Result<Self, Wrong> {
        if let Some((address, length)) = text.split_once('/') {
            return Self::prefix(address, length);
        }
        if let Some((first, last)) = text.split_once('-') {
            return Self::between(first, last);
        }
        Ok(match address(text, 0)? {
            IpAddr::V4(a) => Self::V4(a.to_bits(), a.to_bits()),
            IpAddr::V6(a) => Self::V6(a.to_bits(), a.to_bits()),
        })
    }

    /// A prefix. Bits behind it are of no matter, as in most tools.
    fn prefix(text: &str, length: &str) -> Result<Self, Wrong> {
        let address = address(text.trim_end(), 0)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = length.trim().parse::<u32>().ok().filter(|bits| *bits <= most && !length.contains('+'));
        let Some(bits) = bits else {
            let problem = format!("{} is no prefix length: write 0 to {most}", quoted(length.trim()));
            return Err(Wrong::new(text.len() + 1, problem));
        };
        Ok(match address {
            IpAddr::V4(a) => {
                let rest = u32::MAX.checked_shr(bits).unwrap_or(0);
                Self::V4(a.to_bits() & !rest, a.to_bits() | rest)
            }
            IpAddr::V6(a) => {
                let rest = u128::MAX.checked_shr(bits).unwrap_or(0);
                Self::V6(a.to_bits() & !rest, a.to_bits() | rest)
            }
        })
    }

    fn between(first: &str, last: &str) -> Result<Self, Wrong> {
        let at = first.len() + 1;
        let (first, last) = (address(first.trim(), 0)?, address(last.trim(), at)?);
        if first.is_ipv4() == last.is_ipv4() && last < first {
            return Err(Wrong::new(0, format!("the range ends before it begins: write {last}-{first}")));
        }
        match (first, last) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Ok(Self::V4(a.to_bits(), b.to_bits())),
            (IpAddr::V6(a), IpAddr::V6(b)) => Ok(Self::V6(a.to_bits(), b.to_bits())),
            _ => Err(Wrong::new(at, "a range is of IPv4 or of IPv6 addresses, not of both".to_owned())),
        }
    }
}

fn address(text: &str, at: usize) -> Result<IpAddr, Wrong> {
    let wrong = |_| {
        let hint = if text.chars().any(char::is_alphabetic) && !text.contains(':') {
            "; names go under [BLOCKED_DOMAINS]"
        } else {
            ""
        };
        Wrong::new(at, format!("{} is no address: {EXAMPLES}{hint}", quoted(text)))
    };
    text.parse().map_err(wrong)
}

/// The address rules, compiled: for each side and family the earliest rule of every stretch of addresses.
#[derive(Debug, Default)]
pub(super) struct AddressTable {
    client4: Intervals<u32>,
    server4: Intervals<u32>,
    client6: Intervals<u128>,
    server6: Intervals<u128>,
}

impl AddressTable {
    /// From the rules with their ranks, lower ones first.
    pub(super) fn new<'a>(rules: impl Iterator<Item = (u32, &'a Addresses)>) -> Self {
        let (mut client4, mut server4, mut client6, mut server6) = (vec![], vec![], vec![], vec![]);
        for (rank, rule) in rules {
            let (client, server) = (rule.side != Side::Server, rule.side != Side::Client);
            match rule.range {
                Range::V4(a, b) => {
                    client.then(|| client4.push((a, b, rank)));
                    server.then(|| server4.push((a, b, rank)));
                }
                Range::V6(a, b) => {
                    client.then(|| client6.push((a, b, rank)));
                    server.then(|| server6.push((a, b, rank)));
                }
            }
        }
        Self {
            client4: Intervals::new(client4),
            server4: Intervals::new(server4),
            client6: Intervals::new(client6),
            server6: Intervals::new(server6),
        }
    }

    /// The lowest rank that matches.
    #[inline]
    pub(super) fn find(&self, client: IpAddr, server: IpAddr) -> Option<u32> {
        let client = Self::lookup(&self.client4, &self.client6, client);
        let server = Self::lookup(&self.server4, &self.server6, server);
        match (client, server) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    #[inline]
    fn lookup(v4: &Intervals<u32>, v6: &Intervals<u128>, address: IpAddr) -> Option<u32> {
        match address {
            IpAddr::V4(a) => v4.find(Ipv4Addr::to_bits(a)),
            IpAddr::V6(a) => v6.find(Ipv6Addr::to_bits(a)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rules: &[&str], client: &str, server: &str) -> Option<u32> {
        let rules: Vec<_> = rules.iter().map(|text| Addresses::parse(text).unwrap()).collect();
        let table = AddressTable::new((0..).zip(&rules));
        table.find(client.parse().unwrap(), server.parse().unwrap())
    }

    #[test]
    fn addresses_prefixes_and_ranges_of_both_families() {
        for (rule, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.0.0.77/8", "10.255.255.255", "11.0.0.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.0.0.5/32", "10.0.0.5", "10.0.0.4"),
            ("10.0.0.5 - 10.0.1.2", "10.0.1.2", "10.0.1.3"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::/0", "ffff::", "10.0.0.1"),
            ("fe80::1-fe80::ff", "fe80::80", "fe80::100"),
        ] {
            assert_eq!(find(&[rule], inside, outside), Some(0), "{rule}");
            assert_eq!(find(&[rule], outside, inside), Some(0), "{rule}");
            assert_eq!(find(&[rule], outside, outside), None, "{rule}");
        }
    }

    #[test]
    fn sides() {
        for (rule, client, server) in
            [("from:10.0.0.1", Some(0), None), ("TO: 10.0.0.1", None, Some(0)), ("10.0.0.1", Some(0), Some(0))]
        {
            assert_eq!(find(&[rule], "10.0.0.1", "1.1.1.1"), client, "{rule}");
            assert_eq!(find(&[rule], "1.1.1.1", "10.0.0.1"), server, "{rule}");
        }
        assert!(Addresses::parse("from:2001:db8::1").is_ok());
    }

    #[test]
    fn the_earliest_rule_wins_whichever_side_it_is_of() {
        let rules = ["to:9.9.9.9", "10.0.0.0/8", "10.1.0.0/16"];
        assert_eq!(find(&rules, "10.1.2.3", "9.9.9.9"), Some(0));
        assert_eq!(find(&rules, "10.1.2.3", "8.8.8.8"), Some(1));
        assert_eq!(find(&["10.1.0.0/16", "10.0.0.0/8"], "10.1.2.3", "8.8.8.8"), Some(0));
    }

    #[test]
    fn what_is_wrong_and_where() {
        for (entry, at, words) in [
            ("10.0.0.300", 0, "no address"),
            ("to: 10.0.0", 4, "no address"),
            ("example.com", 0, "[BLOCKED_DOMAINS]"),
            ("10.0.0.0/33", 9, "0 to 32"),
            ("10.0.0.0/+3", 9, "0 to 32"),
            ("::/129", 3, "0 to 128"),
            ("10.0.0.0/", 9, "0 to 32"),
            ("10.0.0.9-10.0.0.1", 0, "write 10.0.0.1-10.0.0.9"),
            ("10.0.0.9-::1", 9, "not of both"),
            ("10.0.0.1-9", 9, "no address"),
            ("", 0, "no address"),
            ("fe80::1%eth0", 0, "no address"),
        ] {
            let wrong = Addresses::parse(entry).unwrap_err();
            assert!(wrong.at == at && wrong.problem.contains(words), "{entry}: {wrong:?}");
        }
    }
}

//! Domain rules: `example.com` itself, or `*.example.com`, which is it and all below it.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::error::{Wrong, quoted};
use super::punycode;

/// Longest name and longest label of it, from RFC 1035.
const NAME: usize = 253;
const LABEL: usize = 63;
const NONE: u32 = u32::MAX;

/// The names of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Domain {
    /// Lower case, as on the wire (IDNs in punycode), without the final dot.
    name: Box<str>,
    /// Whether all names below are meant too.
    below: bool,
}

impl Domain {
    pub(super) fn parse(entry: &str) -> Result<Self, Wrong> {
        let (below, name) = entry.strip_prefix("*.").map_or((false, entry), |name| (true, name));
        let at = entry.len() - name.len();
        let name = name.strip_suffix('.').unwrap_or(name);
        not_something_else(name).map_err(|wrong| wrong.moved(at))?;
        let mut wire = String::with_capacity(name.len());
        let mut place = at;
        for label in name.split('.') {
            let label_on_wire = checked_label(label, name).map_err(|wrong| wrong.moved(place))?;
            wire.extend([if wire.is_empty() { "" } else { "." }, &label_on_wire]);
            place += label.len() + 1;
        }
        if wire.len() > NAME {
            return Err(Wrong::new(at, format!("a host name has at most {NAME} characters, this one {}", wire.len())));
        }
        Ok(Self { name: wire.into(), below })
    }
}

/// Tells what people write in place of a host name, and what would be right.
fn not_something_else(name: &str) -> Result<(), Wrong> {
    let wrong = |at, problem| Err(Wrong::new(at, problem));
    if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return wrong(0, "this is an address: write it under [BLOCKED_IPS]".to_owned());
    }
    if let Some(at) = name.find("://") {
        let host = name.get(at + 3..).and_then(|rest| rest.split(['/', ':', '?']).next()).unwrap_or_default();
        return wrong(0, format!("this is a URL: write the host name only, {}", quoted(host)));
    }
    if let Some(at) = name.find(['/', ':', '?', '@']) {
        let host = name.get(..at).unwrap_or_default();
        return wrong(at, format!("write the host name only, {}", quoted(host)));
    }
    if let Some(rest) = name.strip_prefix('.') {
        return wrong(0, format!("for all names below write {}", quoted(&format!("*.{rest}"))));
    }
    match name.find('*') {
        Some(at) => wrong(at, "'*' can only stand at the front, as in *.example.com".to_owned()),
        None => Ok(()),
    }
}

/// A label as it is on the wire, if it can be one.
fn checked_label(label: &str, name: &str) -> Result<String, Wrong> {
    if label.is_empty() {
        return Err(Wrong::new(0, format!("{} is no host name: a label is empty; write as example.com", quoted(name))));
    }
    if label.chars().count() > LABEL {
        return Err(Wrong::new(0, format!("a label of a host name has at most {LABEL} characters")));
    }
    let strange = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    if let Some((at, c)) = label.char_indices().find(|(_, c)| strange(*c) || c.is_whitespace() || c.is_control()) {
        let problem =
            format!("{} cannot be in a host name; write one name a line, as example.com", quoted(&c.to_string()));
        return Err(Wrong::new(at, problem));
    }
    let wire = punycode::label(&label.to_lowercase()).filter(|wire| wire.len() <= LABEL);
    wire.ok_or_else(|| Wrong::new(0, format!("a label of a host name has at most {LABEL} characters")))
}

/// The domain rules, compiled: names with the lowest rank for themselves and for what is below.
#[derive(Debug, Default)]
pub(super) struct DomainTable {
    names: HashMap<Box<[u8]>, Ranks, RandomState>,
    /// Bit n is set if a rule has a name of n labels; others need not be looked up.
    depths: u64,
}

#[derive(Debug, Clone, Copy)]
struct Ranks {
    itself: u32,
    below: u32,
}

impl DomainTable {
    /// From the rules with their ranks, lower ones first.
    pub(super) fn new<'a>(rules: impl Iterator<Item = (u32, &'a Domain)>) -> Self {
        let mut table = Self::default();
        for (rank, rule) in rules {
            let name = rule.name.as_bytes();
            table.depths |= depth_bit(labels(name));
            let ranks = table.names.entry(name.into()).or_insert(Ranks { itself: NONE, below: NONE });
            ranks.itself = ranks.itself.min(rank);
            if rule.below {
                ranks.below = ranks.below.min(rank);
            }
        }
        table
    }

    /// The lowest rank that matches. Does not allocate for ASCII in lower case.
    #[inline]
    pub(super) fn find(&self, host: &str) -> Option<u32> {
        if self.names.is_empty() {
            return None;
        }
        let host = host.strip_suffix('.').unwrap_or(host);
        // All bytes are looked at, without a way out: so it is done many at once.
        let plain = !host.bytes().fold(false, |strange, b| strange | b.is_ascii_uppercase() | !b.is_ascii());
        let rank = if plain { self.walk(host.as_bytes()) } else { self.walk(on_wire(host).as_bytes()) };
        (rank != NONE).then_some(rank)
    }

    /// Looks up the name and every name above it.
    #[inline]
    fn walk(&self, host: &[u8]) -> u32 {
        let mut depth = labels(host);
        let mut best = self.ranks(host, depth).map_or(NONE, |ranks| ranks.itself);
        let mut name = host;
        while let Some(dot) = name.iter().position(|b| *b == b'.') {
            name = name.get(dot + 1..).unwrap_or_default();
            depth -= 1;
            best = self.ranks(name, depth).map_or(best, |ranks| best.min(ranks.below));
        }
        best
    }

    #[inline]
    fn ranks(&self, name: &[u8], depth: usize) -> Option<Ranks> {
        if self.depths & depth_bit(depth) == 0 { None } else { self.names.get(name).copied() }
    }
}

fn labels(name: &[u8]) -> usize {
    name.iter().filter(|b| **b == b'.').count() + 1
}

fn depth_bit(labels: usize) -> u64 {
    1 << labels.min(63)
}

/// A host name of any spelling as it is on the wire. Labels that cannot be stay as they are.
#[cold]
fn on_wire(host: &str) -> String {
    let label = |text: &str| {
        let lower = text.to_lowercase();
        let short = text.chars().count() <= LABEL;
        if short { punycode::label(&lower).unwrap_or(lower) } else { lower }
    };
    host.split('.').map(label).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(rules: &[&str], host: &str) -> Option<u32> {
        let rules: Vec<_> = rules.iter().map(|text| Domain::parse(text).unwrap()).collect();
        DomainTable::new((0..).zip(&rules)).find(host)
    }

    #[test]
    fn exact_and_below() {
        for (rule, host, hit) in [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com.", true),
            ("Example.COM.", "example.com", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "notexample.com", false),
            ("*.com", "example.com", true),
            ("localhost", "localhost", true),
            ("example.com", "com", false),
            ("example.com", "", false),
            ("_dmarc.example.com", "_dmarc.example.com", true),
        ] {
            assert_eq!(find(&[rule], host).is_some(), hit, "{rule} {host}");
        }
    }

    #[test]
    fn names_in_any_script() {
        for rule in ["Bücher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE"] {
            for host in ["xn--bcher-kva.example", "bücher.example", "BÜCHER.example"] {
                assert_eq!(find(&[rule], host), Some(0), "{rule} {host}");
            }
        }
        assert_eq!(find(&["*.bücher.example"], "www.xn--bcher-kva.example"), Some(0));
    }

    #[test]
    fn the_earliest_rule_wins() {
        let rules = ["*.b.example", "a.b.example", "*.example"];
        assert_eq!(find(&rules, "a.b.example"), Some(0));
        assert_eq!(find(&rules[1..], "a.b.example"), Some(0));
        assert_eq!(find(&rules, "c.example"), Some(2));
        assert_eq!(find(&["*.example", "a.example"], "a.example"), Some(0));
    }

    #[test]
    fn long_hosts_still_have_their_suffix() {
        let host = format!("{}.{}example.com", "é".repeat(400), "a.".repeat(200));
        assert_eq!(find(&["*.example.com"], &host), Some(0));
        assert_eq!(find(&["example.com"], &host), None);
    }

    #[test]
    fn what_is_wrong_and_where() {
        let long = format!("{}.com", "a".repeat(64));
        let longer = vec!["a".repeat(60); 5].join(".");
        for (entry, at, words) in [
            ("https://example.com/x", 0, "'example.com'"),
            ("example.com/x", 11, "'example.com'"),
            ("example.com:443", 11, "'example.com'"),
            ("10.0.0.1", 0, "[BLOCKED_IPS]"),
            ("2001:db8::1", 0, "[BLOCKED_IPS]"),
            (".example.com", 0, "'*.example.com'"),
            ("www.*.com", 4, "at the front"),
            ("*", 0, "at the front"),
            ("*.", 2, "empty"),
            ("a..com", 2, "empty"),
            ("a b.com", 1, "one name a line"),
            ("*.exam!ple.com", 6, "'!'"),
            (&long, 0, "at most 63"),
            (&longer, 0, "at most 253"),
            ("a\u{85}b.com", 1, "'\\u{85}'"),
        ] {
            let wrong = Domain::parse(entry).unwrap_err();
            assert!(wrong.at == at && wrong.problem.contains(words), "{entry}: {wrong:?}");
        }
    }
}

//! All rules of the moment, compiled to be asked at every flow.

use std::net::IpAddr;
use std::sync::Arc;

use super::address::AddressTable;
use super::domain::DomainTable;
use super::entry::Pattern;
use super::error::RuleError;
use super::load;
use super::name::{KnownNames, NameTable};
use super::port::PortTable;
use super::rule::{Decision, Kind, Origin, Rule, RuleId, Section};

/// Rules that do not change: edits make a new set. Asking it allocates nothing (but for a host name that is not in
/// lower-case ASCII, and for names longer than 64 bytes).
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
    /// Rules that were taken away: their lines go when the rules are saved.
    pub(super) removed: Vec<Arc<Rule>>,
    /// The last number that was given.
    last: u32,
    /// Decisions by rank: what is allowed first, then in the order of the rules.
    ranked: Vec<Decision>,
    addresses: AddressTable,
    ports: PortTable,
    names: NameTable,
    domains: DomainTable,
    /// Bit per [`Kind`] of which there are rules that act.
    kinds: u8,
}

impl RuleSet {
    /// Compiles rules.
    pub(super) fn new(rules: Vec<Arc<Rule>>) -> Self {
        let last = rules.iter().map(|rule| rule.id.0).max().unwrap_or(0);
        Self::compile(rules, Vec::new(), last)
    }

    fn compile(rules: Vec<Arc<Rule>>, removed: Vec<Arc<Rule>>, last: u32) -> Self {
        let mut acting: Vec<Arc<Rule>> = rules.iter().filter(|rule| rule.enabled).cloned().collect();
        acting.sort_by_key(|rule| rule.section.action());
        let ranked: Vec<(u32, &Pattern)> = (0..).zip(acting.iter().map(|rule| &rule.pattern)).collect();
        let each = || ranked.iter().copied();
        let addresses = AddressTable::new(each().filter_map(|(rank, pattern)| match pattern {
            Pattern::Address(addresses) => Some((rank, addresses)),
            _ => None,
        }));
        let ports = PortTable::new(each().filter_map(|(rank, pattern)| match pattern {
            Pattern::Port(ports) => Some((rank, ports)),
            _ => None,
        }));
        let names = NameTable::new(each().filter_map(|(rank, pattern)| match pattern {
            Pattern::App(name) => Some((rank, &**name)),
            _ => None,
        }));
        let domains = DomainTable::new(each().filter_map(|(rank, pattern)| match pattern {
            Pattern::Domain(domain) => Some((rank, domain)),
            _ => None,
        }));
        let kinds = acting.iter().fold(0, |kinds, rule| kinds | bit(rule.section.kind()));
        let ranked = acting.iter().map(|rule| rule.decision()).collect();
        Self { rules, removed, last, ranked, addresses, ports, names, domains, kinds }
    }

    /// All rules in order, those that rest too.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|rule| &**rule)
    }

    /// The rule of a number.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules().find(|rule| rule.id == id)
    }

    /// Whether no rule acts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds == 0
    }

    /// Whether a rule of this kind acts: if not, it need not be asked.
    #[must_use]
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds & bit(kind) != 0
    }

    /// Asks the address rules about a flow.
    #[must_use]
    #[inline]
    pub fn match_addresses(&self, client: IpAddr, server: IpAddr) -> Option<Decision> {
        self.decision(self.addresses.find(client, server))
    }

    /// Asks the port rules. Only protocols with ports match.
    #[must_use]
    #[inline]
    pub fn match_port(&self, ip_proto: u8, server_port: u16) -> Option<Decision> {
        self.decision(self.ports.find(ip_proto, server_port))
    }

    /// Asks the app rules about all names of a flow: its protocols, its app, their categories. In any case.
    #[must_use]
    #[inline]
    pub fn match_app(&self, names: &[&str]) -> Option<Decision> {
        self.decision(self.names.find(names))
    }

    /// Asks the domain rules about a name that the client asked for, in any case and script.
    #[must_use]
    #[inline]
    pub fn match_domain(&self, host: &str) -> Option<Decision> {
        self.decision(self.domains.find(host))
    }

    /// Asks app and domain rules at once: what either allows passes, else what apps and then domains stop is stopped.
    #[must_use]
    pub fn match_names(&self, names: &[&str], host: Option<&str>) -> Option<Decision> {
        let app = self.match_app(names);
        let domain = host.and_then(|host| self.match_domain(host));
        match (app, domain) {
            (Some(Decision::Block(_)), Some(Decision::Allow(_))) => domain,
            _ => app.or(domain),
        }
    }

    /// With a rule more, at the end.
    ///
    /// # Errors
    /// If the entry is not understood.
    pub fn with(
        &self,
        section: Section,
        entry: &str,
        origin: Origin,
        known: &dyn KnownNames,
    ) -> Result<(Self, RuleId), RuleError> {
        let id = RuleId(self.last.saturating_add(1));
        let rule = load::rule(id, section, entry, origin, known)?;
        let rules = self.rules.iter().cloned().chain([Arc::new(rule)]).collect();
        Ok((Self::compile(rules, self.removed.clone(), id.0), id))
    }

    /// Without a rule.
    ///
    /// # Errors
    /// If there is no rule of that number.
    pub fn without(&self, id: RuleId) -> Result<Self, RuleError> {
        let (gone, rules): (Vec<_>, Vec<_>) = self.rules.iter().cloned().partition(|rule| rule.id == id);
        if gone.is_empty() {
            return Err(RuleError::Unknown(id.0));
        }
        let removed = self.removed.iter().cloned().chain(gone).collect();
        Ok(Self::compile(rules, removed, self.last))
    }

    /// With a rule that acts, or rests.
    ///
    /// # Errors
    /// If there is no rule of that number.
    pub fn with_enabled(&self, id: RuleId, enabled: bool) -> Result<Self, RuleError> {
        let mut rules = self.rules.clone();
        let rule = rules.iter_mut().find(|rule| rule.id == id).ok_or(RuleError::Unknown(id.0))?;
        Arc::make_mut(rule).enabled = enabled;
        Ok(Self::compile(rules, self.removed.clone(), self.last))
    }

    #[inline]
    fn decision(&self, rank: Option<u32>) -> Option<Decision> {
        self.ranked.get(rank? as usize).copied()
    }
}

fn bit(kind: Kind) -> u8 {
    match kind {
        Kind::Address => 1,
        Kind::Port => 2,
        Kind::App => 4,
        Kind::Domain => 8,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use super::super::load::Loader;
    use super::super::name::NameKind;
    use super::super::suggest::closest;
    use super::*;

    /// A few names.
    pub(in super::super) struct Names;

    const NAMES: [(&str, NameKind); 3] =
        [("YouTube", NameKind::App), ("TLS", NameKind::Protocol), ("Video", NameKind::Category)];

    impl KnownNames for Names {
        fn resolve(&self, name: &str) -> Option<NameKind> {
            NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
        }

        fn suggest(&self, name: &str) -> Option<String> {
            closest(name, NAMES.map(|(name, _)| name)).map(str::to_owned)
        }
    }

    /// The rules of a text without errors.
    pub(in super::super) fn set(text: &str) -> RuleSet {
        let mut loader = Loader::new(&Names);
        loader.text(Path::new("r.txt"), text.as_bytes());
        loader.finish().unwrap()
    }

    const ALLOW: fn(u32) -> Option<Decision> = |id| Some(Decision::Allow(RuleId(id)));
    const BLOCK: fn(u32) -> Option<Decision> = |id| Some(Decision::Block(RuleId(id)));

    #[test]
    fn each_kind_is_asked_for_itself() {
        let rules =
            set("[BLOCKED_IPS]\n10.0.0.1\n[BLOCKED_PORTS]\n443\n[BLOCKED_APPS]\nyoutube\n[BLOCKED_DOMAINS]\na.b\n");
        let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        assert_eq!((rules.match_addresses(a, b), rules.match_addresses(b, b)), (BLOCK(1), None));
        assert_eq!(
            (rules.match_port(6, 443), rules.match_port(6, 80), rules.match_port(1, 443)),
            (BLOCK(2), None, None)
        );
        assert_eq!((rules.match_app(&["TLS", "YouTube"]), rules.match_app(&["TLS"])), (BLOCK(3), None));
        assert_eq!((rules.match_domain("a.b"), rules.match_domain("c.b")), (BLOCK(4), None));
        assert!(!rules.is_empty() && rules.has(Kind::App));
    }

    #[test]
    fn what_is_allowed_comes_first_wherever_it_stands() {
        let rules =
            set("[BLOCKED_DOMAINS]\n*.b\n[BLOCKED_APPS]\nTLS\n[ALLOWED_DOMAINS]\na.b\n[ALLOWED_IPS]\n10.0.0.1\n\
                         [BLOCKED_IPS]\n10.0.0.0/8\n");
        assert_eq!((rules.match_domain("a.b"), rules.match_domain("c.b")), (ALLOW(3), BLOCK(1)));
        assert_eq!(rules.match_names(&["TLS"], Some("a.b")), ALLOW(3));
        assert_eq!(rules.match_names(&["TLS"], Some("c.b")), BLOCK(2));
        assert_eq!(rules.match_names(&[], Some("c.b")), BLOCK(1));
        assert_eq!(rules.match_names(&[], None), None);
        let [a, b] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        assert_eq!((rules.match_addresses(a, b), rules.match_addresses(b, b)), (ALLOW(4), BLOCK(5)));
    }

    #[test]
    fn edits_keep_the_numbers() {
        let rules = set("[BLOCKED_APPS]\nTLS\nVideo\n");
        let (rules, id) = rules.with(Section::BlockedDomains, "a.b", Origin::Key, &Names).unwrap();
        assert_eq!(id, RuleId(3));
        let rules = rules.without(RuleId(1)).unwrap();
        assert_eq!((rules.match_app(&["TLS"]), rules.match_app(&["video"])), (None, BLOCK(2)));
        let rules = rules.without(id).unwrap();
        assert!(!rules.has(Kind::Domain));
        let (rules, id) = rules.with(Section::BlockedPorts, "80", Origin::Key, &Names).unwrap();
        assert_eq!(id, RuleId(4), "a number is not given twice");
        let rules = rules.with_enabled(RuleId(2), false).unwrap().with_enabled(id, false).unwrap();
        assert!(rules.is_empty() && rules.rules().count() == 2);
        assert_eq!(rules.with_enabled(id, true).unwrap().match_port(17, 80), BLOCK(4));
        assert!(rules.without(RuleId(9)).is_err() && rules.with_enabled(RuleId(9), true).is_err());
        assert!(rules.with(Section::BlockedApps, "nope", Origin::Key, &Names).is_err());
    }
}

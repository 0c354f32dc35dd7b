//! Rules as the text of a rules file, new or with the comments and other lines of an old one.

use std::collections::{HashMap, HashSet};

use super::entry::Pattern;
use super::lines::{Content, lines};
use super::rule::{Rule, Section};
use super::set::RuleSet;

/// What a rule is, however it is written.
type Key = (Section, Pattern);

impl RuleSet {
    /// The rules as a new file. Those that rest are comments.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8(self.updated(&[])).unwrap_or_default()
    }

    /// A rules file brought up to date: its lines stay as they are, but rules that were taken away are gone, rules
    /// that rest have become comments, and new rules stand at the end of their section.
    #[must_use]
    pub fn updated(&self, old: &[u8]) -> Vec<u8> {
        let mut draft = Draft::read(old, &Fates::new(self));
        for rule in self.rules() {
            draft.add(rule);
        }
        draft.write()
    }
}

fn key(rule: &Rule) -> Key {
    (rule.section, rule.pattern.clone())
}

/// What becomes of the lines of rules that are there already. Rules that nobody knows of stay.
struct Fates {
    acting: HashSet<Key>,
    resting: HashSet<Key>,
    removed: HashSet<Key>,
}

/// What becomes of one of them.
enum Fate {
    Stay,
    Rest,
    Go,
}

impl Fates {
    fn new(rules: &RuleSet) -> Self {
        let those = |enabled| rules.rules().filter(|rule| rule.enabled == enabled).map(key).collect();
        let removed = rules.removed.iter().map(|rule| key(rule)).collect();
        Self { acting: those(true), resting: those(false), removed }
    }

    fn of(&self, key: &Key) -> Fate {
        if self.acting.contains(key) {
            Fate::Stay
        } else if self.resting.contains(key) {
            Fate::Rest
        } else if self.removed.contains(key) {
            Fate::Go
        } else {
            Fate::Stay
        }
    }
}

/// A file that is being brought up to date.
struct Draft {
    lines: Vec<Vec<u8>>,
    /// What its lines end with.
    ending: &'static [u8],
    /// For each section the number of the line behind which new rules go.
    ends: HashMap<Section, usize>,
    /// The rules that it has.
    entries: HashSet<Key>,
    /// The rules that stand in its comments.
    comments: HashSet<Key>,
    /// New lines by the line behind which they go.
    added: HashMap<usize, Vec<u8>>,
    /// Lines of sections that are not there yet.
    sections: Vec<(Section, Vec<u8>)>,
}

impl Draft {
    fn read(old: &[u8], fates: &Fates) -> Self {
        let mut draft = Self {
            lines: Vec::new(),
            ending: ending(old),
            ends: HashMap::new(),
            entries: HashSet::new(),
            comments: HashSet::new(),
            added: HashMap::new(),
            sections: Vec::new(),
        };
        let mut section = None;
        for (line, _) in lines(old) {
            if let Content::Section(found) = line.content {
                section = found;
            }
            draft.take(section, line.raw, &line.content, fates);
        }
        draft
    }

    fn take(&mut self, section: Option<Section>, raw: &[u8], content: &Content<'_>, fates: &Fates) {
        let Some(section) = section else { return self.lines.push(raw.to_vec()) };
        let mut line = raw.to_vec();
        match content {
            Content::Section(_) => {}
            Content::Blank => self.comments.extend(commented_rule(section, raw)),
            Content::Entry(entry, _) => {
                let rule = Pattern::parse(section, entry, None).ok().map(|pattern| (section, pattern));
                match rule.as_ref().map(|key| fates.of(key)) {
                    Some(Fate::Go) => return,
                    Some(Fate::Rest) => {
                        line.splice(0..0, *b"# ");
                        self.comments.extend(rule);
                    }
                    _ => self.entries.extend(rule),
                }
            }
        }
        self.lines.push(line);
        // A comment may belong to what comes next: new rules do not go behind it.
        if *content != Content::Blank {
            self.ends.insert(section, self.lines.len());
        }
    }

    /// Adds the line of a rule if it is not there.
    fn add(&mut self, rule: &Rule) {
        let key = key(rule);
        let there = self.entries.contains(&key) || (!rule.enabled && self.comments.contains(&key));
        if there {
            return;
        }
        let mark = if rule.enabled { "" } else { "# " };
        let line = [mark.as_bytes(), rule.entry.as_bytes(), self.ending].concat();
        if rule.enabled {
            self.entries.insert(key)
        } else {
            self.comments.insert(key)
        };
        if let Some(end) = self.ends.get(&rule.section) {
            return self.added.entry(*end).or_default().extend(line);
        }
        match self.sections.iter_mut().find(|(section, _)| *section == rule.section) {
            Some((_, lines)) => lines.extend(line),
            None => self.sections.push((rule.section, line)),
        }
    }

    fn write(mut self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, line) in (1..).zip(&self.lines) {
            out.extend_from_slice(line);
            if let Some(new) = self.added.remove(&number) {
                end_line(&mut out, self.ending);
                out.extend(new);
            }
        }
        self.sections.sort_by_key(|(section, _)| *section);
        for (section, lines) in self.sections {
            if !out.is_empty() {
                end_line(&mut out, self.ending);
                out.extend_from_slice(self.ending);
            }
            out.extend([b"[", section.name().as_bytes(), b"]", self.ending].concat());
            out.extend(lines);
        }
        out
    }
}

/// The rule that a comment holds, if it is one.
fn commented_rule(section: Section, line: &[u8]) -> Option<Key> {
    let comment = std::str::from_utf8(line).ok()?.trim().strip_prefix('#')?;
    let entry = comment.split('#').next()?.trim();
    (!entry.is_empty()).then(|| Pattern::parse(section, entry, None).ok()).flatten().map(|pattern| (section, pattern))
}

/// What the first line ends with.
fn ending(bytes: &[u8]) -> &'static [u8] {
    match memchr::memchr2(b'\n', b'\r', bytes).and_then(|at| bytes.get(at..)) {
        Some([b'\r', b'\n', ..]) => b"\r\n",
        Some([b'\r', ..]) => b"\r",
        _ => b"\n",
    }
}

fn end_line(out: &mut Vec<u8>, ending: &[u8]) {
    if !out.ends_with(b"\n") && !out.ends_with(b"\r") {
        out.extend_from_slice(ending);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rule::{Origin, RuleId};
    use super::super::set::tests::{Names, set};
    use super::*;

    fn updated(rules: &RuleSet, old: &str) -> String {
        String::from_utf8(rules.updated(old.as_bytes())).unwrap()
    }

    const FILE: &str =
        "\u{feff}# my rules\r\n[blocked_domains] # names\r\nA.example # one\r\n\r\n# ports:\r\n[BLOCKED_PORTS]\r\n443";

    #[test]
    fn a_file_that_is_up_to_date_stays_as_it_is() {
        assert_eq!(updated(&set(FILE), FILE), FILE);
        assert_eq!(updated(&set(""), "junk\n[what]\n\u{1}\n"), "junk\n[what]\n\u{1}\n", "lines of no rules stay");
    }

    #[test]
    fn rules_come_rest_and_go() {
        let rules = set(FILE);
        let add = |rules: &RuleSet, section, entry| rules.with(section, entry, Origin::Key, &Names).unwrap().0;
        let rules = add(&rules, Section::BlockedDomains, "*.b.example");
        let rules = add(&rules, Section::BlockedPorts, "80");
        let rules = add(&rules, Section::BlockedApps, "YouTube");
        let rules = add(&rules, Section::BlockedPorts, "443");
        let expected =
            FILE.replace("# one\r\n", "# one\r\n*.b.example\r\n") + "\r\n80\r\n\r\n[BLOCKED_APPS]\r\nYouTube\r\n";
        let saved = updated(&rules, FILE);
        assert_eq!(saved, expected);
        assert_eq!(updated(&rules, &saved), saved, "saving again changes nothing");
        let rules = rules.without(RuleId(1)).unwrap().with_enabled(RuleId(5), false).unwrap();
        let expected = expected.replace("A.example # one\r\n", "").replace("YouTube", "# YouTube");
        let saved = updated(&rules, &saved);
        assert_eq!(saved, expected);
        assert_eq!(updated(&rules, &saved), saved);
        let rules = rules.with_enabled(RuleId(5), true).unwrap();
        let acts_again = "[BLOCKED_APPS]\r\nYouTube\r\n# YouTube\r\n";
        assert!(updated(&rules, &saved).ends_with(acts_again), "{:?}", updated(&rules, &saved));
    }

    #[test]
    fn rules_of_another_file_stay_there() {
        let other = "[BLOCKED_PORTS]\n22\n";
        assert_eq!(updated(&set("[BLOCKED_PORTS]\n80\n"), other), "[BLOCKED_PORTS]\n22\n80\n");
    }

    fn entry() -> impl Strategy<Value = (Section, String)> {
        let side = prop_oneof![Just(""), Just("from:"), Just("TO: ")];
        let address = (side, any::<std::net::IpAddr>(), 0..=32_u8).prop_map(|(s, a, n)| format!("{s}{a}/{n}"));
        let ports =
            ("(tcp/|UDP/|)", any::<u16>(), any::<u16>()).prop_map(|(p, a, b)| format!("{p}{}-{}", a.min(b), a.max(b)));
        let domain = "(\\*\\.)?[a-zA-Z0-9_]{1,9}(\\.[a-zäß中]{1,9}){1,3}x";
        let app = prop_oneof![Just("youtube"), Just("TLS"), Just("Video")].prop_map(str::to_owned);
        let ips = prop_oneof![Just(Section::AllowedIps), Just(Section::BlockedIps)];
        prop_oneof![
            (ips, address),
            (Just(Section::BlockedPorts), ports),
            (Just(Section::AllowedDomains), domain),
            (Just(Section::BlockedDomains), domain),
            (Just(Section::BlockedApps), app),
        ]
    }

    proptest! {
        #[test]
        fn written_and_read_they_are_the_same(entries in proptest::collection::vec(entry(), 0..30)) {
            let mut rules = RuleSet::default();
            for (section, text) in &entries {
                rules = rules.with(*section, text, Origin::CommandLine, &Names).unwrap().0;
            }
            let keys = |rules: &RuleSet| {
                let mut keys: Vec<Key> = rules.rules().map(key).collect();
                keys.sort_by_key(|(section, _)| *section);
                let mut seen = HashSet::new();
                keys.retain(|key| seen.insert(key.clone()));
                keys
            };
            let again = set(&rules.to_text());
            prop_assert_eq!(keys(&again), keys(&rules));
            prop_assert_eq!(again.to_text(), rules.to_text());
        }

        #[test]
        fn any_file_is_read_to_its_end_or_told_of(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = [b"[BLOCKED_DOMAINS]\n", &bytes[..]].concat();
            let mut loader = super::super::load::Loader::new(&Names);
            loader.text(std::path::Path::new("r"), &text);
            let _ = loader.finish();
            prop_assert_eq!(set("").updated(&text), text);
        }
    }
}

//! Rules gathered from files, the command line and keys, with every error that they have.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::entry::Pattern;
use super::error::{RuleError, Wrong};
use super::lines::{Content, lines};
use super::name::KnownNames;
use super::rule::{Origin, Rule, RuleId, Section};
use super::set::RuleSet;
use crate::limits;

/// Gathers rules in the order in which they are given.
pub struct Loader<'a> {
    known: &'a dyn KnownNames,
    rules: Vec<Arc<Rule>>,
    errors: Vec<RuleError>,
}

impl<'a> Loader<'a> {
    /// With the names that app rules may have.
    #[must_use]
    pub fn new(known: &'a dyn KnownNames) -> Self {
        Self { known, rules: Vec::new(), errors: Vec::new() }
    }

    /// Adds the rules of a file.
    pub fn file(&mut self, path: &Path) {
        match read(path) {
            Ok(bytes) => self.text(path, &bytes),
            Err(error) => self.errors.push(RuleError::Read { path: path.to_path_buf(), error }),
        }
    }

    /// Adds the rules of a text, which is told of as if it were in that file.
    pub fn text(&mut self, path: &Path, bytes: &[u8]) {
        let path: Arc<Path> = path.into();
        let most = self.errors.len() + limits::RULES_ERRORS;
        let mut section = None;
        if let Some(problem) = not_utf8(bytes) {
            let origin = Origin::File { path, line: 1 };
            return self.errors.push(RuleError::Line { origin, column: 1, problem: problem.to_owned() });
        }
        for (line, wrong) in lines(bytes) {
            let origin = || Origin::File { path: path.clone(), line: line.number };
            let wrong = wrong.or_else(|| match line.content {
                Content::Blank => None,
                Content::Section(found) => {
                    section = Some(found);
                    None
                }
                Content::Entry(entry, column) => self.line(section, entry, column, &origin).err(),
            });
            if matches!(line.content, Content::Section(None)) {
                section = Some(None);
            }
            let Some(Wrong { at, problem }) = wrong else { continue };
            if self.errors.len() >= most {
                return self.errors.push(RuleError::More { path: path.to_path_buf() });
            }
            self.errors.push(RuleError::Line { origin: origin(), column: at, problem });
        }
    }

    /// Adds one rule.
    pub fn entry(&mut self, section: Section, entry: &str, origin: Origin) {
        match rule(self.next(), section, entry, origin, self.known) {
            Ok(rule) => self.rules.push(Arc::new(rule)),
            Err(error) => self.errors.push(error),
        }
    }

    /// The rules, or everything that is wrong with them.
    ///
    /// # Errors
    /// All errors, in the order in which the rules were given.
    pub fn finish(self) -> Result<RuleSet, Vec<RuleError>> {
        if self.errors.is_empty() { Ok(RuleSet::new(self.rules)) } else { Err(self.errors) }
    }

    /// An entry of a file; the offset of its error is a character of the line.
    fn line(
        &mut self,
        section: Option<Option<Section>>,
        entry: &str,
        column: usize,
        origin: &dyn Fn() -> Origin,
    ) -> Result<(), Wrong> {
        let Some(section) = section else {
            let problem = format!("this entry is in no section: write [{}] above it", Section::BlockedIps.name());
            return Err(Wrong::new(column, problem));
        };
        // The section was not understood, which was told; its entries cannot be judged.
        let Some(section) = section else { return Ok(()) };
        let pattern = Pattern::parse(section, entry, Some(self.known)).map_err(|wrong| {
            let before = entry.get(..wrong.at).map_or(0, |text| text.chars().count());
            Wrong::new(column + before, wrong.problem)
        })?;
        let (id, entry, origin) = (self.next(), entry.into(), origin());
        self.rules.push(Arc::new(Rule { id, section, entry, origin, enabled: true, pattern }));
        Ok(())
    }

    fn next(&self) -> RuleId {
        RuleId(u32::try_from(self.rules.len()).unwrap_or(u32::MAX).saturating_add(1))
    }
}

/// One rule that stands in no file.
pub(super) fn rule(
    id: RuleId,
    section: Section,
    entry: &str,
    origin: Origin,
    known: &dyn KnownNames,
) -> Result<Rule, RuleError> {
    let entry = entry.trim();
    // It is to be one line of a file when it is saved.
    let pattern = if entry.is_empty() || entry.contains(['#', '\n', '\r']) {
        Err(Wrong::new(0, "a rule is one entry, and has neither '#' nor a line's end".to_owned()))
    } else {
        Pattern::parse(section, entry, Some(known))
    };
    match pattern {
        Ok(pattern) => Ok(Rule { id, section, entry: entry.into(), origin, enabled: true, pattern }),
        Err(Wrong { problem, .. }) => Err(RuleError::Entry { origin, section, entry: entry.to_owned(), problem }),
    }
}

/// A file, up to the length that is accepted: it may be a device without an end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limits::RULES_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::RULES_BYTES {
        return Err(io::Error::other(format!("longer than {} bytes", limits::RULES_BYTES)));
    }
    Ok(bytes)
}

/// Editors of some systems save UTF-16, in which every line would be wrong.
fn not_utf8(bytes: &[u8]) -> Option<&'static str> {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    utf16.then_some("this is UTF-16: save the file as UTF-8")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::set::tests::Names;
    use super::*;

    fn load(bytes: &[u8]) -> Result<RuleSet, Vec<String>> {
        let mut loader = Loader::new(&Names);
        loader.text(Path::new("r.txt"), bytes);
        loader.finish().map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn all_errors_with_their_places() {
        let text = "10.0.0.1\n[BLOCKED_IPS]\n10.0.0.300 # no\n  to: 9.9.9\n[BLOCKED_IP]\nanything\n[blocked_apps]\nYoutub\n\
                    [BLOCKED_PORTS]\n80\n99999\n[BLOCKED_DOMAINS]\nää b.com\n\u{e4}ok.com\n";
        let errors = load(text.as_bytes()).unwrap_err();
        let expected = [
            "r.txt:1:1: this entry is in no section",
            "r.txt:3:1: '10.0.0.300' is no address",
            "r.txt:4:7: '9.9.9' is no address",
            "r.txt:5:1: there is no section 'BLOCKED_IP': did you mean [BLOCKED_IPS]?",
            "r.txt:8:1: 'Youtub' is no app, protocol or category: did you mean 'YouTube'?",
            "r.txt:11:1: '99999' is no port",
            "r.txt:13:3: ' ' cannot be in a host name",
        ];
        assert_eq!(errors.len(), expected.len(), "{errors:#?}");
        for (error, start) in errors.iter().zip(expected) {
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn rules_know_where_they_are_from() {
        let rules =
            load(b"\xef\xbb\xbf[BLOCKED_PORTS]\r\n# c\r\n tcp/443 # x\r\n[ALLOWED_DOMAINS]\r\n*.a.example").unwrap();
        let shown: Vec<_> = rules.rules().map(|r| format!("{} {r} {}", r.id.0, r.origin)).collect();
        assert_eq!(shown, ["1 [BLOCKED_PORTS] tcp/443 r.txt:3", "2 [ALLOWED_DOMAINS] *.a.example r.txt:5"]);
    }

    #[test]
    fn single_rules_and_their_errors() {
        let mut loader = Loader::new(&Names);
        loader.entry(Section::BlockedPorts, " 443 ", Origin::CommandLine);
        loader.entry(Section::BlockedApps, "Nope", Origin::CommandLine);
        loader.entry(Section::BlockedDomains, "a.com\n[BLOCKED_IPS]", Origin::Key);
        loader.entry(Section::BlockedDomains, "a.com#b", Origin::Key);
        loader.entry(Section::BlockedDomains, " ", Origin::Key);
        loader.file(Path::new("/there/is/no\u{1b}/such"));
        let errors = loader.finish().unwrap_err();
        assert_eq!(errors.len(), 5);
        assert!(errors[0].to_string().starts_with("command line: [BLOCKED_APPS] 'Nope': "), "{}", errors[0]);
        assert!(errors.iter().all(|e| !e.to_string().contains(['\u{1b}', '\n'])));
    }

    #[test]
    fn foreign_files_end_soon() {
        let utf16: Vec<u8> = "\u{feff}[BLOCKED_IPS]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(load(&utf16).unwrap_err(), ["r.txt:1:1: this is UTF-16: save the file as UTF-8"]);
        let mut junk = String::new();
        (0..5000).for_each(|n| writeln!(junk, "junk {n}").unwrap());
        let errors = load(junk.as_bytes()).unwrap_err();
        assert_eq!(errors.len(), limits::RULES_ERRORS + 1);
        assert_eq!(errors.last().unwrap(), "r.txt: and more errors");
        let mut loader = Loader::new(&Names);
        loader.file(Path::new("/dev/zero"));
        assert!(loader.finish().unwrap_err()[0].to_string().contains("longer than"));
    }
}

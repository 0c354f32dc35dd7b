//! App rules: apps, protocols and categories by name, in any case.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::error::{Wrong, quoted};

/// Longest name that is looked up without allocating.
const SHORT: usize = 64;

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// An app, as `dpimon apps` lists them.
    App,
    /// A protocol, as `dpimon protocols` lists them.
    Protocol,
    /// A category of either.
    Category,
}

/// The names that can be told from traffic. A rule with any other name would never match, and is an error.
pub trait KnownNames {
    /// What a name means, in any case. `None` if it is not known.
    fn resolve(&self, name: &str) -> Option<NameKind>;

    /// The known name that was likely meant; [`super::closest`] finds it among candidates.
    fn suggest(&self, name: &str) -> Option<String>;
}

/// The name in lower case, if it is known or need not be.
pub(super) fn parse(entry: &str, known: Option<&dyn KnownNames>) -> Result<Box<str>, Wrong> {
    if let Some(known) = known.filter(|known| known.resolve(entry).is_none()) {
        let hint = known.suggest(entry).map(|name| format!("did you mean {}? ", quoted(&name))).unwrap_or_default();
        let lists = "'dpimon apps' and 'dpimon protocols' list what is known";
        return Err(Wrong::new(0, format!("{} is no app, protocol or category: {hint}{lists}", quoted(entry))));
    }
    Ok(entry.to_lowercase().into())
}

/// The app rules, compiled: names in lower case with their lowest rank.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    names: HashMap<Box<[u8]>, u32, RandomState>,
}

impl NameTable {
    /// From the rules with their ranks, lower ones first.
    pub(super) fn new<'a>(rules: impl Iterator<Item = (u32, &'a str)>) -> Self {
        let mut names = HashMap::default();
        for (rank, name) in rules {
            names.entry(name.as_bytes().into()).or_insert(rank);
        }
        Self { names }
    }

    /// The lowest rank of one of these names.
    #[inline]
    pub(super) fn find(&self, names: &[&str]) -> Option<u32> {
        if self.names.is_empty() {
            return None;
        }
        names.iter().filter_map(|name| self.rank(name)).min()
    }

    #[inline]
    fn rank(&self, name: &str) -> Option<u32> {
        let mut buffer = [0; SHORT];
        match buffer.get_mut(..name.len()) {
            Some(lower) if name.is_ascii() => {
                lower.copy_from_slice(name.as_bytes());
                lower.make_ascii_lowercase();
                self.names.get(&*lower).copied()
            }
            _ => self.names.get(name.to_lowercase().as_bytes()).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_and_the_lowest_rank() {
        let long = "x".repeat(100);
        let table = NameTable::new((0..).zip(["youtube", "http", "äpp", "youtube", long.as_str()]));
        assert_eq!(table.find(&["HTTP", "YouTube"]), Some(0));
        assert_eq!(table.find(&["Http", "Video"]), Some(1));
        assert_eq!(table.find(&["ÄPP"]), Some(2));
        assert_eq!(table.find(&[&long.to_uppercase()]), Some(4));
        assert_eq!(table.find(&["", "Video"]), None);
        assert_eq!(table.find(&[]), None);
    }
}

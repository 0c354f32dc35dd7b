//! Apps by host name: a table of suffixes, each with its app and category.
//!
//! The longest suffix wins, so that `*.googlevideo.com` is YouTube though Google owns it. A suffix answers for the
//! host itself and all names below it; a row with a leading `=` only for that very host. [`AppTable::builtin`] is
//! `assets/apps.tsv`; a user's own file is parsed the same way and laid over it with [`AppTable::extended_with`].
//!
//! All text lives in one arena and rows are numbers, so the table costs little more than its file. A lookup goes over
//! the host once, from the right label to the left, and allocates nothing.

mod parse;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

pub use parse::AppError;

/// Words that the category column may hold.
pub const CATEGORIES: &[&str] = &[
    "AdultContent",
    "Advertisement",
    "AI",
    "CDN",
    "Chat",
    "Cloud",
    "Collaborative",
    "Crypto_Currency",
    "Cybersecurity",
    "Database",
    "DataTransfer",
    "Dating",
    "Developer",
    "Download",
    "Education",
    "Email",
    "Finance",
    "Gambling",
    "Game",
    "Government",
    "Health",
    "IoT-Scada",
    "Malware",
    "Media",
    "Mining",
    "Music",
    "Network",
    "News",
    "RemoteAccess",
    "RPC",
    "Shopping",
    "SocialNetwork",
    "SoftwareUpdate",
    "Sports",
    "Streaming",
    "System",
    "Travel",
    "Video",
    "VirtAssistant",
    "VoIP",
    "VPN",
    "Web",
];

/// Number of an app in the table that gave it; another table's numbers are others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(pub u16);

/// What a lookup found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppMatch<'a> {
    /// The app.
    pub app: AppId,
    /// The row that matched, as evidence: `netflix.com`.
    pub suffix: &'a str,
    /// Whether that row stands for one host only.
    pub exact: bool,
}

/// One suffix of an app, as listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suffix<'a> {
    /// Lower case, no leading dot.
    pub name: &'a str,
    /// Matches this very host only.
    pub exact: bool,
}

/// Host suffixes and the apps they belong to.
#[derive(Debug, Clone, Default)]
pub struct AppTable {
    /// Lower-case host names one after the other, and app names as spelled.
    arena: String,
    rows: Vec<Row>,
    apps: Vec<App>,
    by_host: HashTable<u32>,
    by_name: HashTable<u16>,
    /// Labels of the deepest row: where a lookup can stop.
    deepest: usize,
}

/// One host name: who owns it and all below, and who owns just it.
#[derive(Debug, Clone, Copy)]
struct Row {
    start: u32,
    len: u8,
    below: Option<AppNumber>,
    only: Option<AppNumber>,
}

/// An [`AppId`] plus one, so that an `Option` of it takes no more room.
type AppNumber = std::num::NonZeroU16;

#[derive(Debug, Clone, Copy)]
struct App {
    start: u32,
    len: u8,
    category: u8,
}

/// The longest host name there is (RFC 1035, section 2.3.4, as text).
const LONGEST_HOST: usize = 253;

static BUILTIN: LazyLock<AppTable> = LazyLock::new(|| {
    // A test parses the same text and shows every error; a build that fails it gives an empty table, not a panic.
    AppTable::parse(include_str!("../../assets/apps.tsv"), "assets/apps.tsv").unwrap_or_default()
});

impl AppTable {
    /// The table that is part of the program; parsed at the first call.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// The app whose suffix of `host` is the longest. Case and a final dot do not matter; any string is fine.
    #[must_use]
    pub fn lookup(&self, host: &str) -> Option<AppMatch<'_>> {
        let mut buffer = [0; LONGEST_HOST];
        let (host, whole) = lower_case_tail(host, &mut buffer)?;
        let mut found = None;
        let mut labels = 0;
        let mut end = host.len();
        loop {
            let dot = host.get(..end)?.iter().rposition(|&byte| byte == b'.');
            let start = dot.map_or(0, |dot| dot + 1);
            if let Some(row) = self.row(host.get(start..)?) {
                found = self.answer(row, start == 0 && whole).or(found);
            }
            labels += 1;
            match dot {
                Some(dot) if labels < self.deepest => end = dot,
                _ => return found,
            }
        }
    }

    /// The app's name as spelled in the table; empty for a number of another table.
    #[must_use]
    pub fn name(&self, id: AppId) -> &str {
        self.apps.get(usize::from(id.0)).map_or("", |app| self.text(app.start, app.len))
    }

    /// The app's category; empty for a number of another table.
    #[must_use]
    pub fn category(&self, id: AppId) -> &'static str {
        let category = self.apps.get(usize::from(id.0)).map(|app| usize::from(app.category));
        category.and_then(|index| CATEGORIES.get(index)).copied().unwrap_or("")
    }

    /// The app of that name, in any case.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<AppId> {
        let same = |&number: &u16| self.name(AppId(number)).eq_ignore_ascii_case(name);
        self.by_name.find(hash_any_case(name), same).map(|&number| AppId(number))
    }

    /// All apps: number, name, category; in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (AppId, &str, &'static str)> {
        (0..self.apps.len()).filter_map(|index| u16::try_from(index).ok()).map(|number| {
            let id = AppId(number);
            (id, self.name(id), self.category(id))
        })
    }

    /// All suffixes with their apps, in the order of the table.
    pub fn suffixes(&self) -> impl Iterator<Item = (AppId, Suffix<'_>)> {
        self.rows.iter().flat_map(|row| {
            let name = self.text(row.start, row.len);
            let below = row.below.map(|app| (id_of(app), Suffix { name, exact: false }));
            let only = row.only.map(|app| (id_of(app), Suffix { name, exact: true }));
            below.into_iter().chain(only)
        })
    }

    /// The suffixes of one app; walks the whole table, so list many apps with [`Self::suffixes`] instead.
    pub fn suffixes_of(&self, id: AppId) -> impl Iterator<Item = Suffix<'_>> {
        self.suffixes().filter(move |&(app, _)| app == id).map(|(_, suffix)| suffix)
    }

    /// How many apps the table knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.apps.len()
    }

    /// Whether the table knows no app.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// This table with another one laid over it: where both have the same suffix, or the same app in another
    /// category, `other` is right. Numbers of apps of `self` stay as they are.
    #[must_use]
    pub fn extended_with(&self, other: &Self) -> Self {
        let mut table = self.clone();
        for (_, name, category) in other.iter() {
            let id = table.intern_app(name, category).map(|id| usize::from(id.0));
            let app = id.and_then(|id| table.apps.get_mut(id));
            if let (Some(app), Some(category)) = (app, category_number(category)) {
                app.category = category;
            }
        }
        for (app, suffix) in other.suffixes() {
            if let Some(id) = table.by_name(other.name(app)) {
                let _replaced = table.insert(suffix, id);
            }
        }
        table
    }

    /// Bytes that the table holds on to, more or less.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.arena.capacity()
            + self.rows.capacity() * size_of::<Row>()
            + self.apps.capacity() * size_of::<App>()
            + self.by_host.allocation_size()
            + self.by_name.allocation_size()
    }

    /// The number of the app of that name, new if need be; `None` when the table or the arena is full.
    fn intern_app(&mut self, name: &str, category: &str) -> Option<AppId> {
        if let Some(id) = self.by_name(name) {
            return Some(id);
        }
        let category = category_number(category)?;
        let number = u16::try_from(self.apps.len()).ok().filter(|&number| number < u16::MAX)?;
        let (start, len) = self.intern_text(name)?;
        self.apps.push(App { start, len, category });
        let Self { by_name, apps, arena, .. } = self;
        by_name.insert_unique(hash_any_case(name), number, |&other| {
            hash_any_case(apps.get(usize::from(other)).map_or("", |app| text(arena, app.start, app.len)))
        });
        Some(AppId(number))
    }

    /// Sets who owns `suffix`, which must be in lower case; gives who did before.
    fn insert(&mut self, suffix: Suffix<'_>, app: AppId) -> Option<AppId> {
        let number = AppNumber::new(app.0.checked_add(1)?);
        let next = u32::try_from(self.rows.len()).ok()?;
        let hash_of = hash(suffix.name.as_bytes());
        let Self { by_host, rows, arena, .. } = self;
        let name_at = |index: u32| row_at(rows, index).map_or("", |row| text(arena, row.start, row.len));
        let same = |&index: &u32| name_at(index) == suffix.name;
        let slot = by_host.entry(hash_of, same, |&index| hash(name_at(index).as_bytes()));
        let index = match slot {
            Entry::Occupied(old) => *old.get(),
            Entry::Vacant(free) => {
                free.insert(next);
                self.push_row(suffix.name)?;
                next
            }
        };
        let row = self.rows.get_mut(usize::try_from(index).ok()?)?;
        let owner = if suffix.exact { &mut row.only } else { &mut row.below };
        std::mem::replace(owner, number).map(id_of)
    }

    /// Adds a row that no one owns yet.
    fn push_row(&mut self, name: &str) -> Option<()> {
        let (start, len) = self.intern_text(name)?;
        self.rows.push(Row { start, len, below: None, only: None });
        self.deepest = self.deepest.max(memchr::memchr_iter(b'.', name.as_bytes()).count() + 1);
        Some(())
    }

    fn intern_text(&mut self, text: &str) -> Option<(u32, u8)> {
        let start = u32::try_from(self.arena.len()).ok()?;
        let len = u8::try_from(text.len()).ok()?;
        self.arena.push_str(text);
        Some((start, len))
    }

    fn row(&self, host: &[u8]) -> Option<&Row> {
        self.rows.get(self.row_index(host)?)
    }

    fn row_index(&self, host: &[u8]) -> Option<usize> {
        let same = |&index: &u32| {
            row_at(&self.rows, index).is_some_and(|row| self.text(row.start, row.len).as_bytes() == host)
        };
        self.by_host.find(hash(host), same).and_then(|&index| usize::try_from(index).ok())
    }

    fn answer(&self, row: &Row, whole: bool) -> Option<AppMatch<'_>> {
        let only = row.only.filter(|_| whole);
        let app = only.or(row.below)?;
        Some(AppMatch { app: id_of(app), suffix: self.text(row.start, row.len), exact: only.is_some() })
    }

    fn text(&self, start: u32, len: u8) -> &str {
        text(&self.arena, start, len)
    }
}

/// The last bytes of `host` without final dot, in lower case, and whether that is all of it.
fn lower_case_tail<'a>(host: &str, buffer: &'a mut [u8; LONGEST_HOST]) -> Option<(&'a [u8], bool)> {
    let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
    let tail = host.get(host.len().saturating_sub(LONGEST_HOST)..)?;
    let copy = buffer.get_mut(..tail.len())?;
    copy.copy_from_slice(tail);
    copy.make_ascii_lowercase();
    // A name that is too long is cut before its first whole label, so that half a label never matches.
    let cut = tail.len() < host.len();
    let start = if cut { copy.iter().position(|&byte| byte == b'.')? + 1 } else { 0 };
    Some((copy.get(start..)?, !cut))
}

fn text(arena: &str, start: u32, len: u8) -> &str {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    arena.get(start..start.saturating_add(usize::from(len))).unwrap_or("")
}

fn row_at(rows: &[Row], index: u32) -> Option<&Row> {
    rows.get(usize::try_from(index).ok()?)
}

fn id_of(number: AppNumber) -> AppId {
    AppId(number.get() - 1)
}

fn category_number(category: &str) -> Option<u8> {
    let index = CATEGORIES.iter().position(|known| known.eq_ignore_ascii_case(category))?;
    u8::try_from(index).ok()
}

/// Hosts of packets are only looked up, never inserted, so a fixed seed gives an attacker nothing.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

fn hash_any_case(name: &str) -> u64 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    name.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

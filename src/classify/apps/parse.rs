//! The table's text: lines of suffix, app, category with a tab between them; `#` comments; empty lines.

use std::fmt;

use super::{AppId, AppTable, CATEGORIES, LONGEST_HOST, Suffix, category_number};

/// What is wrong with a line of an app table, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppError {
    /// The file, as the caller named it.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.origin, self.line, self.column, self.message)
    }
}

impl std::error::Error for AppError {}

/// A fault within a line: the field's byte offset and the message.
type Fault = (usize, String);

/// A line's three fields, checked.
struct Line<'a> {
    suffix: Suffix<'a>,
    app: &'a str,
    app_at: usize,
    category: &'a str,
    category_at: usize,
}

impl AppTable {
    /// Reads a table from its text; `origin` names the file in errors.
    ///
    /// # Errors
    ///
    /// All lines that are not understood, that repeat a suffix, or that give an app a second category.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Vec<AppError>> {
        let mut table = Self::with_room_for(text);
        let mut errors = Vec::new();
        let mut last = None;
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim_end();
            if line.trim_start().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if let Err((at, message)) = fields(line).and_then(|fields| table.add(&fields, &mut last)) {
                let column = line.get(..at).map_or(at, |before| before.chars().count()) + 1;
                errors.push(AppError { origin: origin.to_owned(), line: index + 1, column, message });
            }
        }
        if errors.is_empty() { Ok(table) } else { Err(errors) }
    }

    /// Room for what the text will need, so that start-up does not spend its time on growing.
    fn with_room_for(text: &str) -> Self {
        let rows = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        let mut table = Self::default();
        table.rows.reserve_exact(rows);
        table.arena.reserve(rows * 18);
        table.by_host.reserve(rows, |_| 0);
        table
    }

    fn add(&mut self, line: &Line<'_>, last: &mut Option<AppId>) -> Result<(), Fault> {
        // Rows of an app stand together, so the app is most often the one of the line before.
        let same = last.filter(|&id| self.name(id) == line.app && self.category(id) == line.category);
        let id = match same {
            Some(id) => id,
            None => self.app_of(line)?,
        };
        *last = Some(id);
        if line.suffix.name == NO_HOST {
            return Ok(()); // named by its own marks only
        }
        match self.insert(line.suffix, id) {
            None => Ok(()),
            Some(before) => {
                let message = format!("`{}` is listed above for {}; keep one", line.suffix.name, self.name(before));
                Err((0, message))
            }
        }
    }

    fn app_of(&mut self, line: &Line<'_>) -> Result<AppId, Fault> {
        check_app(line)?;
        let full = || (line.app_at, format!("too many apps: at most {} fit", u16::MAX - 1));
        let id = self.intern_app(line.app, line.category).ok_or_else(full)?;
        if self.name(id) != line.app {
            return Err((line.app_at, format!("`{}` is spelled `{}` above", line.app, self.name(id))));
        }
        if !self.category(id).eq_ignore_ascii_case(line.category) {
            let message = format!("{} is in category {} above; an app has one", line.app, self.category(id));
            return Err((line.category_at, message));
        }
        Ok(id)
    }
}

/// Stands for the suffix of an app that no host name tells: a messenger's calls, say.
const NO_HOST: &str = "-";

fn fields(line: &str) -> Result<Line<'_>, Fault> {
    let shape = || (0, "expected three columns with a tab between them: suffix, app, category".to_owned());
    let (suffix, rest) = line.split_once('\t').ok_or_else(shape)?;
    let (app, category) = rest.split_once('\t').ok_or_else(shape)?;
    let app_at = suffix.len() + 1;
    let category_at = app_at + app.len() + 1;
    let suffix = checked_suffix(suffix).map_err(|message| (0, message))?;
    Ok(Line { suffix, app, app_at, category, category_at })
}

/// Checks that are only needed where an app is seen first.
fn check_app(line: &Line<'_>) -> Result<(), Fault> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if line.app.is_empty() || line.app.len() > 64 || line.app.contains(odd) {
        return Err((line.app_at, "an app's name has 1 to 64 bytes and no spaces".to_owned()));
    }
    if category_number(line.category).is_none() {
        let message = format!("unknown category `{}`; one of: {}", line.category, CATEGORIES.join(", "));
        return Err((line.category_at, message));
    }
    Ok(())
}

fn checked_suffix(field: &str) -> Result<Suffix<'_>, String> {
    let (name, exact) = field.strip_prefix('=').map_or((field, false), |name| (name, true));
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > LONGEST_HOST {
        return Err(format!("a host name has 1 to {LONGEST_HOST} characters"));
    }
    if bytes.first() == Some(&b'.') || bytes.last() == Some(&b'.') || name.contains("..") {
        return Err(format!("`{name}`: no dot at either end and no two in a row; `example.com` has all below it"));
    }
    // Without a short circuit the compiler makes this a vector loop, and the whole table comes through here at start.
    let plain =
        |byte: u8| byte.is_ascii_lowercase() | byte.is_ascii_digit() | (byte == b'-') | (byte == b'.') | (byte == b'_');
    if !bytes.iter().fold(true, |all, &byte| all & plain(byte)) {
        return Err(format!("`{name}`: only a-z, 0-9, '-', '_' and '.'; other scripts as `xn--...`"));
    }
    Ok(Suffix { name, exact })
}

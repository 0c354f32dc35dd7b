//! A rules file in lines, each of them blank, a section or an entry.

use super::error::{Wrong, quoted};
use super::rule::Section;
use super::suggest::closest;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u32,
    /// All of it, its ending too (and the byte order mark of the first).
    pub(super) raw: &'a [u8],
    /// What it says.
    pub(super) content: Content<'a>,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    /// Nothing, or a comment.
    Blank,
    /// From here on entries are of this section; `None` where its name is not understood, which an error tells.
    Section(Option<Section>),
    /// An entry, trimmed and without comment, and where in the line it begins, in characters from 1.
    Entry(&'a str, usize),
}

/// The lines of a file with what is wrong with them; offsets of errors are characters of the line, from 1.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (Line<'_>, Option<Wrong>)> {
    let mut rest = bytes;
    let mut number = 0;
    std::iter::from_fn(move || {
        let end = line_end(rest)?;
        let (raw, after) = rest.split_at_checked(end)?;
        rest = after;
        number += 1;
        let text = if number == 1 { raw.strip_prefix(BYTE_ORDER_MARK).unwrap_or(raw) } else { raw };
        let (content, wrong) = match std::str::from_utf8(text) {
            Ok(text) => read(text),
            Err(error) => (Content::Blank, Some(not_text(text, error.valid_up_to()))),
        };
        Some((Line { number, raw, content }, wrong))
    })
}

/// Length of the first line with its ending: LF, CRLF or CR. `None` if there is nothing left.
fn line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.is_empty() {
        return None;
    }
    let end = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    let ending = match bytes.get(end..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([_, ..]) => 1,
        _ => 0,
    };
    Some(end + ending)
}

/// What a line says. A line that is wrong says nothing, but a section that is wrong still ends the one before.
fn read(line: &str) -> (Content<'_>, Option<Wrong>) {
    let said = line.split('#').next().unwrap_or_default();
    let text = said.trim();
    if text.is_empty() {
        return (Content::Blank, None);
    }
    let column = said.chars().take_while(|c| c.is_whitespace()).count() + 1;
    let Some(inside) = text.strip_prefix('[') else { return (Content::Entry(text, column), None) };
    let unknown = |problem| (Content::Section(None), Some(Wrong::new(column, problem)));
    let Some((name, after)) = inside.split_once(']') else {
        return unknown(format!("a section ends with ']': write [{}]", Section::BlockedIps.name()));
    };
    if !after.trim().is_empty() {
        return unknown(format!("write {} on a line of its own", quoted(after.trim())));
    }
    match Section::of(name.trim()) {
        Some(section) => (Content::Section(Some(section)), None),
        None => unknown(unknown_section(name.trim())),
    }
}

fn unknown_section(name: &str) -> String {
    let all = Section::ALL.map(Section::name);
    match closest(name, all) {
        Some(meant) => format!("there is no section {}: did you mean [{meant}]?", quoted(name)),
        None => format!("there is no section {}: write one of [{}]", quoted(name), all.join("], [")),
    }
}

fn not_text(line: &[u8], valid: usize) -> Wrong {
    let before = String::from_utf8_lossy(line.get(..valid).unwrap_or_default());
    Wrong::new(before.chars().count() + 1, "this is not UTF-8: save the file as UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(bytes: &[u8]) -> Vec<(u32, String)> {
        let shown = |(line, wrong): (Line<'_>, Option<Wrong>)| (line.number, format!("{:?} {wrong:?}", line.content));
        lines(bytes).map(shown).collect()
    }

    #[test]
    fn every_ending_and_comments_anywhere() {
        let entry = ["Blank", "Section(Some(BlockedIps))", "Entry(\"10.0.0.1\", 3)", "Blank", "Entry(\"x\", 1)"];
        for ending in ["\n", "\r\n", "\r"] {
            let text = ["# a [comment]", " [blocked_IPS] # b", "\t 10.0.0.1\t#c", "", "x"].join(ending);
            for text in [text.clone(), format!("\u{feff}{text}")] {
                let lines = contents(text.as_bytes());
                for ((number, shown), (i, expected)) in lines.iter().zip((1..).zip(entry)) {
                    assert_eq!((*number, shown.as_str()), (i, format!("{expected} None").as_str()));
                }
                assert_eq!(lines.len(), 5);
            }
        }
    }

    #[test]
    fn raw_lines_are_the_file() {
        let bytes = b"\xef\xbb\xbfa\r\nb\n\r\xffc";
        assert_eq!(lines(bytes).flat_map(|(line, _)| line.raw.to_vec()).collect::<Vec<_>>(), bytes);
    }

    #[test]
    fn sections_that_are_wrong() {
        for (line, at, words) in [
            ("[BLOCKED_DOMAIN]", 1, "did you mean [BLOCKED_DOMAINS]?"),
            ("  [what]", 3, "[ALLOWED_IPS]"),
            ("[BLOCKED_IPS", 1, "ends with ']'"),
            ("[BLOCKED_IPS] 10.0.0.1", 1, "'10.0.0.1' on a line of its own"),
            ("[\u{1b}[2J]", 1, "'2J]'"),
        ] {
            let (line, wrong) = lines(line.as_bytes()).next().unwrap();
            assert_eq!(line.content, Content::Section(None));
            let wrong = wrong.unwrap();
            assert!(wrong.at == at && (wrong.problem.contains(words) || words == "'2J]'"), "{wrong:?}");
            assert!(!wrong.problem.contains('\u{1b}'));
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        let (_, wrong) = lines("äb\u{0}".as_bytes()).next().unwrap();
        assert!(wrong.is_none());
        let (_, wrong) = lines(b"\xc3\xa4b\xff").next().unwrap();
        assert_eq!(wrong.unwrap().at, 3);
    }
}

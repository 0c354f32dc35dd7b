//! Filter text to tokens. A field's value is read whole, so that `ip:2001:db8::/32` needs no quotes.

use super::FilterError;
use super::term::Op;

/// One piece of a filter with its offset in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Where it begins.
    pub at: usize,
    /// What it is.
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A word or quoted text that searches everything, or a flag.
    Word {
        text: String,
        quoted: bool,
    },
    /// `field op value`.
    Test {
        field: String,
        op: Op,
        op_at: usize,
        value: String,
        value_at: usize,
    },
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    while let Some(token) = lexer.next()? {
        out.push(token);
    }
    Ok(out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn next(&mut self) -> Result<Option<Token>, FilterError> {
        self.skip_spaces();
        let at = self.at;
        for (sign, kind) in [
            ("(", Kind::Open),
            (")", Kind::Close),
            ("&&", Kind::And),
            ("||", Kind::Or),
            ("!", Kind::Not),
            ("-", Kind::Not),
        ] {
            if self.rest().starts_with(sign) {
                self.at += sign.len();
                return Ok(Some(Token { at, kind }));
            }
        }
        if self.rest().is_empty() {
            return Ok(None);
        }
        let kind = if self.rest().starts_with('"') {
            Kind::Word { text: self.quoted()?, quoted: true }
        } else {
            self.word_or_test()?
        };
        Ok(Some(Token { at, kind }))
    }

    fn word_or_test(&mut self) -> Result<Kind, FilterError> {
        let rest = self.rest();
        let whole = bare(rest);
        let name_len = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
        let name = rest.get(..name_len).unwrap_or_default();
        let address = whole.parse::<std::net::IpAddr>().is_ok() || whole.contains("::");
        if !name.is_empty() && (!address || super::term::is_field(name)) {
            let start = self.at;
            self.at += name_len;
            if let Some((op, op_at)) = self.operator(name) {
                let (value, value_at) = self.value()?;
                return Ok(Kind::Test { field: name.to_ascii_lowercase(), op, op_at, value, value_at });
            }
            self.at = start;
        }
        // At least one character, whatever it is, so that the lexer always gets on.
        let len = whole.len().max(rest.chars().next().map_or(0, char::len_utf8));
        self.at += len;
        let text = rest.get(..len).unwrap_or_default();
        Ok(match text.to_ascii_lowercase().as_str() {
            "and" => Kind::And,
            "or" => Kind::Or,
            "not" => Kind::Not,
            _ => Kind::Word { text: text.to_owned(), quoted: false },
        })
    }

    /// The operator after a field's name; spaces may stand before all but `:`, if the name is a field.
    fn operator(&mut self, name: &str) -> Option<(Op, usize)> {
        let gap = self.rest().len() - self.rest().trim_start().len();
        if gap > 0 && !super::term::is_field(name) {
            return None;
        }
        let after = self.text.get(self.at + gap..).unwrap_or_default();
        let (sign, op) = Op::SIGNS.iter().find(|(sign, _)| after.starts_with(sign))?;
        if gap > 0 && *sign == ":" {
            return None;
        }
        let at = self.at + gap;
        self.at = at + sign.len();
        Some((*op, at))
    }

    fn value(&mut self) -> Result<(String, usize), FilterError> {
        let (after_op, rest) = (self.at, self.rest());
        let gap = rest.len() - rest.trim_start().len();
        self.at += gap;
        let at = self.at;
        if self.rest().starts_with('"') {
            return Ok((self.quoted()?, at));
        }
        let value = bare(self.rest());
        if value.is_empty() {
            return Err(FilterError { at: after_op, message: "here a value is missing".into() });
        }
        self.at += value.len();
        Ok((value.to_owned(), at))
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let at = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = at + offset + 1;
                    return Ok(out);
                }
                '\\' => out.extend(chars.next().map(|(_, c)| c)),
                _ => out.push(c),
            }
        }
        Err(FilterError { at, message: "this quote is never closed".into() })
    }
}

/// The text up to a space, a parenthesis or a quote.
fn bare(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"')).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

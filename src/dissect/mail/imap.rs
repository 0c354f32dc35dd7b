//! IMAP (RFC 9051, RFC 3501), with STARTTLS.
//!
//! Extracted: user, the server's greeting. After STARTTLS what follows is looked at anew. Not extracted: mails.

use crate::dissect::common::text::{begins, holds, line, split};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// IMAP.
pub static IMAP: Protocol = Protocol {
    name: "IMAP",
    eve: "imap",
    category: "Email",
    how: "an untagged greeting, and a tagged command",
    over: &[Transport::Tcp],
    ports: &[143],
    starts: &[
        Start::Text(b"* ok"),
        Start::Text(b"* preauth"),
        Start::Text(b"* bye"),
        Start::Text(b"* capability "),
        Start::Range(b'0', b'9'),
        Start::Range(b'A', b'Z'),
        Start::Range(b'a', b'z'),
    ],
    fields: &[&USER, &GREETING],
    probe,
    reading: Reading::Machine(|| Box::<Imap>::default()),
    ..Protocol::NEW
};

static USER: Field = Field::new("imap", "user");
static GREETING: Field = Field::new("imap", "greeting");

fn probe(seen: &Seen) -> Verdict {
    let whole = line(seen.data);
    if seen.data.starts_with(b"*") {
        return match whole {
            Some((greeting, _)) if holds(greeting, b"imap") => Verdict::Yes("IMAP greeting"),
            Some(_) if command(seen.other).is_some() => Verdict::Yes("greeting and IMAP command"),
            Some((first, _)) if begins(first, b"* ok") => Verdict::Weak("untagged greeting"),
            Some(_) => Verdict::More,
            None if seen.data.len() < MAX_LINE => Verdict::More,
            None => Verdict::No,
        };
    }
    if seen.data.len() < MAX_TAG + 2 && whole.is_none() && seen.data.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
    {
        return Verdict::More;
    }
    match command(seen.data) {
        Some(true) => Verdict::Yes("IMAP command"),
        Some(false) if seen.other.starts_with(b"* ") => Verdict::Yes("greeting and IMAP command"),
        _ => Verdict::No,
    }
}

/// A tag and a command; whether no other protocol has a command of this name. None if there is no such command.
fn command(data: &[u8]) -> Option<bool> {
    let (tag, rest) = split(data.get(..64).unwrap_or(data), b' ')?;
    if tag.is_empty() || tag.len() > MAX_TAG || !tag.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.') {
        return None;
    }
    // An answer of FTP or SMTP such as "230 Login successful" is no command.
    if matches!(tag, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9']) && begins(rest, b"login ") {
        return None;
    }
    let own = [
        &b"capability\r"[..],
        b"authenticate ",
        b"starttls\r",
        b"login ",
        b"id (",
        b"id nil",
        b"select ",
        b"uid fetch ",
    ];
    let shared = [&b"noop\r"[..], b"logout\r", b"list ", b"examine ", b"namespace\r", b"enable ", b"idle\r", b"lsub "];
    let any = |words: &[&[u8]]| words.iter().any(|w| begins(rest, w));
    match (any(&own), any(&shared)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[derive(Default)]
struct Imap {
    /// Tag of a STARTTLS that was not answered yet.
    tls: Option<Vec<u8>>,
}

impl Dissector for Imap {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.tls.is_some() {
            return Step::Used(0);
        }
        match line(data) {
            Some((line, used)) if cx.from_client => self.command(cx, line, used),
            Some((line, used)) => self.answer(cx, line, used),
            None if data.len() > MAX_LINE => Step::Done,
            None => Step::Used(0),
        }
    }
}

impl Imap {
    fn command(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        let Some((tag, rest)) = split(line, b' ') else { return Step::Used(used) };
        if begins(rest, b"login ") {
            let user = rest.get(6..).unwrap_or_default().split(|b| *b == b' ').next().unwrap_or_default();
            cx.text(&USER, user.strip_prefix(b"\"").and_then(|u| u.strip_suffix(b"\"")).unwrap_or(user));
            return Step::Done;
        }
        if begins(rest, b"select ") || begins(rest, b"uid fetch ") {
            return Step::Done;
        }
        if rest.eq_ignore_ascii_case(b"starttls") && tag.len() <= MAX_TAG {
            self.tls = Some(tag.to_vec());
        }
        Step::Used(used)
    }

    fn answer(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        if let Some(text) = line.strip_prefix(b"* ") {
            if begins(text, b"ok") || begins(text, b"preauth") || begins(text, b"bye") {
                cx.text(&GREETING, text);
            }
            return Step::Used(used);
        }
        if let Some((tag, rest)) = split(line, b' ')
            && self.tls.as_deref() == Some(tag)
        {
            if begins(rest, b"ok") {
                cx.note("STARTTLS accepted");
                return Step::Inner(used);
            }
            self.tls = None;
        }
        Step::Used(used)
    }
}

const MAX_TAG: usize = 12;
const MAX_LINE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    #[test]
    fn an_answer_of_ftp_is_no_command() {
        let talk = Talk::tcp(4000, 9999).client(b"PASS secret\r\n").server(b"230 Login successful.\r\n");
        assert!(talk.run().names().is_empty());
    }

    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn a_login() {
        let talk = Talk::tcp(4000, 9999).server(b"* OK hello\r\n").client(b"a1 LOGIN \"me\" secret\r\n").run();
        assert_eq!(talk.names(), ["IMAP"]);
        assert_eq!(facts(&talk, &USER), ["me"]);
    }

    #[test]
    fn starttls() {
        let talk = Talk::tcp(4000, 143).server(b"* OK IMAP4rev1\r\n").client(b"a STARTTLS\r\n").server(b"a OK go\r\n");
        assert_eq!(talk.client(b"SSH-2.0-x\r\n").run().names(), ["IMAP", "SSH"]);
    }

    #[test]
    fn damaged() {
        survives(&IMAP, &[b"* OK IMAP4\r\n", b"a CAPABILITY\r\nb LOGIN x y\r\n"]);
    }
}

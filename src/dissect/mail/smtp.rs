//! Mail submission and transfer: SMTP (RFC 5321), LMTP (RFC 2033), with STARTTLS (RFC 3207).
//!
//! Extracted: names in EHLO, sender, receivers, the server's greeting. After STARTTLS what follows is looked at anew.
//! Not extracted: mails.

use crate::dissect::common::text::{begins, holds, line};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// SMTP.
pub static SMTP: Protocol = Protocol {
    name: "SMTP",
    eve: "smtp",
    category: "Email",
    how: "a greeting that says SMTP, or EHLO, or a mail command",
    over: &[Transport::Tcp],
    ports: &[25, 587, 2525],
    starts: &[
        Start::At(0, b"220"),
        Start::At(0, b"421"),
        Start::At(0, b"554"),
        Start::At(0, b"250"),
        Start::Text(b"ehlo "),
        Start::Text(b"helo "),
        Start::Text(b"lhlo "),
        Start::Text(b"mail from:"),
        Start::Text(b"rcpt to:"),
    ],
    fields: &[&HELO, &FROM, &TO, &GREETING],
    probe,
    reading: Reading::Machine(|| Box::<Smtp>::default()),
    ..Protocol::NEW
};

static HELO: Field = Field::new("smtp", "helo");
static FROM: Field = Field::new("smtp", "mail_from");
static TO: Field = Field::list("smtp", "rcpt_to");
static GREETING: Field = Field::new("smtp", "greeting");

fn probe(seen: &Seen) -> Verdict {
    let Some((first, used)) = line(seen.data) else {
        return if seen.data.len() < MAX_LINE { Verdict::More } else { Verdict::No };
    };
    let rest = seen.data.get(used..).unwrap_or_default();
    match first {
        [b'2', b'2', b'0', b' ' | b'-', text @ ..] => greeting(text, rest, seen.other),
        [b'4' | b'5', _, _, b' ' | b'-', text @ ..] if holds(text, b"smtp") => Verdict::Yes("SMTP refusal"),
        [b'2', b'5', b'0', b'-', text @ ..]
            if extension(text) || line(rest).is_some_and(|(l, _)| extension_line(l)) =>
        {
            Verdict::Yes("SMTP extensions")
        }
        [b'0'..=b'9', ..] => Verdict::No,
        _ if begins(first, b"mail from:") || begins(first, b"rcpt to:") => Verdict::Yes("SMTP envelope"),
        [_, _, _, _, b' ', _, ..] => Verdict::Yes("SMTP EHLO"),
        _ => Verdict::No,
    }
}

/// FTP greets with 220 too, so one of the words, the next answer or the client must tell.
fn greeting(text: &[u8], rest: &[u8], client: &[u8]) -> Verdict {
    if holds(text, b"smtp") {
        return Verdict::Yes("SMTP greeting");
    }
    let hello = [&b"ehlo "[..], b"helo ", b"lhlo "].iter().any(|h| begins(client, h));
    if hello || rest.starts_with(b"250") && !holds(text, b"ftp") {
        return Verdict::Yes("greeting and EHLO");
    }
    if rest.starts_with(b"220") || client.is_empty() && rest.is_empty() { Verdict::More } else { Verdict::No }
}

/// Extensions of SMTP as a server lists them.
fn extension(text: &[u8]) -> bool {
    let known = [&b"pipelining"[..], b"size", b"8bitmime", b"starttls", b"enhancedstatuscodes", b"chunking", b"auth"];
    known.iter().any(|k| begins(text, k))
}

fn extension_line(line: &[u8]) -> bool {
    matches!(line, [b'2', b'5', b'0', b' ' | b'-', text @ ..] if extension(text))
}

/// What the answer that comes next is for.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    #[default]
    Nothing,
    Tls,
    Data,
}

#[derive(Default)]
struct Smtp {
    waiting: Waiting,
}

impl Dissector for Smtp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.waiting != Waiting::Nothing {
            return Step::Used(0);
        }
        match line(data) {
            Some((line, used)) if cx.from_client => self.command(cx, line, used),
            Some((line, used)) => self.answer(cx, line, used),
            None if data.len() > MAX_LINE => Step::Done,
            None => Step::Used(0),
        }
    }

    fn gap(&mut self, _: &mut Cx) -> Step {
        self.waiting = Waiting::Nothing;
        Step::Used(0)
    }
}

impl Smtp {
    fn command(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        let argument = |n: usize| line.get(n..).unwrap_or_default().trim_ascii();
        if begins(line, b"ehlo ") || begins(line, b"helo ") || begins(line, b"lhlo ") {
            if cx.text(&HELO, argument(5)) {
                cx.note_fact("EHLO", &HELO);
            }
        } else if begins(line, b"mail from:") {
            cx.text(&FROM, path(argument(10)));
        } else if begins(line, b"rcpt to:") {
            cx.text(&TO, path(argument(8)));
        } else if line.eq_ignore_ascii_case(b"starttls") {
            self.waiting = Waiting::Tls;
        } else if line.eq_ignore_ascii_case(b"data") {
            self.waiting = Waiting::Data;
        } else if begins(line, b"bdat ") || line.eq_ignore_ascii_case(b"quit") {
            return Step::Done;
        }
        Step::Used(used)
    }

    fn answer(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        if let Some(text) = line.strip_prefix(b"220 ").or_else(|| line.strip_prefix(b"220-"))
            && self.waiting == Waiting::Nothing
        {
            cx.text(&GREETING, text);
        }
        let last = line.get(3) != Some(&b'-');
        match (self.waiting, line.first()) {
            (Waiting::Tls, Some(b'2')) if line.starts_with(b"220") => {
                cx.note("STARTTLS accepted");
                return Step::Inner(used);
            }
            (Waiting::Tls, Some(b'4' | b'5')) if last => self.waiting = Waiting::Nothing,
            // From here on come mails.
            (Waiting::Data, Some(b'3')) => return Step::Done,
            (Waiting::Data, Some(b'4' | b'5')) if last => self.waiting = Waiting::Nothing,
            _ => {}
        }
        Step::Used(used)
    }
}

/// An address without the brackets and what follows them.
fn path(argument: &[u8]) -> &[u8] {
    let inside = argument.strip_prefix(b"<").unwrap_or(argument);
    let end = inside.iter().position(|b| matches!(b, b'>' | b' ')).unwrap_or(inside.len());
    inside.get(..end).unwrap_or_default()
}

const MAX_LINE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn an_envelope() {
        let talk = Talk::tcp(4000, 9999)
            .server(b"220 mail.example.org ready\r\n")
            .client(b"EHLO client.example\r\n")
            .server(b"250 ok\r\n")
            .client(b"MAIL FROM:<a@example.org> SIZE=1\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
            .server(b"250 ok\r\n250 ok\r\n354 go\r\n")
            .run();
        assert_eq!(talk.names(), ["SMTP"]);
        assert_eq!(facts(&talk, &HELO), ["client.example"]);
        assert_eq!(facts(&talk, &FROM), ["a@example.org"]);
        assert_eq!(facts(&talk, &TO), ["b@example.org"]);
        assert!(talk.done);
    }

    #[test]
    fn what_follows_starttls_is_looked_at() {
        let talk = Talk::tcp(4000, 25)
            .server(b"220 x ESMTP\r\n")
            .client(b"EHLO a\r\nSTARTTLS\r\n")
            .server(b"250 STARTTLS\r\n220 go\r\n")
            .client(b"SSH-2.0-x\r\n")
            .run();
        assert_eq!(talk.names(), ["SMTP", "SSH"]);
    }

    #[test]
    fn damaged() {
        survives(&SMTP, &[b"220 x ESMTP\r\n", b"EHLO a\r\nMAIL FROM:<x>\r\nSTARTTLS\r\n"]);
    }
}

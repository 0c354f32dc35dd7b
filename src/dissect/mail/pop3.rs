//! POP3 (RFC 1939), with STLS (RFC 2595).
//!
//! Extracted: user, the server's greeting. After STLS what follows is looked at anew. Not extracted: mails, passwords.

use crate::dissect::common::text::{begins, holds, line};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// POP3.
pub static POP3: Protocol = Protocol {
    name: "POP3",
    eve: "pop3",
    category: "Email",
    how: "+OK, and a command of POP3",
    over: &[Transport::Tcp],
    ports: &[110],
    starts: &[
        Start::At(0, b"+OK"),
        Start::At(0, b"-ERR"),
        Start::Text(b"user "),
        Start::Text(b"capa"),
        Start::Text(b"apop "),
        Start::Text(b"stls"),
        Start::Text(b"auth"),
        Start::Text(b"quit"),
    ],
    fields: &[&USER, &GREETING],
    probe,
    reading: Reading::Machine(|| Box::<Pop3>::default()),
    ..Protocol::NEW
};

static USER: Field = Field::new("pop3", "user");
static GREETING: Field = Field::new("pop3", "greeting");

fn probe(seen: &Seen) -> Verdict {
    let Some((first, used)) = line(seen.data) else {
        return if seen.data.len() < MAX_LINE { Verdict::More } else { Verdict::No };
    };
    if first.starts_with(b"+OK") || first.starts_with(b"-ERR") {
        let stamped = holds(first, b"<") && first.ends_with(b">");
        let rest = seen.data.get(used..).unwrap_or_default();
        return match () {
            () if holds(first, b"pop") || stamped => Verdict::Yes("POP3 greeting"),
            () if command(seen.other) || rest.starts_with(b"+OK ") => Verdict::Yes("greeting and POP3 command"),
            // An answer of Redis is no more than this.
            () if first.len() > 3 && seen.other.is_empty() => Verdict::Weak("+OK"),
            () => Verdict::More,
        };
    }
    let answered = seen.other.starts_with(b"+OK") || seen.other.starts_with(b"-ERR");
    let unmistakable = first.eq_ignore_ascii_case(b"capa") || first.eq_ignore_ascii_case(b"stls");
    match command(seen.data) {
        true if answered => Verdict::Yes("POP3 command"),
        true if unmistakable => Verdict::Yes("POP3 command"),
        true if seen.other.is_empty() => more_commands(seen.data.get(used..).unwrap_or_default()),
        _ => Verdict::No,
    }
}

fn command(data: &[u8]) -> bool {
    let known = [&b"user "[..], b"capa", b"apop ", b"stls", b"quit", b"stat", b"list", b"uidl", b"retr "];
    // Redis has AUTH as well, with a password.
    let methods =
        [&b"auth\r"[..], b"auth plain", b"auth login", b"auth cram", b"auth xoauth", b"auth ntlm", b"auth gss"];
    known.iter().chain(&methods).any(|c| begins(data, c))
}

/// FTP has USER and PASS as well; the third command tells.
fn more_commands(rest: &[u8]) -> Verdict {
    let third = line(rest).map(|(_, used)| rest.get(used..).unwrap_or_default());
    let own = |data: &[u8]| [&b"stat\r"[..], b"list\r", b"uidl", b"retr "].iter().any(|c| begins(data, c));
    if third.is_some_and(own) { Verdict::Yes("POP3 commands") } else { Verdict::More }
}

#[derive(Default)]
struct Pop3 {
    asked_tls: bool,
    greeted: bool,
}

impl Dissector for Pop3 {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.asked_tls {
            return Step::Used(0);
        }
        let Some((line, used)) = line(data) else {
            return if data.len() > MAX_LINE { Step::Done } else { Step::Used(0) };
        };
        if cx.from_client {
            return self.command(cx, line, used);
        }
        if self.asked_tls && line.starts_with(b"+OK") {
            cx.note("STLS accepted");
            return Step::Inner(used);
        }
        self.asked_tls &= !line.starts_with(b"-ERR");
        if !self.greeted {
            self.greeted = true;
            cx.text(&GREETING, line);
        }
        Step::Used(used)
    }
}

impl Pop3 {
    fn command(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        let argument = line.get(5..).unwrap_or_default();
        if begins(line, b"user ") {
            cx.text(&USER, argument);
        } else if begins(line, b"apop ") {
            cx.text(&USER, argument.split(|b| *b == b' ').next().unwrap_or_default());
        } else if line.eq_ignore_ascii_case(b"stls") {
            // The answer to an earlier command may still be on its way, but servers answer before the next command.
            self.asked_tls = true;
        } else if begins(line, b"pass ") || begins(line, b"retr ") || line.eq_ignore_ascii_case(b"quit") {
            return Step::Done;
        }
        Step::Used(used)
    }
}

const MAX_LINE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn a_login() {
        let talk = Talk::tcp(4000, 9999).server(b"+OK ready\r\n").client(b"USER a@b\r\n").run();
        assert_eq!(talk.names(), ["POP3"]);
        assert_eq!(facts(&talk, &USER), ["a@b"]);
    }

    #[test]
    fn stls() {
        let talk = Talk::tcp(4000, 110).server(b"+OK POP3\r\n").client(b"STLS\r\n").server(b"+OK\r\n");
        assert_eq!(talk.client(b"SSH-2.0-x\r\n").run().names(), ["POP3", "SSH"]);
    }

    #[test]
    fn damaged() {
        survives(&POP3, &[b"+OK POP3\r\n", b"CAPA\r\nSTLS\r\n"]);
    }
}

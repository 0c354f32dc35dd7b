//! Internet Relay Chat (RFC 2812, ircv3.net), with STARTTLS.
//!
//! Extracted: nick, server. Not extracted: what is said.

use crate::dissect::common::text::{begins, line, number, split};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// IRC.
pub static IRC: Protocol = Protocol {
    name: "IRC",
    eve: "irc",
    category: "Chat",
    how: "NICK and USER, or a server's numeric reply or notice",
    over: &[Transport::Tcp],
    ports: &[6667, 194, 6666, 6668, 6669],
    starts: &[
        Start::At(0, b":"),
        Start::Text(b"nick "),
        Start::Text(b"user "),
        Start::Text(b"pass "),
        Start::Text(b"cap "),
        Start::Text(b"notice "),
        Start::Text(b"ping "),
        Start::Text(b"starttls"),
        Start::Text(b"join "),
        Start::Text(b"privmsg "),
    ],
    fields: &[&NICK, &SERVER],
    probe,
    reading: Reading::Machine(|| Box::<Irc>::default()),
    ..Protocol::NEW
};

static NICK: Field = Field::new("irc", "nick");
static SERVER: Field = Field::new("irc", "server");

fn probe(seen: &Seen) -> Verdict {
    let Some((first, used)) = line(seen.data) else {
        return if seen.data.len() < 512 { Verdict::More } else { Verdict::No };
    };
    let rest = seen.data.get(used..).unwrap_or_default();
    if let Some(said) = first.strip_prefix(b":") {
        return server(said);
    }
    let word = |w: &[u8]| begins(first, w);
    match () {
        () if word(b"cap ls") || word(b"cap req") || word(b"cap end") => Verdict::Yes("IRC CAP"),
        () if word(b"notice auth :") || word(b"notice * :") => Verdict::Yes("IRC notice"),
        () if word(b"join #") || word(b"privmsg ") && memchr::memmem::find(first, b" :").is_some() => {
            Verdict::Yes("IRC command")
        }
        () if word(b"user ") && fields(first) >= 5 => Verdict::Yes("IRC USER"),
        () if word(b"nick ") && (begins(rest, b"user ") || begins(rest, b"cap ")) => Verdict::Yes("IRC NICK and USER"),
        () if word(b"nick ") && fields(first) == 2 && noticed(seen.other) => Verdict::Yes("IRC NICK and notice"),
        () if word(b"pass ") && begins(rest, b"nick ") => Verdict::Yes("IRC PASS and NICK"),
        () if word(b"nick ") && fields(first) == 2 => Verdict::Weak("IRC NICK"),
        () if word(b"ping :") || word(b"starttls") && noticed(seen.other) => Verdict::Weak("IRC command"),
        () if (word(b"pass ") || word(b"starttls")) && rest.len() < 64 => Verdict::More,
        () => Verdict::No,
    }
}

fn fields(line: &[u8]) -> usize {
    line.split(|b| *b == b' ').filter(|w| !w.is_empty()).count()
}

fn noticed(other: &[u8]) -> bool {
    begins(other, b"notice ") || other.starts_with(b":") || begins(other, b"ping ")
}

/// Who says it, then a reply of three digits, or a command.
fn server(said: &[u8]) -> Verdict {
    let Some((source, rest)) = split(said, b' ') else { return Verdict::No };
    let (command, _) = split(rest, b' ').unwrap_or((rest, &[]));
    let numeric = command.len() == 3 && number(command).is_some();
    let word = [&b"NOTICE"[..], b"PRIVMSG", b"JOIN", b"MODE", b"PART", b"QUIT", b"NICK", b"PING", b"PONG", b"CAP"]
        .contains(&command);
    match !source.is_empty() && source.is_ascii() && (numeric || word) {
        true => Verdict::Yes("IRC reply"),
        false => Verdict::No,
    }
}

#[derive(Default)]
struct Irc {
    asked_tls: bool,
    lines: u16,
}

impl Dissector for Irc {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client && self.asked_tls {
            return Step::Used(0);
        }
        let Some((line, used)) = line(data) else {
            return if data.len() > 4 << 10 { Step::Done } else { Step::Used(0) };
        };
        self.lines += 1;
        if cx.from_client {
            self.asked_tls |= line.eq_ignore_ascii_case(b"starttls");
            if begins(line, b"nick ") && cx.text(&NICK, line.get(5..).unwrap_or_default()) {
                cx.note_fact("IRC nick", &NICK);
            }
        } else if let Some((source, rest)) = line.strip_prefix(b":").and_then(|said| split(said, b' ')) {
            cx.text(&SERVER, source);
            match rest.first_chunk() {
                Some(b"670 ") if self.asked_tls => {
                    cx.note("STARTTLS accepted");
                    return Step::Inner(used);
                }
                Some(b"691 " | b"421 ") => self.asked_tls = false,
                _ => {}
            }
        }
        if self.lines > 100 { Step::Done } else { Step::Used(used) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn a_login_and_starttls() {
        let talk = Talk::tcp(4000, 9999).client(b"N").client(b"ICK me\r\nUSER me 0 * :Me\r\n").run();
        assert_eq!(talk.names(), ["IRC"]);
        assert_eq!(facts(&talk, &NICK), ["me"]);
        let talk =
            Talk::tcp(4000, 6667).server(b":s NOTICE * :hi\r\n").client(b"STARTTLS\r\n").server(b":s 670 * :go\r\n");
        assert_eq!(talk.client(b"SSH-2.0-x\r\n").run().names(), ["IRC", "SSH"]);
        survives(&IRC, &[b"NICK me\r\nUSER me 0 * :Me\r\n", b":s 001 me :hi\r\n"]);
    }
}

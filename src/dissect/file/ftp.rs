//! File Transfer Protocol (RFC 959), its extensions for IPv6 (RFC 2428) and TLS (RFC 4217).
//!
//! Extracted: user, commands, greeting; announced data channels, which become flows of FTP data. After AUTH TLS what
//! follows is looked at anew. Not extracted: passwords, files.

use std::net::Ipv4Addr;

use crate::dissect::common::text::{begins, holds, line, number, split};
use crate::dissect::{Cx, Dissector, Hint, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// FTP's control connection.
pub static FTP_CONTROL: Protocol = Protocol {
    name: "FTP_CONTROL",
    eve: "ftp",
    category: "Download",
    how: "a greeting and a command of FTP",
    over: &[Transport::Tcp],
    ports: &[21],
    starts: &[
        Start::At(0, b"220"),
        Start::At(0, b"421"),
        Start::At(0, b"530"),
        Start::At(0, b"227 "),
        Start::At(0, b"229 "),
        Start::At(0, b"331 "),
        Start::Text(b"user "),
        Start::Text(b"auth "),
        Start::Text(b"feat\r"),
        Start::Text(b"host "),
        Start::Text(b"opts "),
        Start::Text(b"syst\r"),
        Start::Text(b"clnt "),
        Start::Text(b"pasv\r"),
        Start::Text(b"epsv\r"),
        Start::Text(b"port "),
        Start::Text(b"eprt "),
        Start::Text(b"type "),
        Start::Text(b"quit\r"),
        Start::Text(b"pass "),
        Start::Text(b"cwd "),
    ],
    fields: &[&USER, &COMMAND, &GREETING, &DATA_PORT],
    probe,
    reading: Reading::Machine(|| Box::<Ftp>::default()),
    ..Protocol::NEW
};

/// FTP's data connections.
pub static FTP_DATA: Protocol = Protocol {
    name: "FTP_DATA",
    eve: "ftp-data",
    category: "Download",
    how: "announced by an FTP control connection of the same hosts, or a directory listing",
    over: &[Transport::Tcp],
    ports: &[20],
    starts: &[Start::Port],
    probe: data_channel,
    ..Protocol::NEW
};

static USER: Field = Field::new("ftp", "user");
static COMMAND: Field = Field::list("ftp", "command");
static GREETING: Field = Field::new("ftp", "greeting");
static DATA_PORT: Field = Field::list("ftp", "dynamic_port");

fn probe(seen: &Seen) -> Verdict {
    let Some((first, used)) = line(seen.data) else {
        return if seen.data.len() < MAX_LINE { Verdict::More } else { Verdict::No };
    };
    let rest = seen.data.get(used..).unwrap_or_default();
    match first {
        [b'2', b'2', b'0', b' ' | b'-', text @ ..] => greeting(text, rest, seen.other),
        [b'2', b'2', b'7' | b'9', b' ', ..] if announced(first).is_some() => Verdict::Yes("FTP passive mode"),
        [b'4' | b'5', _, _, b' ' | b'-', text @ ..] if holds(text, b"ftp") => Verdict::Yes("FTP refusal"),
        [b'5', b'3', b'0', b' ' | b'-', ..] if command(seen.other) => Verdict::Yes("FTP command and refusal"),
        [b'3', b'3', b'1', b' ', text @ ..] if holds(text, b"password") => Verdict::Yes("FTP asks for a password"),
        [b'0'..=b'9', ..] => Verdict::No,
        _ => client(seen, first, rest),
    }
}

/// SMTP greets with 220 too, so the words, the next answer or the client must tell.
fn greeting(text: &[u8], rest: &[u8], client: &[u8]) -> Verdict {
    let next = matches!(rest.get(..4), Some(b"331 " | b"230 " | b"530 " | b"234 " | b"211-"));
    match () {
        () if command(client) || next => Verdict::Yes("FTP greeting and command"),
        () if holds(text, b"smtp") => Verdict::No,
        () if holds(text, b"ftp") => Verdict::Yes("FTP greeting"),
        () if rest.starts_with(b"220") => {
            let all = rest.split(|b| *b == b'\n').any(|l| holds(l, b"ftp"));
            if all { Verdict::Yes("FTP greeting") } else { Verdict::More }
        }
        () if client.is_empty() => Verdict::More,
        () => Verdict::No,
    }
}

fn client(seen: &Seen, first: &[u8], rest: &[u8]) -> Verdict {
    let greeted = matches!(seen.other.get(..3), Some(b"220" | b"421" | b"530" | b"120"));
    match () {
        () if announced(first).is_some() => Verdict::Yes("FTP data port"),
        () if first.eq_ignore_ascii_case(b"pasv") || first.eq_ignore_ascii_case(b"epsv") => Verdict::Yes("FTP PASV"),
        () if command(first) && greeted => Verdict::Yes("FTP greeting and command"),
        () if first.eq_ignore_ascii_case(b"auth tls") && seen.other.is_empty() => Verdict::Yes("FTP AUTH TLS"),
        () if seen.usual && first.eq_ignore_ascii_case(b"quit") => Verdict::Weak("QUIT"),
        () if begins(first, b"user ") && seen.other.is_empty() => third_command(rest),
        () if begins(first, b"pass ") || begins(first, b"cwd ") => later_command(rest, seen.other),
        () => Verdict::No,
    }
}

/// POP3 has USER and PASS as well; the third command tells.
fn third_command(rest: &[u8]) -> Verdict {
    let third = line(rest).map(|(_, used)| rest.get(used..).unwrap_or_default());
    let own = |data: &[u8]| {
        [&b"syst"[..], b"feat", b"pwd", b"cwd ", b"type ", b"pasv", b"port "].iter().any(|c| begins(data, c))
    };
    if third.is_some_and(own) { Verdict::Yes("FTP commands") } else { Verdict::More }
}

/// A connection joined after its beginning: what only FTP asks for, answered by codes.
fn later_command(rest: &[u8], answers: &[u8]) -> Verdict {
    let own = |l: &[u8]| [&b"pasv\r"[..], b"epsv\r", b"type i\r", b"type a\r"].iter().any(|c| begins(l, c));
    match () {
        () if !answers.is_empty() && !code(answers) => Verdict::No,
        () if code(answers) && rest.split_inclusive(|b| *b == b'\n').any(own) => Verdict::Yes("FTP commands"),
        () if rest.len() < MAX_LINE => Verdict::More,
        () => Verdict::No,
    }
}

/// Whether this is an answer's first or last line.
fn code(line: &[u8]) -> bool {
    matches!(line, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..])
}

fn command(data: &[u8]) -> bool {
    let known =
        [&b"user "[..], b"auth ", b"feat", b"host ", b"opts ", b"syst", b"clnt ", b"pasv", b"epsv", b"type ", b"pass "];
    known.iter().any(|c| begins(data, c))
}

/// Data is anything; a listing and an ending with the other side silent are all there is to see on its port.
fn data_channel(seen: &Seen) -> Verdict {
    if !seen.other.is_empty() || !(seen.server_port == 20 || seen.client_port == 20) {
        return Verdict::No;
    }
    let Some((first, _)) = line(seen.data) else { return Verdict::More };
    let listing = matches!(first, [b'-' | b'd' | b'l', b'r' | b'-', b'w' | b'-', b'x' | b's' | b'-', ..])
        || begins(first, b"total ");
    if listing { Verdict::Yes("directory listing on FTP's data port") } else { Verdict::No }
}

#[derive(Default)]
struct Ftp {
    asked_tls: bool,
    /// The one taken for the client answers: it was the first to be seen of a connection whose beginning was not.
    turned: bool,
}

impl Dissector for Ftp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        self.turned |= cx.from_client && code(data);
        let asks = cx.from_client != self.turned;
        if asks && self.asked_tls {
            return Step::Used(0);
        }
        match line(data) {
            Some((line, used)) if asks => self.command(cx, line, used),
            Some((line, used)) => self.answer(cx, line, used),
            None if data.len() > MAX_LINE => Step::Done,
            None => Step::Used(0),
        }
    }

    fn gap(&mut self, _: &mut Cx) -> Step {
        self.asked_tls = false;
        Step::Used(0)
    }
}

impl Ftp {
    fn command(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        let (word, argument) = split(line, b' ').unwrap_or((line, &[]));
        if word.len() <= 8 && word.iter().all(u8::is_ascii_alphabetic) {
            cx.text(&COMMAND, &word.to_ascii_uppercase());
        }
        if word.eq_ignore_ascii_case(b"user") && cx.text(&USER, argument) {
            cx.note_fact("FTP user", &USER);
        }
        if word.eq_ignore_ascii_case(b"auth") && (begins(argument, b"tls") || begins(argument, b"ssl")) {
            self.asked_tls = true;
        }
        if word.eq_ignore_ascii_case(b"port") || word.eq_ignore_ascii_case(b"eprt") {
            expect(cx, announced(line));
        }
        Step::Used(used)
    }

    fn answer(&mut self, cx: &mut Cx, line: &[u8], used: usize) -> Step {
        if self.asked_tls {
            match line.first_chunk() {
                Some(b"234") => {
                    cx.note("AUTH TLS accepted");
                    return Step::Inner(used);
                }
                Some([b'4' | b'5', ..]) => self.asked_tls = false,
                _ => {}
            }
        }
        match line.first_chunk::<4>() {
            Some(b"220 ") => {
                cx.text(&GREETING, line.get(4..).unwrap_or_default());
            }
            Some(b"227 " | b"229 ") => expect(cx, announced(line)),
            _ => {}
        }
        Step::Used(used)
    }
}

/// The data connection goes to whoever announced it: addresses behind a translator say nothing useful.
fn expect(cx: &mut Cx, announced: Option<(Option<Ipv4Addr>, u16)>) {
    if let Some((_, port)) = announced {
        let host = if cx.from_client { cx.client.0 } else { cx.server.0 };
        cx.number(&DATA_PORT, port);
        cx.hint(Hint::Expect(Transport::Tcp, host, port, &FTP_DATA));
    }
}

/// Address and port of `PORT 1,2,3,4,5,6`, `227 ... (1,2,3,4,5,6)`, `EPRT |1|a|p|` and `229 ... (|||p|)`.
fn announced(line: &[u8]) -> Option<(Option<Ipv4Addr>, u16)> {
    let extended = begins(line, b"eprt ") || line.starts_with(b"229 ");
    if extended {
        let (_, rest) = split(line, b'|')?;
        let port = rest.split(|b| *b == b'|').nth(2)?;
        return Some((None, u16::try_from(number(port)?).ok()?));
    }
    if !begins(line, b"port ") && !line.starts_with(b"227 ") {
        return None;
    }
    let after = line.get(4..)?;
    let start = after.iter().position(u8::is_ascii_digit)?;
    let mut numbers = [0_u8; 6];
    let list = after.get(start..)?;
    let mut parts = list.split(|b| !b.is_ascii_digit());
    for place in &mut numbers {
        *place = u8::try_from(number(parts.next()?)?).ok()?;
    }
    let [a, b, c, d, high, low] = numbers;
    Some((Some(Ipv4Addr::new(a, b, c, d)), u16::from_be_bytes([high, low])))
}

const MAX_LINE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn joined_later() {
        let talk = Talk::tcp(4000, 9999)
            .client(b"PASS secret\r\n")
            .server(b"230 Login successful.\r\n")
            .client(b"TYPE A\r\n")
            .server(b"200 Type set to: ASCII.\r\n");
        assert_eq!(talk.run().names(), ["FTP_CONTROL"]);
        let pop = Talk::tcp(4000, 9999).client(b"PASS secret\r\n").server(b"+OK\r\n").client(b"STAT\r\n");
        assert!(!pop.run().names().contains(&"FTP_CONTROL"));
    }

    #[test]
    fn a_passive_transfer_is_announced() {
        let talk = Talk::tcp(4000, 9999)
            .server(b"220 welcome\r\n")
            .client(b"USER anonymous\r\n")
            .server(b"331 go\r\n227 Entering Passive Mode (192,0,2,1,100,85).\r\n229 Extended (|||6446|)\r\n")
            .run();
        assert_eq!(talk.names(), ["FTP_CONTROL"]);
        assert_eq!(facts(&talk, &USER), ["anonymous"]);
        assert_eq!(facts(&talk, &DATA_PORT), ["25685", "6446"]);
        let server = "10.0.0.2".parse().unwrap();
        assert_eq!(talk.hints[0], Hint::Expect(Transport::Tcp, server, 25685, &FTP_DATA));
    }

    #[test]
    fn active_transfers() {
        assert_eq!(announced(b"PORT 10,0,0,1,4,1"), Some((Some(Ipv4Addr::new(10, 0, 0, 1)), 1025)));
        assert_eq!(announced(b"EPRT |2|::1|5282|"), Some((None, 5282)));
        assert_eq!(announced(b"PORT 10,0,0,1,4,256"), None);
    }

    #[test]
    fn mail_is_not_ftp() {
        let talk = Talk::tcp(4000, 21).server(b"220 x ESMTP\r\n").client(b"EHLO a\r\n").run();
        assert_eq!(talk.names(), ["SMTP"]);
        survives(&FTP_CONTROL, &[b"220 FTP\r\n", b"USER a\r\nPORT 1,2,3,4,5,6\r\n"]);
    }
}

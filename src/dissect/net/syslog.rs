//! Syslog (RFC 5424, RFC 3164), over UDP and TCP (RFC 6587).
//!
//! Extracted: facility, severity, host name, program. Not extracted: the message.

use crate::dissect::common::at;
use crate::dissect::common::text::{line, number, split};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// Syslog.
pub static SYSLOG: Protocol = Protocol {
    name: "Syslog",
    eve: "syslog",
    category: "System",
    how: "a priority up to 191 in angle brackets, and text",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[514, 601, 6514],
    starts: &[Start::At(0, b"<"), Start::At(2, b" <"), Start::At(3, b" <"), Start::At(4, b" <")],
    fields: &[&FACILITY, &SEVERITY, &HOST, &PROGRAM],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static FACILITY: Field = Field::list("syslog", "facility");
static SEVERITY: Field = Field::list("syslog", "severity");
static HOST: Field = Field::list("syslog", "hostname");
static PROGRAM: Field = Field::list("syslog", "appname");

fn probe(seen: &Seen) -> Verdict {
    if !seen.datagram() && seen.data.len() < 16 {
        let counted =
            seen.data.iter().skip_while(|b| b.is_ascii_digit()).take(2).zip(b" <").all(|(b, wanted)| b == wanted);
        return if counted || seen.data.starts_with(b"<") { Verdict::More } else { Verdict::No };
    }
    let Some(data) = message(seen.data, seen.datagram()) else { return Verdict::No };
    let Some((_, text)) = priority(data) else { return Verdict::No };
    let head = text.get(..24).unwrap_or(text);
    if !head.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || *b >= 0x80 || *b == 0) {
        return Verdict::No;
    }
    let usual_form = text.starts_with(b"1 ") || begins_with_month(text);
    match text.len() {
        _ if usual_form => Verdict::Yes("syslog priority and time"),
        8.. if at::printable(head) => Verdict::Yes("syslog priority"),
        2.. => Verdict::Weak("syslog priority"),
        _ => Verdict::No,
    }
}

/// Over TCP a message may be preceded by its length in digits.
fn message(data: &[u8], datagram: bool) -> Option<&[u8]> {
    if data.starts_with(b"<") {
        return Some(data);
    }
    let (length, rest) = split(data.get(..8)?, b' ')?;
    let counted = !datagram && number(length).is_some() && rest.starts_with(b"<");
    counted.then(|| data.get(length.len() + 1..)).flatten()
}

/// The priority, and what follows it.
fn priority(data: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, text) = split(data.strip_prefix(b"<")?, b'>')?;
    let value = u8::try_from(number(digits).filter(|_| digits.len() <= 3)?).ok()?;
    (value <= 191).then_some((value, text))
}

fn begins_with_month(text: &[u8]) -> bool {
    let months =
        [b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ", b"Nov ", b"Dec "];
    months.iter().any(|m| text.starts_with(*m))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if cx.transport != Transport::Tcp {
        facts(cx, data);
        return Step::Used(0);
    }
    match line(data) {
        Some((text, used)) => {
            if let Some(text) = message(text, false) {
                facts(cx, text);
            }
            Step::Used(used)
        }
        None if data.len() > MAX_LINE => Step::Used(data.len()),
        None => Step::Used(0),
    }
}

fn facts(cx: &mut Cx, data: &[u8]) {
    let Some((value, text)) = priority(data) else { return };
    cx.word(&FACILITY, FACILITIES.get(usize::from(value >> 3)).copied().unwrap_or("unknown"));
    cx.word(&SEVERITY, SEVERITIES.get(usize::from(value & 7)).copied().unwrap_or("unknown"));
    let mut words = text.split(|b| *b == b' ').filter(|w| !w.is_empty());
    // Time is one word in the new form, behind the version, and three in the old one.
    let new = text.starts_with(b"1 ");
    if !new && !begins_with_month(text) {
        return;
    }
    let mut words = words.by_ref().skip(if new { 2 } else { 3 });
    if let Some(host) = words.next().filter(|h| at::printable(h) && !h.ends_with(b":")) {
        cx.text(&HOST, host);
    }
    if let Some(program) = words.next().filter(|p| at::printable(p)) {
        let end = program.iter().position(|b| matches!(b, b'[' | b':')).unwrap_or(program.len());
        cx.text(&PROGRAM, program.get(..end).unwrap_or_default());
    }
}

const MAX_LINE: usize = 8 << 10;

static FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
static SEVERITIES: &[&str] =
    &["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{self, Talk, survives};

    const OLD: &[u8] = b"<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed";

    #[test]
    fn both_forms() {
        let talk = Talk::udp(4000, 9999).client(OLD).run();
        assert_eq!(talk.names(), ["Syslog"]);
        assert_eq!(testing::facts(&talk, &FACILITY), ["auth"]);
        assert_eq!(testing::facts(&talk, &PROGRAM), ["su"]);
        let new = b"30 <165>1 2003-10-11T22:14:15Z h app - -\n";
        let talk = Talk::tcp(4000, 9999).client(&new[..2]).client(&new[2..]).run();
        assert_eq!(testing::facts(&talk, &HOST), ["h"]);
    }

    #[test]
    fn markup_is_not_syslog() {
        assert!(Talk::tcp(4000, 9999).client(b"<192>something else here").run().names().is_empty());
        survives(&SYSLOG, &[OLD]);
    }
}

//! RESP, the protocol of Redis and its kin (redis.io, versions 2 and 3).
//!
//! Extracted: commands. Not extracted: keys, values.

use crate::dissect::common::text::{begins, line, number};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// RESP.
pub static RESP: Protocol = Protocol {
    name: "RESP",
    eve: "redis",
    category: "Database",
    how: "an array of strings with their lengths",
    over: &[Transport::Tcp],
    ports: &[6379],
    starts: &[
        Start::At(0, b"*"),
        Start::At(0, b"$"),
        Start::At(0, b"+"),
        Start::At(0, b"-"),
        Start::At(0, b":"),
        Start::At(0, b"%"),
        Start::Text(b"ping"),
        Start::Text(b"info"),
        Start::Text(b"auth "),
        Start::Text(b"select "),
        Start::Text(b"client "),
        Start::Text(b"config "),
        Start::Text(b"get "),
        Start::Text(b"set "),
    ],
    fields: &[&COMMAND],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static COMMAND: Field = Field::list("redis", "command");

fn probe(seen: &Seen) -> Verdict {
    let Some((first, used)) = line(seen.data) else {
        return if seen.data.len() < 64 { Verdict::More } else { Verdict::No };
    };
    let rest = seen.data.get(used..).unwrap_or_default();
    let Some((kind, text)) = first.split_first() else { return Verdict::No };
    let whole = seen.data.get(..used).is_some_and(|l| l.ends_with(b"\r\n"));
    match kind {
        _ if !whole => Verdict::No,
        b'*' | b'%' if number(text).is_some_and(|n| (1..1 << 20).contains(&n)) => element(rest, *kind == b'%'),
        b'$' => bulk(text, rest, seen.other),
        // Words that a server says, and nothing else does.
        b'+' if text == b"PONG" => Verdict::Yes("RESP PONG"),
        b'+' if matches!(text, b"OK" | b"QUEUED") => server_only(seen),
        b'-' if error(text) => Verdict::Yes("RESP error"),
        b':' if number(text).is_some() && rest.is_empty() => server_only(seen),
        _ if inline(first) && matches!(seen.other.first(), Some(b'+' | b'$' | b'-' | b'*' | b':')) => {
            Verdict::Yes("inline command and RESP answer")
        }
        _ if inline(first) => Verdict::Weak("inline command"),
        _ => Verdict::No,
    }
}

/// The first element of an array: a string with its length.
fn element(rest: &[u8], map: bool) -> Verdict {
    let Some((second, _)) = line(rest) else {
        return if rest.len() < 32 && rest.first().is_none_or(|b| b"$*+:".contains(b)) {
            Verdict::More
        } else {
            Verdict::No
        };
    };
    match second.split_first() {
        Some((b'$', length)) if number(length).is_some() => Verdict::Yes("RESP array of strings"),
        Some((b'+' | b':' | b'*', text)) if map || number(text).is_some() || text.is_ascii() => {
            Verdict::Weak("RESP array")
        }
        _ => Verdict::No,
    }
}

/// A string whose length agrees with where its end stands.
fn bulk(length: &[u8], rest: &[u8], other: &[u8]) -> Verdict {
    if length == b"-1" {
        return if other.starts_with(b"*") { Verdict::Yes("RESP null") } else { Verdict::Weak("RESP null") };
    }
    let Some(end) = number(length).and_then(|n| usize::try_from(n).ok()).filter(|n| *n < 1 << 29) else {
        return Verdict::No;
    };
    match rest.get(end..) {
        Some(b"\r\n") => Verdict::Yes("RESP string"),
        Some(after) if after.starts_with(b"\r\n") => Verdict::Yes("RESP string"),
        Some([]) | Some(b"\r") | None => Verdict::Weak("RESP string"),
        Some(_) => Verdict::No,
    }
}

fn error(text: &[u8]) -> bool {
    [&b"ERR "[..], b"NOAUTH ", b"WRONGTYPE ", b"DENIED ", b"MOVED ", b"LOADING ", b"WRONGPASS "]
        .iter()
        .any(|e| text.starts_with(e))
}

/// Commands may be a line of words.
fn inline(line: &[u8]) -> bool {
    let known = [&b"ping"[..], b"info", b"auth ", b"select ", b"client ", b"config ", b"get ", b"set "];
    known.iter().any(|c| begins(line, c)) && line.is_ascii()
}

/// An answer alone may be one of POP3 or another protocol's.
fn server_only(seen: &Seen) -> Verdict {
    if seen.other.starts_with(b"*") || inline(line(seen.other).map_or(&[], |(l, _)| l)) {
        return Verdict::Yes("RESP answer");
    }
    if seen.other.is_empty() { Verdict::Weak("RESP answer") } else { Verdict::No }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if !cx.from_client {
        return Step::DoneHere;
    }
    let Some((first, used)) = line(data) else {
        return if data.len() > 1 << 10 { Step::DoneHere } else { Step::Used(0) };
    };
    let Some(rest) = first.strip_prefix(b"*").and(data.get(used..)) else { return Step::DoneHere };
    let Some((head, more)) = line(rest) else { return Step::Used(0) };
    let length = head.strip_prefix(b"$").and_then(number).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 32);
    let Some(length) = length else { return Step::DoneHere };
    let Some(word) = rest.get(more..more + length) else { return Step::Used(0) };
    if word.iter().all(u8::is_ascii_graphic) && cx.text(&COMMAND, &word.to_ascii_uppercase()) {
        cx.note_fact("RESP command", &COMMAND);
    }
    Step::DoneHere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const GET: &[u8] = b"*2\r\n$3\r\nget\r\n$1\r\na\r\n";

    #[test]
    fn a_command_in_single_bytes() {
        let talk = GET.iter().fold(Talk::tcp(4000, 80), |t, b| t.client(&[*b])).run();
        assert_eq!(talk.names(), ["RESP"]);
        assert_eq!(facts(&talk, &COMMAND), ["GET"]);
    }

    #[test]
    fn a_mail_server_is_not_redis() {
        assert!(Talk::tcp(4000, 110).server(b"+OK\r\n").run().names().is_empty());
        survives(&RESP, &[GET, b"$3\r\nabc\r\n"]);
    }
}

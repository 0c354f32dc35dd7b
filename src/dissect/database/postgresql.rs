//! PostgreSQL's protocol, version 3 (its manual, "Frontend/Backend Protocol").
//!
//! Extracted: user, database, application, server version. After a granted request for TLS what follows is looked at
//! anew. Not extracted: queries.

use crate::dissect::common::at;
use crate::dissect::common::text::begins;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// PostgreSQL.
pub static POSTGRESQL: Protocol = Protocol {
    name: "PostgreSQL",
    eve: "pgsql",
    category: "Database",
    how: "a startup message with its parameters, or a request for TLS",
    over: &[Transport::Tcp],
    ports: &[5432],
    starts: &[
        // Requests for encryption, cancellation, startup, behind a length.
        Start::Mask(4, 0xffff_fffc, SSL & !3),
        Start::Mask(4, 0xffff_fffc, GSS & !3),
        Start::Mask(4, 0xffff_fffc, VERSION_3),
        // Messages with a type and a length: query, parse, authentication, error, parameter.
        Start::At(0, b"Q\0"),
        Start::At(0, b"P\0"),
        Start::At(0, b"R\0"),
        Start::At(0, b"E\0"),
        Start::At(0, b"S\0"),
    ],
    fields: &[&USER, &DATABASE, &APPLICATION, &SERVER],
    probe,
    reading: Reading::Machine(|| Box::<PostgreSql>::default()),
    ..Protocol::NEW
};

static USER: Field = Field::new("pgsql", "user");
static DATABASE: Field = Field::new("pgsql", "database");
static APPLICATION: Field = Field::new("pgsql", "application_name").role(Role::Agent);
static SERVER: Field = Field::new("pgsql", "server_version");

const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;
const CANCEL: u32 = 80_877_102;
const VERSION_3: u32 = 0x0003_0000;

fn probe(seen: &Seen) -> Verdict {
    if seen.data.first() != Some(&0) {
        return typed(seen);
    }
    let (Some(length), Some(code)) = (at::u32(seen.data, 0), at::u32(seen.data, 4)) else {
        return if at::u24(seen.data, 0).is_none_or(|high| high == 0) { Verdict::More } else { Verdict::No };
    };
    match (length, code) {
        (8, SSL) => Verdict::Yes("PostgreSQL asks for TLS"),
        (8, GSS) => Verdict::Yes("PostgreSQL asks for GSSAPI encryption"),
        (16, CANCEL) => Verdict::Yes("PostgreSQL cancels"),
        (9..=10_000, VERSION_3..=0x0003_0002) => match at::c_string(seen.data, 8) {
            Some(name) if name == b"user" || name == b"database" || name == b"application_name" => {
                Verdict::Yes("PostgreSQL startup")
            }
            Some(name) if at::printable(name) && !name.is_empty() => Verdict::Weak("PostgreSQL startup"),
            Some(_) => Verdict::No,
            None => Verdict::More,
        },
        _ => Verdict::No,
    }
}

/// Messages within a session: type, length, contents that tell.
fn typed(seen: &Seen) -> Verdict {
    let (Some(kind), Some(length)) = (at::u8(seen.data, 0), at::u32(seen.data, 1)) else { return Verdict::More };
    let Some(body) = seen.data.get(5..) else { return Verdict::More };
    if !(4..1 << 20).contains(&length) {
        return Verdict::No;
    }
    match kind {
        b'R' if matches!(length, 8 | 12) && at::u32(body, 0).is_some_and(|n| n <= 12) => {
            if length == 8 && body.len() == 4 {
                Verdict::Weak("PostgreSQL authentication")
            } else {
                Verdict::Yes("PostgreSQL authentication")
            }
        }
        b'R' if at::u32(body, 0) == Some(10) && body.get(4..10) == Some(b"SCRAM-") => Verdict::Yes("PostgreSQL SASL"),
        b'E' if matches!(body.first(), Some(b'S'))
            && body.windows(3).any(|w| w == b"\0VE" || w == b"\0VF" || w == b"\0C2" || w == b"\0C5") =>
        {
            Verdict::Yes("PostgreSQL error")
        }
        b'S' if [
            &b"server_version\0"[..],
            b"client_encoding\0",
            b"application_name\0",
            b"in_hot_standby\0",
            b"default_",
        ]
        .iter()
        .any(|p| body.starts_with(p)) =>
        {
            Verdict::Yes("PostgreSQL parameter")
        }
        b'Q' if statement(body) => Verdict::Yes("PostgreSQL query"),
        b'P' if body
            .iter()
            .position(|b| *b == 0)
            .is_some_and(|end| end < 32 && statement(body.get(end + 1..).unwrap_or_default())) =>
        {
            Verdict::Yes("PostgreSQL parse")
        }
        _ if seen.data.len() < 24 => Verdict::More,
        _ => Verdict::No,
    }
}

fn statement(text: &[u8]) -> bool {
    let words = [
        &b"select "[..],
        b"insert ",
        b"update ",
        b"delete ",
        b"begin",
        b"commit",
        b"set ",
        b"show ",
        b"create ",
        b"rollback",
        b"copy ",
    ];
    words.iter().any(|w| begins(text, w))
}

#[derive(Default)]
struct PostgreSql {
    /// The client asked for encryption and waits for one byte.
    asked: bool,
}

impl Dissector for PostgreSql {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.from_client { self.client(cx, data) } else { self.server(cx, data) }
    }
}

impl PostgreSql {
    fn client(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if self.asked {
            return Step::Used(0);
        }
        let (Some(length), Some(code)) = (at::u32(data, 0), at::u32(data, 4)) else { return Step::Used(0) };
        match code {
            SSL | GSS if length == 8 => {
                self.asked = true;
                Step::Used(8)
            }
            VERSION_3..=0x0003_0002 => {
                let Some(message) = usize::try_from(length).ok().and_then(|n| data.get(8..n)) else {
                    return if length > 10_000 { Step::Done } else { Step::Used(0) };
                };
                parameters(cx, message);
                Step::DoneHere
            }
            _ => Step::DoneHere,
        }
    }

    fn server(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        match data.first() {
            Some(b'S' | b'G') if self.asked => {
                cx.note("encryption granted");
                Step::Inner(1)
            }
            Some(b'N') if self.asked => {
                self.asked = false;
                Step::Used(1)
            }
            // A very old server answers with an error.
            Some(_) if self.asked => Step::Done,
            Some(_) => status(cx, data),
            None => Step::Used(0),
        }
    }
}

/// Reads the server's messages up to the one that says it is ready.
fn status(cx: &mut Cx, data: &[u8]) -> Step {
    let (Some(kind), Some(length)) = (at::u8(data, 0), at::u32(data, 1).and_then(|n| usize::try_from(n).ok())) else {
        return Step::Used(0);
    };
    if !(4..1 << 14).contains(&length) || matches!(kind, b'Z' | b'E') {
        return Step::DoneHere;
    }
    let Some(body) = data.get(5..=length) else { return Step::Used(0) };
    if kind == b'S'
        && let Some(version) = body.strip_prefix(b"server_version\0").and_then(|v| at::c_string(v, 0))
    {
        cx.text(&SERVER, version);
    }
    Step::Used(length + 1)
}

/// Names and values, each with a NUL at its end.
fn parameters(cx: &mut Cx, mut message: &[u8]) {
    for _ in 0..32 {
        let Some(name) = at::c_string(message, 0).filter(|n| !n.is_empty()) else { return };
        let Some(value) = at::c_string(message, name.len() + 1) else { return };
        match name {
            b"user" => {
                cx.text(&USER, value);
                cx.note_fact("PostgreSQL user", &USER);
            }
            b"database" => {
                cx.text(&DATABASE, value);
            }
            b"application_name" => {
                cx.text(&APPLICATION, value);
            }
            _ => {}
        }
        message = message.get(name.len() + value.len() + 2..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const STARTUP: &[u8] = b"\0\0\0\x21\0\x03\0\0user\0me\0database\0things\0\0";

    #[test]
    fn startup_after_a_refused_request() {
        let talk = Talk::tcp(4000, 9999).client(b"\0\0\0\x08\x04\xd2\x16\x2f").server(b"N").client(STARTUP).run();
        assert_eq!(talk.names(), ["PostgreSQL"]);
        assert_eq!(facts(&talk, &USER), ["me"]);
        assert_eq!(facts(&talk, &DATABASE), ["things"]);
    }

    #[test]
    fn inside_a_granted_one() {
        let talk = Talk::tcp(4000, 9999).client(b"\0\0\0\x08\x04\xd2\x16\x2f").server(b"S").client(b"SSH-2.0-x\r\n");
        assert_eq!(talk.run().names(), ["PostgreSQL", "SSH"]);
        survives(&POSTGRESQL, &[STARTUP, b"Q\0\0\0\x0dselect 1\0"]);
    }
}

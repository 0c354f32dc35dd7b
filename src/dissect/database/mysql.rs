//! MySQL's and MariaDB's protocol (MySQL Internals, "Client/Server Protocol").
//!
//! Extracted: server version, user, database. After a request for TLS what follows is looked at anew. Not extracted:
//! queries.

use crate::dissect::common::at;
use crate::dissect::common::text::begins;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// MySQL.
pub static MYSQL: Protocol = Protocol {
    name: "MySQL",
    eve: "mysql",
    category: "Database",
    how: "the server's greeting, or a login whose length and reserved bytes fit",
    over: &[Transport::Tcp],
    ports: &[3306],
    // Length of three bytes, then the number of the packet.
    starts: &[
        Start::Mask(1, 0x0000_ffff, 0x0000_000a),
        Start::Mask(1, 0x0000_ffff, 0x0000_00ff),
        Start::Mask(1, 0x0000_ff00, 0x0000_0100),
        Start::Mask(1, 0x00ff_ffff, 0x0000_0003),
    ],
    fields: &[&VERSION, &USER, &DATABASE],
    probe,
    reading: Reading::Machine(|| Box::new(MySql)),
    ..Protocol::NEW
};

static VERSION: Field = Field::new("mysql", "version").role(Role::Agent);
static USER: Field = Field::new("mysql", "user");
static DATABASE: Field = Field::new("mysql", "database");

const PROTOCOL_41: u32 = 0x0200;
const SSL: u32 = 0x0800;
const WITH_DATABASE: u32 = 8;
const LONG_AUTH: u32 = 0x0020_0000;

fn probe(seen: &Seen) -> Verdict {
    let (Some(length), Some(number)) = (at::u24_le(seen.data, 0), at::u8(seen.data, 3)) else { return Verdict::More };
    let Some(body) = seen.data.get(4..) else { return Verdict::More };
    let wait = if body.len() < usize::try_from(length).unwrap_or(0) { Verdict::More } else { Verdict::No };
    match (number, body.first()) {
        (0, Some(10)) if (30..512).contains(&length) => match greeting(body) {
            Some(_) => Verdict::Yes("MySQL greeting"),
            None => wait,
        },
        (0, Some(0xff)) if (8..1024).contains(&length) => refusal(body),
        (0, Some(3)) if length > 5 && query(body) => Verdict::Yes("MySQL query"),
        (1, Some(_)) if (32..2048).contains(&length) => match login(body) {
            Some(_) => Verdict::Yes("MySQL login"),
            None => wait,
        },
        (0 | 1, None) => Verdict::More,
        _ => Verdict::No,
    }
}

/// Version text, thread, eight bytes of salt, a zero, capabilities, ten bytes of which the first are zero.
fn greeting(body: &[u8]) -> Option<&[u8]> {
    let version = at::c_string(body, 1)?;
    let after = body.get(version.len() + 2..)?;
    let readable = !version.is_empty() && version.len() < 128 && at::printable(version);
    let reserved = after.get(21..27)?;
    (readable && at::u8(after, 12)? == 0 && reserved.iter().all(|b| *b == 0)).then_some(version)
}

/// Too many connections, a host that is not allowed: code, perhaps a state, text.
fn refusal(body: &[u8]) -> Verdict {
    let (Some(code), Some(text)) = (at::u16_le(body, 1), body.get(3..)) else { return Verdict::More };
    let words = [&b"Host "[..], b"Too many", b"#08004", b"#HY000"];
    let known = (1040..=1251).contains(&code) && words.iter().any(|w| text.starts_with(w));
    if known { Verdict::Yes("MySQL refusal") } else { Verdict::No }
}

fn query(body: &[u8]) -> bool {
    let text = body.get(1..).unwrap_or_default();
    [&b"select "[..], b"show ", b"set ", b"insert ", b"update ", b"delete ", b"create "].iter().any(|w| begins(text, w))
}

/// Capabilities of a login; its 23 reserved bytes are zero, except for MariaDB's own capabilities in the last four.
fn login(body: &[u8]) -> Option<u32> {
    let capabilities = at::u32_le(body, 0)?;
    let reserved = body.get(9..28)?;
    (capabilities & PROTOCOL_41 != 0 && reserved.iter().all(|b| *b == 0)).then_some(capabilities)
}

struct MySql;

impl Dissector for MySql {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let (Some(length), Some(number)) = (at::u24_le(data, 0), at::u8(data, 3)) else { return Step::Used(0) };
        let Ok(length) = usize::try_from(length) else { return Step::Done };
        if length > 1 << 12 {
            return Step::Done;
        }
        let Some(body) = data.get(4..4 + length) else { return Step::Used(0) };
        match (cx.from_client, number) {
            (false, 0) => {
                if let Some(version) = greeting(body) {
                    cx.text(&VERSION, version);
                    cx.note_fact("MySQL greeting, version", &VERSION);
                }
                Step::Used(4 + length)
            }
            (true, 1) => client(cx, body, 4 + length),
            _ => Step::Done,
        }
    }
}

fn client(cx: &mut Cx, body: &[u8], used: usize) -> Step {
    let Some(capabilities) = login(body) else { return Step::Done };
    if body.len() == 32 && capabilities & SSL != 0 {
        cx.note("TLS asked for");
        return Step::Inner(used);
    }
    let Some(user) = at::c_string(body, 32) else { return Step::Done };
    if cx.text(&USER, user) {
        cx.note_fact("MySQL user", &USER);
    }
    let answer = 33 + user.len();
    if capabilities & WITH_DATABASE != 0
        && capabilities & LONG_AUTH == 0
        && let Some(length) = at::u8(body, answer)
        && let Some(database) = at::c_string(body, answer + 1 + usize::from(length))
    {
        cx.text(&DATABASE, database);
    } else if capabilities & WITH_DATABASE != 0
        && let Some(length @ 0..251) = at::u8(body, answer)
        && let Some(database) = at::c_string(body, answer + 1 + usize::from(length))
    {
        cx.text(&DATABASE, database);
    }
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn hello() -> Vec<u8> {
        let mut body = b"\x0a8.0.36\0\x01\0\0\0abcdefgh\0\xff\xff\x2d\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0".to_vec();
        body.extend(b"ijklmnopqrst\0mysql_native_password\0");
        [&[u8::try_from(body.len()).unwrap(), 0, 0, 0], &body[..]].concat()
    }

    fn login(size: usize, flags: u32, tail: &[u8]) -> Vec<u8> {
        let mut body = flags.to_le_bytes().to_vec();
        body.extend([0, 0, 0, 1, 45]);
        body.resize(32, 0);
        body.extend(tail);
        assert_eq!(body.len(), size);
        [&[u8::try_from(body.len()).unwrap(), 0, 0, 1], &body[..]].concat()
    }

    #[test]
    fn greeting_and_login() {
        let login = login(43, PROTOCOL_41 | WITH_DATABASE, b"me\0\x02abshop\0");
        let talk = Talk::tcp(4000, 9999).server(&hello()[..5]).server(&hello()[5..]).client(&login).run();
        assert_eq!(talk.names(), ["MySQL"]);
        assert_eq!(facts(&talk, &VERSION), ["8.0.36"]);
        assert_eq!(facts(&talk, &USER), ["me"]);
        assert_eq!(facts(&talk, &DATABASE), ["shop"]);
    }

    #[test]
    fn with_tls() {
        let talk = Talk::tcp(4000, 9999).server(&hello()).client(&login(32, PROTOCOL_41 | SSL, b""));
        assert_eq!(talk.client(b"SSH-2.0-x\r\n").run().names(), ["MySQL", "SSH"]);
        survives(&MYSQL, &[&hello(), &login(43, PROTOCOL_41, b"me\0\x02abshop\0")]);
    }
}

//! Tabular Data Stream of Microsoft SQL Server and Sybase (MS-TDS).
//!
//! Extracted: host, user, program, server and database of a login. Not extracted: queries.

use crate::dissect::common::{at, utf16};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// TDS.
pub static TDS: Protocol = Protocol {
    name: "MsSQL-TDS",
    eve: "tds",
    category: "Database",
    how: "a packet header of a known type whose contents fit",
    over: &[Transport::Tcp],
    ports: &[1433],
    starts: &[Start::Range(1, 4), Start::At(0, &[0x0e]), Start::Range(0x10, 0x12)],
    fields: &[&HOST, &USER, &PROGRAM, &SERVER, &DATABASE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static HOST: Field = Field::new("tds", "client_host");
static USER: Field = Field::new("tds", "user");
static PROGRAM: Field = Field::new("tds", "program").role(Role::Agent);
static SERVER: Field = Field::new("tds", "server");
static DATABASE: Field = Field::new("tds", "database");

const BATCH: u8 = 1;
const RPC: u8 = 3;
const REPLY: u8 = 4;
const LOGIN: u8 = 0x10;
const PRELOGIN: u8 = 0x12;

fn probe(seen: &Seen) -> Verdict {
    let Some([kind, status, a, b, _, _, _, window]) = seen.data.first_chunk() else {
        return if seen.data.get(1).is_none_or(|s| *s <= 0x1f) { Verdict::More } else { Verdict::No };
    };
    let length = usize::from(u16::from_be_bytes([*a, *b]));
    if *status & !0x1f != 0 || *window != 0 || length < 9 {
        return Verdict::No;
    }
    let body = seen.data.get(8..).unwrap_or_default();
    let exact = length == seen.data.len();
    match *kind {
        // A list of options, of which the version is the first, behind the list.
        PRELOGIN if matches!(body, [0, 0, _, 0, 4..=6, ..]) => Verdict::Yes("TDS prelogin"),
        PRELOGIN if body.len() < 5 => Verdict::More,
        LOGIN => match at::u32_le(body, 4) {
            Some(0x7000_0000 | 0x7100_0001 | 0x7209_0002 | 0x730a_0003 | 0x730b_0003 | 0x7400_0004 | 0x0800_0000) => {
                Verdict::Yes("TDS login")
            }
            Some(_) => Verdict::No,
            None => Verdict::More,
        },
        BATCH if wide_text(body) => Verdict::Yes("TDS query in UTF-16"),
        BATCH | RPC if seen.data.len() < length.min(64) => Verdict::More,
        RPC if wide_text(body) => Verdict::Yes("TDS procedure call in UTF-16"),
        REPLY if exact && matches!(body.first(), Some(0 | 0x81 | 0xaa | 0xab | 0xad | 0xe3 | 0xfd..=0xff)) => {
            Verdict::Yes("TDS reply")
        }
        REPLY if seen.data.len() > length && at::u8(seen.data, length) == Some(REPLY) => Verdict::Yes("TDS replies"),
        BATCH | 2 | RPC | 0x0e if exact && seen.usual => Verdict::Weak("TDS packet"),
        _ => Verdict::No,
    }
}

/// Whether some of the beginning is Latin text in two bytes a letter.
fn wide_text(body: &[u8]) -> bool {
    let head = body.get(..64).unwrap_or(body);
    head.windows(12).any(|w| {
        let (pairs, _) = w.as_chunks::<2>();
        pairs.iter().all(|[letter, zero]| *zero == 0 && (letter.is_ascii_graphic() || *letter == b' '))
    })
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some(length) = at::u16(data, 2).map(usize::from).filter(|n| *n >= 8) else { return Step::Used(0) };
    let Some(body) = data.get(8..length) else { return Step::Used(0) };
    match data.first() {
        Some(&LOGIN) => {
            login(cx, body);
            Step::Done
        }
        Some(&PRELOGIN) => Step::Used(length),
        _ => Step::DoneHere,
    }
}

/// Offsets and lengths of texts in a fixed part of the login.
fn login(cx: &mut Cx, body: &[u8]) {
    for (place, field) in [(36, &HOST), (40, &USER), (48, &PROGRAM), (52, &SERVER), (68, &DATABASE)] {
        let (Some(start), Some(letters)) = (at::u16_le(body, place), at::u16_le(body, place + 2)) else { return };
        let (start, bytes) = (usize::from(start), usize::from(letters) * 2);
        if let Some(text) = body.get(start..start + bytes).filter(|t| !t.is_empty()) {
            cx.text(field, utf16::le(text).as_bytes());
        }
    }
    cx.note_fact("TDS login of", &USER);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn prelogin_and_query() {
        let pre = b"\x12\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x0c\0\0\0\0\0\0";
        assert_eq!(Talk::tcp(4000, 9999).client(&pre[..1]).client(&pre[1..]).run().names(), ["MsSQL-TDS"]);
        let query = b"\x01\x01\0\x18\0\0\x01\0s\0e\0l\0e\0c\0t\0 \0\x31\0";
        assert_eq!(Talk::tcp(4000, 9999).client(query).run().names(), ["MsSQL-TDS"]);
        let mut login = vec![0x10, 1, 0, 102, 0, 0, 1, 0];
        login.extend([94, 0, 0, 0, 4, 0, 0, 0x74]);
        login.resize(102, 0);
        survives(&TDS, &[pre, query, &login]);
    }
}

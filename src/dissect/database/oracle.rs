//! Oracle's Transparent Network Substrate.
//!
//! Extracted: service, program, host and user of the connect descriptor. Not extracted: queries.

use memchr::memmem;

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// TNS.
pub static ORACLE: Protocol = Protocol {
    name: "Oracle",
    eve: "oracle",
    category: "Database",
    how: "a TNS packet of a known type whose length and zero checksums fit",
    over: &[Transport::Tcp],
    ports: &[1521],
    starts: &[Start::Mask(2, 0xffff_00ff, 0)],
    fields: &[&SERVICE, &PROGRAM, &HOST, &USER],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static SERVICE: Field = Field::new("tns", "service");
static PROGRAM: Field = Field::new("tns", "program").role(Role::Agent);
static HOST: Field = Field::new("tns", "host");
static USER: Field = Field::new("tns", "user");

fn probe(seen: &Seen) -> Verdict {
    let (Some(length), Some(kind), Some(checksum)) =
        (at::u16(seen.data, 0).map(usize::from), at::u8(seen.data, 4), at::u16(seen.data, 6))
    else {
        return Verdict::More;
    };
    if checksum != 0 || length < 8 {
        return Verdict::No;
    }
    let version = at::u16(seen.data, 8);
    match kind {
        // Connect: version and the oldest that is understood.
        1 if version.is_some_and(|v| (300..=330).contains(&v)) => Verdict::Yes("TNS connect"),
        1 if version.is_none() => Verdict::More,
        2 if version.is_some_and(|v| (300..=330).contains(&v)) && length <= 128 => Verdict::Yes("TNS accept"),
        4 | 5 if seen.data.get(12..).is_some_and(|t| t.starts_with(b"(DESCRIPTION=")) => Verdict::Yes("TNS refusal"),
        11 if length == 8 && seen.data.len() == 8 => Verdict::Yes("TNS resend"),
        6 if length == seen.data.len() && length > 10 && seen.midstream => Verdict::Weak("TNS data"),
        _ => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some(length) = at::u16(data, 0).map(usize::from).filter(|n| *n >= 8) else { return Step::Used(0) };
    let Some(packet) = data.get(..length) else { return Step::Used(0) };
    if at::u8(packet, 4) != Some(1) {
        return Step::DoneHere;
    }
    // A long descriptor follows in a packet of its own.
    let text = if memmem::find(packet, b"(DESCRIPTION").is_some() { packet } else { data };
    for (key, field) in [
        (&b"(SERVICE_NAME="[..], &SERVICE),
        (b"(SID=", &SERVICE),
        (b"(PROGRAM=", &PROGRAM),
        (b"(HOST=", &HOST),
        (b"(USER=", &USER),
    ] {
        if let Some(start) = memmem::find(text, key).map(|p| p + key.len())
            && let Some(value) = text.get(start..)
            && let Some(end) = memchr::memchr(b')', value)
        {
            cx.text(field, value.get(..end).unwrap_or_default());
        }
    }
    cx.note_fact("TNS connect to", &SERVICE);
    Step::DoneHere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn a_connect() {
        let mut packet = b"\0\x5a\0\0\x01\0\0\0\x01\x39\x01\x2c".to_vec();
        packet.extend(b"(DESCRIPTION=(CONNECT_DATA=(SID=orcl)(CID=(PROGRAM=sqlplus)(HOST=pc)(USER=me))))");
        let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
        packet[..2].copy_from_slice(&length);
        let talk = Talk::tcp(4000, 9999).client(&packet).run();
        assert_eq!(talk.names(), ["Oracle"]);
        assert_eq!(facts(&talk, &SERVICE), ["orcl"]);
        survives(&ORACLE, &[&packet]);
    }
}

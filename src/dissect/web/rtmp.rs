//! RTMP (Adobe's Real-Time Messaging Protocol 1.0): handshake and the command `connect`.
//!
//! Extracted: application, URL and host of the stream, the player's name. Not extracted: what follows `connect`, and
//! the encrypted kind (RTMPE), which is only named.

use crate::dissect::common::text::{host, split};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// RTMP.
pub static RTMP: Protocol = Protocol {
    name: "RTMP",
    eve: "",
    category: "Media",
    how: "the handshake's version and its fixed size",
    over: &[Transport::Tcp],
    ports: &[1935],
    starts: &[Start::At(0, &[3]), Start::At(0, &[6])],
    fields: &[&APP, &URL, &HOST, &PLAYER],
    probe,
    reading: Reading::Machine(|| Box::<Rtmp>::default()),
    ..Protocol::NEW
};

static APP: Field = Field::new("rtmp", "app");
static URL: Field = Field::new("rtmp", "url");
static HOST: Field = Field::new("rtmp", "hostname").role(Role::Asked);
static PLAYER: Field = Field::new("rtmp", "player").role(Role::Agent);

/// C1 or S1, and C2 or S2.
const HANDSHAKE: usize = 1536;

/// Version, time, then four bytes that are zero, or the version of Flash that made it.
fn probe(seen: &Seen) -> Verdict {
    let Some([_, _, _, _, _, mark @ ..]) = seen.data.first_chunk::<9>() else { return Verdict::More };
    let plain = *mark == [0; 4];
    let flash = matches!(mark, [9..=32 | 0x80, 0..=9, 0..=200, 0..=99] | [1..=5, 0..=9, 0..=9, 1..=9]);
    let whole = seen.data.len() > HANDSHAKE;
    let both = seen.other.len() > 9 && seen.other.first() == seen.data.first();
    match seen.data.first() {
        // The second half is random: other protocols that begin alike go on with zeros or small numbers.
        Some(3) if plain && whole => Verdict::Yes("RTMP handshake"),
        Some(3) if (plain || flash) && both => Verdict::Yes("RTMP handshake, both sides"),
        Some(3 | 6) if flash && whole => Verdict::Weak("RTMP handshake"),
        _ if plain || flash => {
            if whole {
                Verdict::No
            } else {
                Verdict::More
            }
        }
        _ => Verdict::No,
    }
}

/// A connection up to its command.
#[derive(Default)]
struct Rtmp {
    shaken: bool,
    command: Vec<u8>,
    /// Bytes of the command, once its header was seen; and those of the current chunk.
    length: Option<usize>,
    chunk: usize,
}

impl Dissector for Rtmp {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if !cx.from_client {
            return Step::DoneHere;
        }
        if !self.shaken {
            self.shaken = true;
            return if data.first() == Some(&3) { Step::Skip(1 + 2 * HANDSHAKE) } else { Step::Done };
        }
        let mut r = Reader::new(data);
        let done = match self.length {
            None => self.head(&mut r),
            Some(length) => self.chunk(&mut r, length),
        };
        match done {
            Ok(false) => Step::Used(r.position()),
            Ok(true) => {
                let _ = connect(cx, &self.command);
                Step::Done
            }
            Err(Incomplete("command")) => Step::Done,
            Err(_) => Step::Used(0),
        }
    }
}

impl Rtmp {
    /// The first chunk: a full header. Other messages may come before the command.
    fn head(&mut self, r: &mut Reader) -> Result<bool, Incomplete> {
        let basic = r.u8("basic header")?;
        if basic >> 6 > 1 || basic & 0x3f < 2 {
            return Err(Incomplete("command"));
        }
        let time = r.u24("time")?;
        let length = usize::try_from(r.u24("length")?).unwrap_or(usize::MAX);
        let kind = r.u8("type")?;
        if basic >> 6 == 0 {
            r.skip(4, "stream")?;
        }
        if time == 0x00ff_ffff {
            r.skip(4, "extended time")?;
        }
        if kind != 20 {
            r.skip(length, "message")?;
            return if length > CHUNK { Err(Incomplete("command")) } else { Ok(false) };
        }
        if length > MAX_COMMAND {
            return Err(Incomplete("command"));
        }
        self.length = Some(length);
        self.chunk = CHUNK;
        Ok(false)
    }

    /// The command, with one byte of header between its chunks.
    fn chunk(&mut self, r: &mut Reader, length: usize) -> Result<bool, Incomplete> {
        if self.chunk == 0 {
            r.skip(1, "chunk header")?;
            self.chunk = CHUNK;
        }
        let missing = length - self.command.len();
        let taken = r.take(missing.min(self.chunk).min(r.left()), "chunk")?;
        self.command.extend_from_slice(taken);
        self.chunk -= taken.len();
        Ok(self.command.len() >= length)
    }
}

/// Takes the strings of the object that `connect` carries.
fn connect(cx: &mut Cx, command: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(command);
    if r.take(10, "name")? != b"\x02\0\x07connect" {
        return Ok(());
    }
    r.skip(9, "transaction")?;
    r.skip(1, "object")?;
    for _ in 0..MAX_PROPERTIES {
        let length = usize::from(r.u16("property length")?);
        let name = r.take(length, "property")?;
        match r.u8("type")? {
            0 => r.skip(8, "number")?,
            1 => r.skip(1, "boolean")?,
            2 => {
                let length = usize::from(r.u16("string length")?);
                property(cx, name, r.take(length, "string")?);
            }
            5 | 6 => {}
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn property(cx: &mut Cx, name: &[u8], value: &[u8]) {
    match name {
        b"app" => drop(cx.text(&APP, value)),
        b"flashVer" => drop(cx.text(&PLAYER, value)),
        b"tcUrl" => {
            cx.text(&URL, value);
            let authority = memchr::memmem::find(value, b"://").and_then(|at| value.get(at + 3..)).unwrap_or_default();
            let name = split(authority, b'/').map_or(authority, |(name, _)| name);
            if cx.host(&HOST, host(name)) {
                cx.note_fact("connect to", &HOST);
            }
        }
        _ => {}
    }
}

const CHUNK: usize = 128;
const MAX_COMMAND: usize = 8 << 10;
const MAX_PROPERTIES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn handshake() -> Vec<u8> {
        let random: Vec<u8> = (0..HANDSHAKE - 8).map(|i| (i * 37 % 251) as u8).collect();
        [&[3, 0, 0, 1, 2, 0, 0, 0, 0][..], &random].concat()
    }

    fn command() -> Vec<u8> {
        let text = |t: &str| [&u16::try_from(t.len()).unwrap().to_be_bytes()[..], t.as_bytes()].concat();
        let pair = |n: &str, v: &str| [text(n), vec![2], text(v)].concat();
        let number = [0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
        let body = [
            &[2][..],
            &text("connect"),
            &number,
            &[3],
            &pair("app", "live"),
            &pair("tcUrl", "rtmp://live.example.org:1935/live"),
            &pair("flashVer", &"F".repeat(100)),
            &[0, 0, 9],
        ]
        .concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let chunks: Vec<&[u8]> = body.chunks(CHUNK).collect();
        [&[3, 0, 0, 0, 0][..], &length, &[20, 0, 0, 0, 0], &chunks.join(&[0xc3][..])].concat()
    }

    #[test]
    fn handshake_and_connect() {
        let talk = Talk::tcp(4000, 9999).client(&handshake()).client(&[7; HANDSHAKE]).client(&command()).run();
        assert_eq!(talk.names(), ["RTMP"]);
        assert_eq!(facts(&talk, &HOST), ["live.example.org"]);
        assert_eq!(facts(&talk, &APP), ["live"]);
        survives(&RTMP, &[&command()]);
    }

    #[test]
    fn framing_that_begins_alike_is_not_it() {
        let tpkt = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
        assert!(!Talk::tcp(4000, 1935).client(tpkt).server(tpkt).run().names().contains(&"RTMP"));
    }
}

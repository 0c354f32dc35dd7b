//! CoAP (RFC 7252) over UDP.
//!
//! Extracted: code, path, host. Not extracted: payloads, blocks, observations.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// CoAP.
pub static COAP: Protocol = Protocol {
    name: "COAP",
    category: "RPC",
    how: "a message with known code and options in order that fill it",
    over: &[Transport::Udp],
    ports: &[5683, 5684],
    starts: &[Start::Range(0x40, 0x48), Start::Range(0x50, 0x58), Start::Range(0x60, 0x68), Start::Range(0x70, 0x78)],
    fields: &[&METHOD, &PATH, &HOST],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static METHOD: Field = Field::new("coap", "code");
static PATH: Field = Field::new("coap", "path");
static HOST: Field = Field::new("coap", "host").role(Role::Asked);

fn probe(seen: &Seen) -> Verdict {
    let Ok(message) = Message::new(seen.data) else {
        return match draft(seen.data) {
            Ok(6..) => Verdict::Yes("CoAP request of the drafts, with a path"),
            _ => Verdict::No,
        };
    };
    let ids = |data: &[u8]| {
        let token = usize::from(data.first()? & 0x0f);
        Some((data.get(2..4)?.to_vec(), data.get(4..4 + token)?.to_vec()))
    };
    let answers = ids(seen.other).zip(ids(seen.data)).is_some_and(|(a, b)| a.0 == b.0 || (a.1.len() > 1 && a.1 == b.1));
    let there = Message::new(seen.other).is_ok_and(|m| m.request != message.request);
    match message {
        _ if answers && there => Verdict::Yes("CoAP request and its answer"),
        Message { letters: 6.., request: true, .. } => Verdict::Yes("CoAP request with a path"),
        Message { options: 1.., .. } | Message { empty: true, .. } if seen.usual => Verdict::Weak("CoAP message"),
        Message { options: 2.., request: true, letters: 2.., .. } => Verdict::Weak("CoAP request with options"),
        _ if seen.usual => Verdict::Weak("CoAP message"),
        _ => Verdict::No,
    }
}

/// What can be judged of a message.
#[derive(Default)]
struct Message<'a> {
    code: u8,
    request: bool,
    empty: bool,
    options: usize,
    /// Letters in options that hold text.
    letters: usize,
    host: Option<&'a [u8]>,
    path: Vec<&'a [u8]>,
}

impl<'a> Message<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(data);
        let (first, code) = (r.u8("version")?, r.u8("code")?);
        r.skip(2, "message id")?;
        r.skip(usize::from(first & 0x0f), "token")?;
        let request = (1..=7).contains(&code);
        let known =
            matches!(code, 0..=7 | 0x41..=0x45 | 0x5f | 0x80..=0x89 | 0x8c..=0x8d | 0x8f | 0x96 | 0x9d | 0xa0..=0xa5);
        let empty = code == 0;
        if first >> 6 != 1 || first & 0x0f > 8 || !known || (empty && data.len() != 4) {
            return Err(Incomplete("CoAP header"));
        }
        let mut message = Self { code, request, empty, ..Self::default() };
        message.take_options(&mut r)?;
        Ok(message)
    }

    fn take_options(&mut self, r: &mut Reader<'a>) -> Result<(), Incomplete> {
        let mut number = 0_u16;
        while let Ok(head) = r.u8("option") {
            if head == 0xff {
                return if r.is_empty() { Err(Incomplete("payload")) } else { Ok(()) };
            }
            let delta = extended(head >> 4, r)?;
            let length = extended(head & 0x0f, r)?;
            let value = r.take(usize::from(length), "option value")?;
            number = number.checked_add(delta).ok_or(Incomplete("option number"))?;
            self.option(number, value)?;
        }
        Ok(())
    }

    fn option(&mut self, number: u16, value: &'a [u8]) -> Result<(), Incomplete> {
        let text = || std::str::from_utf8(value).is_ok_and(|t| !t.chars().any(char::is_control));
        let sound = match number {
            3 | 8 | 11 | 15 | 20 | 35 | 39 => text(),
            1 | 4 | 9 | 252 | 292 => value.len() <= 255,
            5 => value.is_empty(),
            6 | 7 | 12 | 14 | 16 | 17 | 23 | 27 | 28 | 60 => value.len() <= 4,
            258 => value.len() <= 1,
            65_000.. | 2048..=2056 => true,
            _ => false,
        };
        if !sound {
            return Err(Incomplete("known option"));
        }
        self.options += 1;
        match number {
            3 => self.host = Some(value),
            11 => self.path.push(value),
            _ => {}
        }
        if matches!(number, 3 | 11 | 15) {
            self.letters += value.len();
        }
        Ok(())
    }
}

/// Before the standard (drafts up to 12) the token's place held the number of options, and a path was option 9. Gives
/// the letters of the path.
fn draft(data: &[u8]) -> Result<usize, Incomplete> {
    let mut r = Reader::new(data);
    let (count, code) = (r.u8("count")? & 0x0f, r.u8("code")?);
    r.skip(2, "message id")?;
    let (mut number, mut letters) = (0, 0);
    for _ in 0..count {
        let head = r.u8("option")?;
        number += head >> 4;
        let length = match head & 0x0f {
            15 => usize::from(r.u8("length")?) + 15,
            n => usize::from(n),
        };
        let value = r.take(length, "value")?;
        let text = value.iter().all(|b| (b' '..=b'~').contains(b));
        match number {
            5 | 9 | 15 if text => letters += value.len(),
            1 | 2 | 7 | 10 | 12 if value.len() <= 4 => {}
            4 | 11 | 13 | 14 if value.len() <= 8 => {}
            _ => return Err(Incomplete("known option")),
        }
    }
    if (1..=4).contains(&code) && r.is_empty() { Ok(letters) } else { Err(Incomplete("request")) }
}

/// A number of four bits, of which 13 and 14 stand for one or two bytes more.
fn extended(bits: u8, r: &mut Reader) -> Result<u16, Incomplete> {
    match bits {
        0..=12 => Ok(u16::from(bits)),
        13 => Ok(u16::from(r.u8("extended")?) + 13),
        14 => r.u16("extended")?.checked_add(269).ok_or(Incomplete("extended")),
        _ => Err(Incomplete("option")),
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Ok(message) = Message::new(data) else { return Step::Done };
    let name = match message.code {
        1 => "GET",
        2 => "POST",
        3 => "PUT",
        4 => "DELETE",
        5 => "FETCH",
        6 => "PATCH",
        7 => "iPATCH",
        _ => return Step::Used(0),
    };
    cx.word(&METHOD, name);
    if let Some(host) = message.host {
        cx.host(&HOST, host);
    }
    if !message.path.is_empty() {
        cx.text(&PATH, &[b"/", &message.path.join(&b'/')[..]].concat());
        cx.note_fact("path", &PATH);
    }
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const GET: &[u8] = b"\x42\x01\xe9\x1b\x07\x90\xbb.well-known\x04core";

    #[test]
    fn requests_and_answers() {
        let talk = Talk::udp(4000, 9998).client(GET).run();
        assert_eq!(talk.names(), ["COAP"]);
        assert_eq!(facts(&talk, &PATH), ["/.well-known/core"]);
        assert!(Talk::udp(4000, 9998).client(b"\x42\x01\xe9\x1b\x07\x90").run().names().is_empty());
        survives(&COAP, &[GET]);
    }
}

//! Modbus over TCP (MODBUS Messaging on TCP/IP V1.0b), and Schneider's UMAS, which is its function 90.
//!
//! Extracted: unit, functions. Not extracted: registers and their values.

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// Modbus.
pub static MODBUS: Protocol = Protocol {
    name: "Modbus",
    eve: "modbus",
    category: "IoT-Scada",
    how: "protocol number zero and a length that fits the function",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[502],
    starts: &[Start::Mask(2, 0xffff_ff00, 0)],
    fields: &[&UNIT, &FUNCTION],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

/// UMAS.
pub static UMAS: Protocol = Protocol {
    name: "UMAS",
    eve: "modbus",
    category: "IoT-Scada",
    how: "a Modbus header with function 90",
    over: &[Transport::Tcp],
    ports: &[502],
    starts: &[Start::At(7, &[UMAS_FUNCTION])],
    probe: |seen| match message(seen.data) {
        Ok(Message { function: UMAS_FUNCTION, .. }) => Verdict::Yes("Modbus message with function 90"),
        _ => Verdict::No,
    },
    ..Protocol::NEW
};

static UNIT: Field = Field::new("modbus", "unit_id");
static FUNCTION: Field = Field::list("modbus", "function_raw");

const UMAS_FUNCTION: u8 = 90;

fn probe(seen: &Seen) -> Verdict {
    // LDAP with its lengths in four bytes begins so too.
    if matches!(seen.data, [0x30, 0x84, 0, 0, 0, _, 2, 1..=4, ..]) {
        return Verdict::No;
    }
    let mut r = Reader::new(seen.data);
    let mut count = 0;
    loop {
        match next(&mut r) {
            Ok(message) if message.fits => count += 1,
            Ok(message) if message.sound && count > 0 => count += 1,
            Ok(message) if message.sound && r.is_empty() => return Verdict::Weak("Modbus header"),
            Ok(_) => return Verdict::No,
            Err(_) if count > 0 => return Verdict::Yes("Modbus message whose length fits its function"),
            // A cut capture.
            Err(_) if seen.datagram() || seen.data.len() > 260 => return Verdict::No,
            Err(_) => return if header_may_fit(seen.data) { Verdict::More } else { Verdict::No },
        }
        if count > 2 {
            return Verdict::Yes("Modbus messages whose lengths fit their functions");
        }
    }
}

fn header_may_fit(data: &[u8]) -> bool {
    data.get(2..6).is_none_or(|h| matches!(h, [0, 0, 0, 2..=254]))
}

struct Message {
    unit: u8,
    function: u8,
    /// Whether the length is the one that the function must have.
    fits: bool,
    /// Whether the header at least is sound.
    sound: bool,
}

fn message(data: &[u8]) -> Result<Message, Incomplete> {
    next(&mut Reader::new(data))
}

fn next(r: &mut Reader) -> Result<Message, Incomplete> {
    r.skip(2, "transaction")?;
    let protocol = r.u16("protocol")?;
    let length = usize::from(r.u16("length")?);
    if protocol != 0 || !(2..=260).contains(&length) {
        return Ok(Message { unit: 0, function: 0, fits: false, sound: false });
    }
    let body = r.take(length, "message")?;
    let [unit, function, rest @ ..] = body else { return Err(Incomplete("function")) };
    Ok(Message { unit: *unit, function: *function, fits: fits(*function, rest), sound: (1..=0x7f).contains(function) })
}

/// Whether what follows the function has the length of a request or of a response.
fn fits(function: u8, rest: &[u8]) -> bool {
    let counted = |at: usize| rest.get(at).is_some_and(|n| rest.len() == at + 1 + usize::from(*n));
    match function {
        1..=4 => rest.len() == 4 || counted(0),
        5 | 6 => rest.len() == 4,
        7 | 11 | 12 => rest.is_empty() || counted(0) || rest.len() == 1 || rest.len() == 4,
        8 => rest.len() >= 4 && matches!(rest, [0, 0..=21, ..]),
        15 | 16 => rest.len() == 4 || counted(4),
        17 => rest.is_empty() || counted(0),
        20 | 21 => counted(0),
        22 => rest.len() == 6,
        23 => counted(8) || counted(0),
        24 => rest.len() == 2 || matches!(rest, [0, n, ..] if rest.len() == 2 + usize::from(*n)),
        43 => matches!(rest, [13 | 14, ..]) && rest.len() >= 3,
        UMAS_FUNCTION => rest.len() >= 2,
        0x81..=0x98 | 0xab | 0xda => matches!(rest, [1..=11] | [1..=11, 0]),
        _ => false,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    let Ok(message) = next(&mut r) else { return Step::Used(0) };
    if !message.sound && !message.fits {
        return Step::Done;
    }
    cx.number(&UNIT, message.unit);
    if cx.number(&FUNCTION, message.function) {
        cx.note_fact("function", &FUNCTION);
    }
    Step::DoneHere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const ASK: &[u8] = &[0, 0xd1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1];
    const ANSWER: &[u8] = &[0, 0xd1, 0, 0, 0, 5, 1, 3, 2, 0, 7];

    #[test]
    fn question_and_answer() {
        let talk = Talk::tcp(4000, 9998).client(&ASK[..1]).client(&ASK[1..]).server(ANSWER).run();
        assert_eq!(talk.names(), ["Modbus"]);
        assert_eq!(facts(&talk, &FUNCTION), ["3"]);
        let umas = [0, 1, 0, 0, 0, 4, 0, 90, 0, 2];
        assert_eq!(Talk::tcp(4000, 9998).client(&umas).run().names(), ["UMAS"]);
        assert!(Talk::tcp(4000, 9998).client(&[0, 1, 0, 0, 0, 9, 1, 3, 0, 1, 0, 1, 1, 1, 1]).run().names().is_empty());
        survives(&MODBUS, &[ASK, ANSWER]);
    }
}

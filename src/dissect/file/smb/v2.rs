//! Messages of SMB 2 and 3 (MS-SMB2): what their bodies name.

use super::{DIALECT, FILE, SHARE, named, ntlm, pipe};
use crate::dissect::Cx;
use crate::dissect::common::{at, utf16};

const NEGOTIATE: u16 = 0;
const SESSION_SETUP: u16 = 1;
const TREE_CONNECT: u16 = 3;
const CREATE: u16 = 5;
const READ: u16 = 8;
const WRITE: u16 = 9;
const IOCTL: u16 = 11;

/// Takes the messages of one frame, which may be chained.
pub fn messages(cx: &mut Cx, mut frame: &[u8]) {
    for _ in 0..MAX_CHAIN {
        let Some(next) = at::u32_le(frame, 20).and_then(|n| usize::try_from(n).ok()) else { return };
        let message = if next == 0 { frame } else { frame.get(..next).unwrap_or(frame) };
        one(cx, message);
        match frame.get(next..) {
            Some(rest) if next >= 64 => frame = rest,
            _ => return,
        }
    }
}

fn one(cx: &mut Cx, message: &[u8]) {
    let (Some(command), Some(flags), Some(body)) = (at::u16_le(message, 12), at::u8(message, 16), message.get(64..))
    else {
        return;
    };
    let response = flags & 1 != 0;
    match (command, response) {
        (NEGOTIATE, true) => {
            // To a negotiation of version 1 the server may say that another one of version 2 shall follow.
            if let Some(dialect) = at::u16_le(body, 4).filter(|d| *d != 0x02ff) {
                cx.word(&DIALECT, dialect_name(dialect));
                cx.note_fact("SMB dialect", &DIALECT);
            }
        }
        (SESSION_SETUP, _) => ntlm::look(cx, body),
        (TREE_CONNECT, false) => text(cx, &SHARE, message, (at::u16_le(body, 4), at::u16_le(body, 6))),
        (CREATE, false) => text(cx, &FILE, message, (at::u16_le(body, 44), at::u16_le(body, 46))),
        (WRITE, false) | (READ, true) | (IOCTL, _) => pipe(cx, message),
        _ => {}
    }
}

/// Text at an offset from the start of the message, of so many bytes.
fn text(cx: &mut Cx, field: &'static crate::facts::Field, message: &[u8], place: (Option<u16>, Option<u16>)) {
    let (Some(offset), Some(length)) = place else { return };
    let (offset, length) = (usize::from(offset), usize::from(length));
    if let Some(bytes) = message.get(offset..offset + length) {
        named(cx, field, &utf16::le(bytes));
    }
}

fn dialect_name(dialect: u16) -> &'static str {
    match dialect {
        0x0202 => "2.02",
        0x0210 => "2.10",
        0x0222 => "2.22",
        0x0224 => "2.24",
        0x0300 => "3.00",
        0x0302 => "3.02",
        0x0310 => "3.10",
        0x0311 => "3.11",
        _ => "unknown",
    }
}

const MAX_CHAIN: usize = 16;

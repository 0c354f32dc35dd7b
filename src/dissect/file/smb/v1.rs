//! Messages of SMB 1 (MS-CIFS, MS-SMB): what they name.

use super::{DIALECT, FILE, SHARE, named, ntlm, pipe};
use crate::dissect::Cx;
use crate::dissect::common::{at, utf16};

const TRANSACTION: u8 = 0x25;
const READ: u8 = 0x2e;
const WRITE: u8 = 0x2f;
const NEGOTIATE: u8 = 0x72;
const SESSION_SETUP: u8 = 0x73;
const TREE_CONNECT: u8 = 0x75;
const CREATE: u8 = 0xa2;

/// What one connection remembers.
#[derive(Default)]
pub struct State {
    /// Dialects that the client offered, in order.
    dialects: Vec<String>,
}

impl State {
    /// Takes one message.
    pub fn message(&mut self, cx: &mut Cx, message: &[u8]) {
        let (Some(command), Some(flags), Some(flags2), Some(body)) =
            (at::u8(message, 4), at::u8(message, 9), at::u16_le(message, 10), message.get(32..))
        else {
            return;
        };
        let (response, unicode) = (flags & 0x80 != 0, flags2 & 0x8000 != 0);
        match (command, response) {
            (NEGOTIATE, false) => self.offered(body),
            (NEGOTIATE, true) => self.chosen(cx, body),
            (SESSION_SETUP, _) => ntlm::look(cx, body),
            (TREE_CONNECT, false) => tree(cx, body, unicode),
            (CREATE, false) => create(cx, body, unicode),
            (TRANSACTION | READ | WRITE, _) => pipe(cx, message),
            _ => {}
        }
    }

    fn offered(&mut self, body: &[u8]) {
        let list = body.get(3..).unwrap_or_default().split(|b| *b == 0);
        let names = list.filter_map(|d| d.strip_prefix(&[2])).take(16);
        self.dialects = names.map(|d| String::from_utf8_lossy(d.get(..32).unwrap_or(d)).into_owned()).collect();
    }

    fn chosen(&mut self, cx: &mut Cx, body: &[u8]) {
        let index = at::u16_le(body, 1).map(usize::from);
        if let Some(dialect) = index.and_then(|i| self.dialects.get(i)) {
            cx.text(&DIALECT, dialect.as_bytes());
            cx.note_fact("SMB dialect", &DIALECT);
        }
        self.dialects = Vec::new();
    }
}

/// Words: command that follows, flags, length of the password. Bytes: password, path, service.
fn tree(cx: &mut Cx, body: &[u8], unicode: bool) {
    if at::u8(body, 0) != Some(4) {
        return;
    }
    let Some(password) = at::u16_le(body, 7).map(usize::from) else { return };
    text(cx, &SHARE, body, 11 + password, unicode);
}

/// Words: 24, among them the length of the name. Bytes: the name.
fn create(cx: &mut Cx, body: &[u8], unicode: bool) {
    if at::u8(body, 0) == Some(24) {
        text(cx, &FILE, body, 51, unicode);
    }
}

/// Text up to a NUL; in Unicode it begins at an even offset from the start of the message, as the body does.
fn text(cx: &mut Cx, field: &'static crate::facts::Field, body: &[u8], at: usize, unicode: bool) {
    if unicode {
        let name = utf16::le(body.get(at + at % 2..).unwrap_or_default());
        named(cx, field, &name);
    } else if let Some(name) = at::c_string(body, at) {
        named(cx, field, &String::from_utf8_lossy(name.get(..256).unwrap_or(name)));
    }
}

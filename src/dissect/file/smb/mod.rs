//! SMB (MS-CIFS, MS-SMB2), behind the framing of NetBIOS sessions or of direct TCP: version 1, and versions 2 and 3.
//!
//! Extracted: dialect, shares, files, user and host of NTLM; DCE/RPC inside named pipes. Not extracted: what files hold,
//! Kerberos tickets.

mod ntlm;
mod v1;
mod v2;

use crate::dissect::common::at;
use crate::dissect::remote::dcerpc;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// SMB version 1.
pub static SMB_V1: Protocol = Protocol {
    name: "SMBv1",
    how: "a session frame with version 1's signature",
    starts: &[Start::At(4, b"\xffSMB"), Start::At(0, b"\xffSMB")],
    probe: v1,
    ..SMB
};

/// SMB versions 2 and 3.
pub static SMB_V23: Protocol = Protocol {
    name: "SMBv23",
    how: "a session frame with the signature of version 2 or 3",
    starts: &[
        Start::At(4, b"\xfeSMB"),
        Start::At(4, b"\xfdSMB"),
        Start::At(4, b"\xfcSMB"),
        // Version 1's negotiation, if the server then chooses version 2.
        Start::At(4, b"\xffSMB\x72"),
    ],
    probe: v23,
    ..SMB
};

const SMB: Protocol = Protocol {
    eve: "smb",
    category: "System",
    over: &[Transport::Tcp],
    ports: &[445, 139],
    fields: &[
        &DIALECT,
        &SHARE,
        &FILE,
        &ntlm::DOMAIN,
        &ntlm::USER,
        &ntlm::HOST,
        &dcerpc::VERSION,
        &dcerpc::INTERFACES,
        &dcerpc::OPNUM,
    ],
    reading: Reading::Machine(|| Box::<Smb>::default()),
    ..Protocol::NEW
};

static DIALECT: Field = Field::new("smb", "dialect");
static SHARE: Field = Field::list("smb", "share");
static FILE: Field = Field::list("smb", "filename");

/// A frame with the signature of version 1. A negotiation that offers version 2 waits for what the server says.
fn v1(seen: &Seen) -> Verdict {
    let frame = match frame(seen.data) {
        Some(frame) => frame,
        None if seen.data.len() < 8 => return Verdict::More,
        None => return Verdict::No,
    };
    if !frame.starts_with(b"\xffSMB") {
        return Verdict::No;
    }
    if offers_v2(seen) {
        return match seen.other.get(4..8) {
            None => Verdict::More,
            Some(b"\xffSMB") => Verdict::Yes("SMB version 1, chosen by the server"),
            Some(_) => Verdict::No,
        };
    }
    Verdict::Yes("SMB version 1 signature")
}

fn v23(seen: &Seen) -> Verdict {
    match frame(seen.data) {
        Some([0xfc..=0xfe, b'S', b'M', b'B', ..]) => Verdict::Yes("SMB version 2 or 3 signature"),
        Some([0xff, b'S', b'M', b'B', ..]) if offers_v2(seen) => match seen.other.get(4..8) {
            None => Verdict::More,
            Some([0xfe, ..]) => Verdict::Yes("SMB version 2, chosen by the server"),
            Some(_) => Verdict::No,
        },
        None if seen.data.len() < 8 => Verdict::More,
        _ => Verdict::No,
    }
}

/// A negotiation of version 1 may offer "SMB 2.002" and "SMB 2.???".
fn offers_v2(seen: &Seen) -> bool {
    let negotiation = seen.data.get(8) == Some(&0x72) && seen.data.get(13).is_some_and(|flags| flags & 0x80 == 0);
    negotiation && seen.data.windows(6).any(|w| w == b"SMB 2.")
}

/// What a session frame holds, as far as it is there: type 0, a length of at most 17 bits (24 without NetBIOS).
fn frame(data: &[u8]) -> Option<&[u8]> {
    if data.starts_with(b"\xffSMB") {
        return Some(data);
    }
    let length = usize::try_from(at::u32(data, 0)?).ok()?;
    (data.first() == Some(&0) && length >= 4).then(|| data.get(4..8).and(data.get(4..)))?
}

#[derive(Default)]
struct Smb {
    frames: u16,
    v1: v1::State,
}

impl Dissector for Smb {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let Some(length) = at::u24(data, 1).and_then(|n| usize::try_from(n).ok()) else { return Step::Used(0) };
        let whole = length + 4;
        let Some(bytes) = data.get(4..whole.min(MOST)) else { return Step::Used(0) };
        match data.first() {
            Some(0) => {}
            // Other session messages have no more than their header, or names.
            Some(0x81..=0x85) => return Step::Skip(whole),
            _ => return Step::Done,
        }
        self.frames += 1;
        match bytes {
            [0xff, b'S', b'M', b'B', ..] => self.v1.message(cx, bytes),
            [0xfe, b'S', b'M', b'B', ..] => v2::messages(cx, bytes),
            [0xfd, b'S', b'M', b'B', ..] => {
                cx.note("SMB 3 encryption");
                return Step::Done;
            }
            _ => {}
        }
        if self.frames >= FRAMES { Step::Done } else { Step::Skip(whole) }
    }

    fn gap(&mut self, _: &mut Cx) -> Step {
        Step::Done
    }
}

/// Names a share or a file.
fn named(cx: &mut Cx, field: &'static Field, name: &str) {
    if !name.is_empty() && cx.text(field, name.as_bytes()) && std::ptr::eq(field, &SHARE) {
        cx.note_fact("SMB share", &SHARE);
    }
}

/// Looks for a PDU of DCE/RPC that fills the end of a message.
fn pipe(cx: &mut Cx, message: &[u8]) {
    for start in memchr::memchr_iter(5, message).take(64) {
        let rest = message.get(start..).unwrap_or_default();
        if dcerpc::header(rest).is_some_and(|h| h.length == rest.len()) {
            if !cx.layers.contains(&&dcerpc::DCERPC) {
                cx.note("DCE/RPC in a named pipe");
                cx.layer(&dcerpc::DCERPC);
            }
            return dcerpc::pdu(cx, rest);
        }
    }
}

/// Bytes of a frame that are waited for; the rest of a long one is data.
const MOST: usize = 8 << 10;
/// Frames after which nothing more is looked for.
const FRAMES: u16 = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn framed(message: &[u8]) -> Vec<u8> {
        [&u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
    }

    fn negotiate(dialects: &[u8]) -> Vec<u8> {
        let mut message = b"\xffSMB\x72\0\0\0\0\x18\x53\xc8".to_vec();
        message.resize(32, 0);
        message.push(0);
        message.extend(u16::try_from(dialects.len()).unwrap().to_le_bytes());
        message.extend(dialects);
        framed(&message)
    }

    fn v2(command: u8, response: bool, body: &[u8]) -> Vec<u8> {
        let mut message = b"\xfeSMB\x40\0\0\0\0\0\0\0".to_vec();
        message.extend([command, 0, 0, 0, u8::from(response), 0, 0, 0]);
        message.resize(64, 0);
        message.extend(body);
        framed(&message)
    }

    #[test]
    fn the_server_chooses() {
        let both = negotiate(b"\x02NT LM 0.12\0\x02SMB 2.002\0");
        let answer = v2(0, true, &[0x41, 0, 1, 0, 0x02, 0x02, 0, 0]);
        let talk = Talk::tcp(4000, 445).client(&both).server(&answer).run();
        assert_eq!(talk.names(), ["SMBv23"]);
        assert_eq!(facts(&talk, &DIALECT), ["2.02"]);
        let old = negotiate(b"\x02NT LM 0.12\0");
        assert_eq!(Talk::tcp(4000, 9999).client(&old[..3]).client(&old[3..]).run().names(), ["SMBv1"]);
    }

    #[test]
    fn a_tree_and_a_pipe() {
        let path: Vec<u8> = r"\\a\IPC$".bytes().flat_map(|b| [b, 0]).collect();
        let mut tree = vec![9, 0, 0, 0, 72, 0, 16, 0];
        tree.extend(&path);
        let mut write = vec![49, 0, 112, 0];
        write.resize(48, 0);
        write.extend(dcerpc::tests::BIND_EPM);
        let talk = Talk::tcp(4000, 9999).client(&v2(3, false, &tree)).client(&v2(9, false, &write)).run();
        assert_eq!(talk.names(), ["SMBv23", "DCERPC"]);
        assert_eq!(facts(&talk, &SHARE), [r"\\a\IPC$"]);
    }

    #[test]
    fn damaged() {
        survives(
            &SMB_V23,
            &[&v2(0, true, &[0x41, 0, 1, 0, 2, 2, 0, 0]), &v2(3, false, &[9, 0, 0, 0, 72, 0, 4, 0, 1, 2, 3, 4])],
        );
        survives(&SMB_V1, &[&negotiate(b"\x02NT LM 0.12\0")]);
    }
}

//! DCE/RPC (C706, MS-RPCE): connection-oriented PDUs of version 5, over TCP or inside SMB pipes, and datagrams of
//! version 4.
//!
//! Extracted: interfaces bound and called, operation numbers. Not extracted: arguments.

use crate::dissect::common::at;
use crate::dissect::industrial::small::{PROFINET, is_profinet};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::{Incomplete, Reader};

/// DCE/RPC.
pub static DCERPC: Protocol = Protocol {
    name: "DCERPC",
    eve: "dcerpc",
    category: "RPC",
    how: "a PDU header whose version, type, data representation and length fit",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[135],
    starts: &[Start::Mask(0, 0xfffe_e000, 0x0500_0000), Start::Mask(0, 0xfff0_0000, 0x0400_0000)],
    fields: &[&VERSION, &INTERFACES, &OPNUM],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

/// Version of the PDUs.
pub static VERSION: Field = Field::new("dcerpc", "rpc_version");
/// Interfaces bound or called.
pub static INTERFACES: Field = Field::list("dcerpc", "interfaces");
/// Numbers of the operations called.
pub static OPNUM: Field = Field::list("dcerpc", "opnum");

/// Bytes of the header that all PDUs share.
const COMMON: usize = 16;
const REQUEST: u8 = 0;
const BIND: u8 = 11;
const ALTER: u8 = 14;

fn probe(seen: &Seen) -> Verdict {
    if seen.datagram() {
        let known = datagram(seen.data).is_some_and(|length| length + 80 == seen.wire);
        return if known { Verdict::Yes("DCE/RPC datagram header") } else { Verdict::No };
    }
    match header(seen.data) {
        Some(_) => Verdict::Yes("DCE/RPC header"),
        None if seen.data.len() < COMMON => Verdict::More,
        None => Verdict::No,
    }
}

/// A PDU's header.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    kind: u8,
    little: bool,
    /// Bytes of the whole fragment.
    pub length: usize,
}

/// Reads the header of a PDU of version 5, whose parts must agree.
#[must_use]
pub fn header(data: &[u8]) -> Option<Header> {
    let [5, 0 | 1, kind, _, order, float, 0, 0, a, b, c, d, ..] = *data.first_chunk::<COMMON>()? else { return None };
    if kind > 19 || !matches!(order, 0 | 1 | 0x10 | 0x11) || float > 3 {
        return None;
    }
    let little = order & 0x10 != 0;
    let number = |bytes| usize::from(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) });
    let (length, auth) = (number([a, b]), number([c, d]));
    (length >= COMMON && auth + COMMON <= length).then_some(Header { kind, little, length })
}

/// Length of the body of a datagram of version 4.
fn datagram(data: &[u8]) -> Option<usize> {
    let [4, kind, flags, flags2, order, float, 0, _] = *data.first_chunk()? else { return None };
    let sound =
        kind <= 10 && flags & 0x81 == 0 && flags2 & !3 == 0 && matches!(order, 0 | 1 | 0x10 | 0x11) && float <= 3;
    let length = if order & 0x10 != 0 { at::u16_le(data, 74)? } else { at::u16(data, 74)? };
    sound.then_some(usize::from(length))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if cx.transport != Transport::Tcp {
        cx.word(&VERSION, "4.0");
        let _ = datagram_facts(cx, data);
        if is_profinet(data) {
            cx.layer(&PROFINET);
        }
        return Step::Done;
    }
    let Some(header) = header(data) else {
        return if data.len() < COMMON { Step::Used(0) } else { Step::Done };
    };
    let needed = header.length.min(MOST);
    if data.len() < needed {
        return Step::Used(0);
    }
    pdu(cx, data);
    if header.kind == REQUEST && cx.facts().len() > MANY { Step::Done } else { Step::Skip(header.length) }
}

/// Takes the facts of one PDU of version 5.
pub fn pdu(cx: &mut Cx, data: &[u8]) {
    let Some(header) = header(data) else { return };
    cx.word(&VERSION, "5.0");
    let mut r = Reader::new(data.get(COMMON..).unwrap_or_default());
    let _ = match header.kind {
        BIND | ALTER => bind(cx, &mut r, header.little),
        REQUEST => request(cx, &mut r, header.little),
        _ => Ok(()),
    };
}

/// Presentation contexts, each with the interface it is for.
fn bind(cx: &mut Cx, r: &mut Reader, little: bool) -> Result<(), Incomplete> {
    r.skip(8, "fragment sizes and group")?;
    let contexts = r.u8("number of contexts")?;
    r.skip(3, "reserved")?;
    for _ in 0..contexts.min(16) {
        r.skip(2, "context id")?;
        let syntaxes = r.u8("number of syntaxes")?;
        r.skip(1, "reserved")?;
        let interface = r.array("interface")?;
        r.skip(4, "interface version")?;
        if cx.text(&INTERFACES, uuid(interface, little).as_bytes()) {
            cx.note_fact("DCE/RPC bind to", &INTERFACES);
        }
        r.skip(usize::from(syntaxes) * 20, "transfer syntaxes")?;
    }
    Ok(())
}

fn request(cx: &mut Cx, r: &mut Reader, little: bool) -> Result<(), Incomplete> {
    r.skip(6, "hint and context id")?;
    let operation = if little { r.u16_le("operation")? } else { r.u16("operation")? };
    cx.number(&OPNUM, operation);
    Ok(())
}

fn datagram_facts(cx: &mut Cx, data: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(data);
    r.skip(4, "type and flags")?;
    let little = r.u8("byte order")? & 0x10 != 0;
    r.skip(19, "object")?;
    let interface = r.array("interface")?;
    r.skip(28, "activity, boot time, version, sequence")?;
    let operation = if little { r.u16_le("operation")? } else { r.u16("operation")? };
    if cx.text(&INTERFACES, uuid(interface, little).as_bytes()) {
        cx.note_fact("DCE/RPC call of", &INTERFACES);
    }
    cx.number(&OPNUM, operation);
    Ok(())
}

/// A UUID in its usual form; the first three of its parts follow the byte order.
fn uuid(bytes: [u8; 16], little: bool) -> String {
    let [a, b, c, d, e, f, g, h, tail @ ..] = bytes;
    let (first, second, third) = if little {
        (u32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([e, f]), u16::from_le_bytes([g, h]))
    } else {
        (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([e, f]), u16::from_be_bytes([g, h]))
    };
    let tail = u64::from_be_bytes(tail);
    format!("{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}", tail >> 48, tail & 0xffff_ffff_ffff)
}

/// Bytes of a fragment that are waited for.
const MOST: usize = 4 << 10;
/// Facts after which further calls are not looked at.
const MANY: usize = 24;

#[cfg(test)]
pub(in crate::dissect) mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    pub const BIND_EPM: &[u8] =
        b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\0\0\x01\0\
        \x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0\
        \x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";

    #[test]
    fn a_bind_in_pieces() {
        let mut talk = Talk::tcp(4000, 9999);
        for piece in BIND_EPM.chunks(5) {
            talk = talk.client(piece);
        }
        let talk = talk.run();
        assert_eq!(talk.names(), ["DCERPC"]);
        assert_eq!(facts(&talk, &INTERFACES), ["e1af8308-5d1f-11c9-91a4-08002b14a0fa"]);
    }

    #[test]
    fn damaged() {
        let mut call = vec![4, 0, 0x28, 0, 0x10, 0, 0, 0];
        call.resize(80, 0);
        assert_eq!(Talk::udp(4000, 9999).client(&call).run().names(), ["DCERPC"]);
        survives(&DCERPC, &[BIND_EPM, &call]);
    }
}

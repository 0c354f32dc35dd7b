//! ONC RPC (RFC 5531) over UDP and TCP, and the network file system that is its best known user (RFC 1813, RFC 7530).
//!
//! Extracted: programs, versions, machine name of the caller. Not extracted: file handles, names.

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// NFS with its mount and lock services.
pub static NFS: Protocol = Protocol {
    name: "NFS",
    eve: "nfs",
    category: "DataTransfer",
    how: "an RPC call of one of its programs",
    ports: &[2049],
    probe: |seen| probe(seen, is_nfs),
    ..ONC
};

/// ONC RPC of other programs.
pub static RPC: Protocol = Protocol {
    name: "RPC",
    eve: "rpc",
    category: "RPC",
    how: "an RPC call, or a reply to one",
    ports: &[111],
    probe: |seen| probe(seen, |program| !is_nfs(program)),
    ..ONC
};

const ONC: Protocol = Protocol {
    over: &[Transport::Udp, Transport::Tcp],
    starts: &[
        // A call's version of RPC, or a reply; over TCP behind four more bytes.
        Start::At(8, &[0, 0, 0, 2]),
        Start::At(12, &[0, 0, 0, 2]),
        Start::At(4, &[0, 0, 0, 1]),
        Start::At(8, &[0, 0, 0, 1]),
    ],
    fields: &[&PROGRAM, &VERSION, &MACHINE],
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static PROGRAM: Field = Field::list("rpc", "program");
static VERSION: Field = Field::new("rpc", "version");
static MACHINE: Field = Field::new("rpc", "machine_name");

/// Network file system, mount, locks, status, access lists.
fn is_nfs(program: u32) -> bool {
    matches!(program, 100_003 | 100_005 | 100_021 | 100_024 | 100_227)
}

fn probe(seen: &Seen, wanted: fn(u32) -> bool) -> Verdict {
    let Some(message) = message(seen.data, seen.datagram()) else {
        return if !seen.datagram() && seen.data.len() < 12 { Verdict::More } else { Verdict::No };
    };
    if !seen.datagram() && message.len() < 28 {
        return Verdict::More;
    }
    if let Some(call) = Call::new(message) {
        return if wanted(call.program) { Verdict::Yes("RPC call") } else { Verdict::No };
    }
    // A reply is known by its call; alone it has a transaction and zeros.
    let Some(call) = self::message(seen.other, seen.datagram()).and_then(Call::new) else { return Verdict::No };
    let reply = at::u32(message, 4) == Some(1) && at::u32(message, 0) == Some(call.transaction);
    if reply && wanted(call.program) { Verdict::Yes("RPC reply to a call") } else { Verdict::No }
}

/// What follows the record mark.
fn message(data: &[u8], datagram: bool) -> Option<&[u8]> {
    if datagram {
        return Some(data);
    }
    let length = at::u32(data, 0)?;
    ((24..1 << 22).contains(&(length & 0x7fff_ffff)) && length & 0x8000_0000 != 0).then(|| data.get(4..)).flatten()
}

/// A call's head.
struct Call {
    transaction: u32,
    program: u32,
    version: u32,
    flavor: u32,
}

impl Call {
    fn new(message: &[u8]) -> Option<Self> {
        let call = Self {
            transaction: at::u32(message, 0)?,
            program: at::u32(message, 12)?,
            version: at::u32(message, 16)?,
            flavor: at::u32(message, 24)?,
        };
        let sound = at::u32(message, 4)? == 0 && at::u32(message, 8)? == 2;
        let known = call.version <= 16 && at::u32(message, 20)? <= 255 && (call.flavor <= 6 || call.flavor > 200_000);
        (sound && known && call.program >= 99_999).then_some(call)
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let datagram = cx.transport != Transport::Tcp;
    let Some(call) = message(data, datagram).and_then(|m| Some((Call::new(m)?, m))) else {
        return if datagram { Step::Used(0) } else { Step::DoneHere };
    };
    let (call, bytes) = call;
    cx.number(&PROGRAM, call.program);
    cx.number(&VERSION, call.version);
    cx.note_fact("RPC call of program", &PROGRAM);
    // Credentials of Unix: stamp, then the machine's name.
    if call.flavor == 1
        && let Some(length) = at::u32(bytes, 36).and_then(|n| usize::try_from(n).ok()).filter(|n| *n <= 255)
        && let Some(name) = bytes.get(40..40 + length)
    {
        cx.text(&MACHINE, name);
    }
    Step::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn call(program: u32) -> Vec<u8> {
        let words = [0x1234_5678, 0, 2, program, 3, 0, 1, 16, 7, 4];
        let mut bytes: Vec<u8> = words.iter().flat_map(|w: &u32| w.to_be_bytes()).collect();
        bytes.extend(b"host\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes
    }

    #[test]
    fn calls() {
        let talk = Talk::udp(4000, 9999).client(&call(100_003)).run();
        assert_eq!(talk.names(), ["NFS"]);
        assert_eq!(facts(&talk, &MACHINE), ["host"]);
        let framed = [&[0x80, 0, 0, 56][..], &call(100_000)].concat();
        assert_eq!(Talk::tcp(4000, 9999).client(&framed[..1]).client(&framed[1..]).run().names(), ["RPC"]);
        survives(&NFS, &[&call(100_003), &framed]);
    }
}

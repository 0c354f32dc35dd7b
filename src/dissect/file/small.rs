//! File services that are named and of which no more is learned: AFP, rsync, git, Ceph, Lustre.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// Apple Filing Protocol over DSI.
pub static AFP: Protocol = Protocol {
    name: "AFP",
    how: "a DSI header whose command, length and reserved bytes fit",
    ports: &[548],
    starts: &[Start::Mask(12, 0xffff_ffff, 0)],
    probe: afp,
    ..TCP
};

/// rsync.
pub static RSYNC: Protocol = Protocol {
    name: "RSYNC",
    how: "the daemon's greeting",
    ports: &[873],
    starts: &[Start::At(0, b"@RSYNCD: ")],
    probe: |_| Verdict::Yes("@RSYNCD"),
    ..TCP
};

/// git's own protocol.
pub static GIT: Protocol = Protocol {
    name: "Git",
    category: "Collaborative",
    how: "a first line with its length and a service",
    ports: &[9418],
    starts: &[Start::Mask(4, 0xffff_ffff, 0x6769_742d)],
    probe: git,
    ..TCP
};

/// Ceph's messenger.
pub static CEPH: Protocol = Protocol {
    name: "Ceph",
    how: "the banner of version 1 or 2",
    ports: &[6789, 3300],
    starts: &[Start::At(0, b"ceph v027"), Start::At(0, b"ceph v2\n")],
    probe: |_| Verdict::Yes("Ceph's banner"),
    ..TCP
};

/// Lustre's network over sockets.
pub static LUSTRE: Protocol = Protocol {
    name: "Lustre",
    how: "a message between process 12345 of two nodes, or the acceptor's magic",
    ports: &[988],
    starts: &[Start::At(0, &[0xc1, 0, 0, 0]), Start::At(0, &[0xc0, 0, 0, 0]), Start::At(0, &[0, 0x71, 0xce, 0xac])],
    probe: lustre,
    ..TCP
};

const TCP: Protocol = Protocol { category: "DataTransfer", over: &[Transport::Tcp], ..Protocol::NEW };

fn afp(seen: &Seen) -> Verdict {
    let (Some([flags, command]), Some(length), Some(code)) =
        (seen.data.first_chunk(), at::u32(seen.data, 8), at::u32(seen.data, 4))
    else {
        return Verdict::No;
    };
    let sound = *flags <= 1 && matches!(command, 1..=6 | 8) && length < 1 << 24;
    let whole = u64::from(length) + 16 == seen.data.len() as u64;
    // Requests have an offset there, of nothing but writes.
    match sound && (*flags == 1 || code == 0 || *command == 6) {
        true if whole => Verdict::Yes("DSI header"),
        true if (seen.data.len() as u64) < u64::from(length) + 16 => Verdict::More,
        _ => Verdict::No,
    }
}

fn git(seen: &Seen) -> Verdict {
    let Some(length) = seen.data.get(..4) else { return Verdict::More };
    let service = seen.data.get(4..24).unwrap_or_default();
    match length.iter().all(u8::is_ascii_hexdigit) {
        true if service.starts_with(b"git-upload-pack ") || service.starts_with(b"git-receive-pack ") => {
            Verdict::Yes("git service")
        }
        true if service.starts_with(b"git-upload-archive ") => Verdict::Yes("git service"),
        true if service.len() < 20 => Verdict::More,
        _ => Verdict::No,
    }
}

/// Type, checksum, two cookies; then the nodes, their processes, and what it is.
fn lustre(seen: &Seen) -> Verdict {
    if seen.data.first() == Some(&0) {
        return match at::u32_le(seen.data, 4) {
            Some(1..=4) => Verdict::Yes("the magic of LNet's acceptor"),
            Some(_) => Verdict::No,
            None => Verdict::More,
        };
    }
    let (Some(to), Some(from), Some(kind)) =
        (at::u32_le(seen.data, 40), at::u32_le(seen.data, 44), at::u32_le(seen.data, 48))
    else {
        let quiet = seen.data.get(4..8).is_none_or(|b| b == [0; 4]);
        return if quiet { Verdict::More } else { Verdict::No };
    };
    if to == 12_345 && from == 12_345 && kind <= 4 { Verdict::Yes("LNet message") } else { Verdict::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn they_are_named() {
        let mut lnet = vec![0xc1, 0, 0, 0];
        lnet.resize(40, 0);
        lnet.extend([0x39, 0x30, 0, 0, 0x39, 0x30, 0, 0, 1, 0, 0, 0]);
        for (message, name) in [
            (&b"\0\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0\0"[..], "AFP"),
            (b"@RSYNCD: 31.0\n", "RSYNC"),
            (b"0032git-upload-pack /project.git\0host=example.org\0", "Git"),
            (b"ceph v2\n\x10\0", "Ceph"),
            (&lnet, "Lustre"),
        ] {
            assert_eq!(Talk::tcp(4000, 9999).client(&message[..1]).client(&message[1..]).run().names(), [name]);
            survives(&AFP, &[message]);
        }
    }
}

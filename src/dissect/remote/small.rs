//! Remote access that is named and of which no more is learned: X11, XDMCP, the BSD r-commands, Citrix, TeamViewer,
//! NoMachine, Radmin, AnyDesk, IPMI, Android's debug bridge, Lotus Notes.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// X11.
pub static X11: Protocol = Protocol {
    name: "X11",
    how: "connection setup of version 11, or its answer",
    ports: &[6000, 6001, 6010],
    starts: &[Start::At(0, b"l\0\x0b\0\0\0"), Start::At(0, b"B\0\0\x0b\0\0"), Start::At(2, &[0x0b, 0, 0, 0])],
    probe: x11,
    ..TCP
};

/// X Display Manager Control Protocol.
pub static XDMCP: Protocol = Protocol {
    name: "XDMCP",
    how: "a header of version 1 whose length fits",
    over: &[Transport::Udp],
    ports: &[177],
    starts: &[Start::Length(2, 4, 6)],
    probe: xdmcp,
    ..TCP
};

/// rsh, rexec and rlogin.
pub static RSH: Protocol = Protocol {
    name: "RSH",
    how: "a port in digits, names and a command, each with a NUL",
    ports: &[514, 512, 513],
    starts: &[Start::Range(b'0', b'9'), Start::Port],
    probe: rsh,
    ..TCP
};

/// Citrix ICA.
pub static CITRIX: Protocol = Protocol {
    name: "Citrix",
    category: "Network",
    how: "the mark ICA, or that of the Common Gateway Protocol",
    ports: &[1494, 2598],
    starts: &[Start::At(0, b"\x7f\x7fICA\0"), Start::At(0, b"\x1aCGP/01")],
    probe: |_| Verdict::Yes("Citrix' mark"),
    ..TCP
};

/// TeamViewer.
pub static TEAMVIEWER: Protocol = Protocol {
    name: "TeamViewer",
    how: "the mark 17 24 and a length that fits",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[5938],
    starts: &[Start::At(0, &[0x17, 0x24]), Start::At(0, &[0x11, 0x30]), Start::At(11, &[0x17, 0x24])],
    app: Some("TeamViewer"),
    probe: teamviewer,
    ..TCP
};

/// NoMachine.
pub static NOMACHINE: Protocol = Protocol {
    name: "NoMachine",
    how: "the version lines NXSH and NXD, or a datagram header whose length fits",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[4000],
    starts: &[Start::At(0, b"NXSH-"), Start::At(0, b"NXD-"), Start::At(0, &[1, 0, 1, 0])],
    probe: nomachine,
    ..TCP
};

/// Radmin.
pub static RADMIN: Protocol = Protocol {
    name: "Radmin",
    how: "the first message of client or server",
    ports: &[4899],
    starts: &[Start::At(0, &[1, 0, 0, 0])],
    probe: |seen| match seen.data {
        [1, 0, 0, 0, 1, 0, 0, 0, 8, 8] => Verdict::Yes("Radmin's first message"),
        [1, 0, 0, 0, 0x25, 0, 0, _, 0x12 | 0x10, 8 | 1, ..] => Verdict::Yes("Radmin server's first message"),
        _ if seen.data.len() < 10 => Verdict::More,
        _ => Verdict::No,
    },
    ..TCP
};

/// AnyDesk's discovery; its sessions are TLS.
pub static ANYDESK: Protocol = Protocol {
    name: "AnyDesk",
    how: "the discovery's mark on its ports",
    over: &[Transport::Udp],
    ports: &[50001, 50002, 50003],
    starts: &[Start::At(0, &[0x3e, 0xd1, 1])],
    app: Some("AnyDesk"),
    probe: |seen| if seen.usual { Verdict::Weak("AnyDesk discovery") } else { Verdict::No },
    ..TCP
};

/// Remote Management Control Protocol, which carries IPMI.
pub static RMCP: Protocol = Protocol {
    name: "RMCP",
    category: "System",
    how: "a header of version 6 and class, and the session or enterprise behind it",
    over: &[Transport::Udp],
    ports: &[623],
    starts: &[Start::At(0, &[6, 0])],
    probe: rmcp,
    ..TCP
};

/// Android Debug Bridge.
pub static ADB: Protocol = Protocol {
    name: "ADB",
    how: "a command and its complement",
    ports: &[5555],
    starts: &[
        Start::At(0, b"CNXN"),
        Start::At(0, b"AUTH"),
        Start::At(0, b"OPEN"),
        Start::At(0, b"OKAY"),
        Start::At(0, b"WRTE"),
        Start::At(0, b"CLSE"),
        Start::At(0, b"STLS"),
    ],
    probe: |seen| match (at::u32(seen.data, 0), at::u32(seen.data, 20)) {
        (Some(command), Some(magic)) if command == !magic => Verdict::Yes("ADB command and its complement"),
        (Some(_), Some(_)) => Verdict::No,
        _ => Verdict::More,
    },
    ..TCP
};

/// Lotus Notes.
pub static NOTES: Protocol = Protocol {
    name: "LotusNotes",
    category: "Collaborative",
    how: "the head of a first request",
    ports: &[1352],
    starts: &[Start::At(6, &[0, 0, 2, 0, 0, 0x40, 2, 0x0f])],
    probe: |_| Verdict::Yes("head of a Notes request"),
    ..TCP
};

const TCP: Protocol = Protocol { category: "RemoteAccess", over: &[Transport::Tcp], ..Protocol::NEW };

fn x11(seen: &Seen) -> Verdict {
    let first = seen.data.first();
    if matches!(first, Some(b'l' | b'B')) {
        // The lengths of the authorisation's name and data, then nothing.
        let little = first == Some(&b'l');
        let length = |at: usize| if little { at::u16_le(seen.data, at) } else { at::u16(seen.data, at) };
        return match (length(6), length(8), length(10)) {
            (Some(0..=64), Some(0..=256), Some(0)) => Verdict::Yes("X11 connection setup"),
            (_, _, Some(_)) => Verdict::No,
            _ => Verdict::More,
        };
    }
    let asked = matches!(seen.other.first(), Some(b'l' | b'B'));
    match first {
        Some(0..=2) if asked => Verdict::Yes("X11 setup and answer"),
        Some(1) if seen.midstream => Verdict::Weak("X11 setup accepted"),
        _ => Verdict::No,
    }
}

fn xdmcp(seen: &Seen) -> Verdict {
    let known = matches!(at::u16(seen.data, 2), Some(1..=14));
    let fits = at::u16(seen.data, 4).map(usize::from) == seen.wire.checked_sub(6);
    if known && fits { Verdict::Yes("XDMCP header") } else { Verdict::No }
}

/// rsh: port, client's user, server's user, command. rexec: port, user, password, command. rlogin: nothing, both users,
/// terminal and speed.
fn rsh(seen: &Seen) -> Verdict {
    let Some(first) = at::c_string(seen.data, 0) else {
        return if seen.data.len() < 6 && seen.data.iter().all(u8::is_ascii_digit) {
            Verdict::More
        } else {
            Verdict::No
        };
    };
    if first.len() > 5 || !first.iter().all(u8::is_ascii_digit) {
        return Verdict::No;
    }
    let mut rest = seen.data.get(first.len() + 1..).unwrap_or_default();
    let mut words = 0;
    while let Some(word) = at::c_string(rest, 0).filter(|w| !w.is_empty() && at::printable(w)) {
        rest = rest.get(word.len() + 1..).unwrap_or_default();
        words += 1;
        // The terminal of rlogin has its speed behind a slash.
        if words == 3 && (!first.is_empty() || word.contains(&b'/')) {
            return Verdict::Yes("names and a command, each with a NUL");
        }
    }
    match rest.is_empty() {
        true if words == 0 && !first.is_empty() && seen.client_port < 1024 => Verdict::Weak("a port in digits"),
        true => Verdict::More,
        false if at::printable(rest) && rest.len() < 512 => Verdict::More,
        false => Verdict::No,
    }
}

fn teamviewer(seen: &Seen) -> Verdict {
    if seen.datagram() {
        let quiet = seen.data.get(..10).is_some_and(|b| b.iter().all(|b| *b == 0));
        let marked = seen.data.get(11..13) == Some(&[0x17, 0x24]);
        return if quiet && marked { Verdict::Yes("TeamViewer's mark in a datagram") } else { Verdict::No };
    }
    let (Some(command), Some(length)) = (at::u8(seen.data, 2), at::u16_le(seen.data, 3).map(usize::from)) else {
        return Verdict::More;
    };
    let known = (0x0a..=0x50).contains(&command);
    let next = seen.data.get(5 + length..);
    match known {
        true if next.is_some_and(|n| n.is_empty() || matches!(n, [0x17, 0x24, ..] | [0x11, 0x30, ..])) => {
            Verdict::Yes("TeamViewer's mark and length")
        }
        true if seen.usual => Verdict::Weak("TeamViewer's mark"),
        true if next.is_none() => Verdict::More,
        _ => Verdict::No,
    }
}

fn nomachine(seen: &Seen) -> Verdict {
    if seen.datagram() {
        let fits = at::u16_le(seen.data, 4).map(usize::from) == Some(seen.wire);
        return if fits { Verdict::Yes("NoMachine datagram header") } else { Verdict::No };
    }
    match seen.data.first() {
        Some(b'N') => Verdict::Yes("NoMachine version line"),
        _ => Verdict::No,
    }
}

fn rmcp(seen: &Seen) -> Verdict {
    match seen.data.get(3..8) {
        // IPMI: kind of authentication, session.
        Some([7, 0..=6, ..]) if seen.data.get(2) == Some(&0xff) => Verdict::Yes("RMCP with an IPMI session"),
        // ASF: the enterprise's number.
        Some([6 | 0x86, 0, 0, 0x11, 0xbe]) => Verdict::Yes("RMCP with ASF"),
        _ if seen.wire == 4 && matches!(seen.data.get(3), Some(0x86 | 0x87)) => Verdict::Weak("RMCP acknowledgement"),
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn over_tcp() {
        let adb = b"CNXN\x01\0\0\x01\0\0\x10\0\x07\0\0\0\0\0\0\0\xbc\xb1\xa7\xb1host::\0";
        for (message, name) in [
            (&b"l\0\x0b\0\0\0\0\0\0\0\0\0"[..], "X11"),
            (b"1020\0me\0you\0ls\0", "RSH"),
            (b"\x7f\x7fICA\0", "Citrix"),
            (b"\x17\x24\x0a\x03\0abc", "TeamViewer"),
            (b"NXSH-8.10.1\n", "NoMachine"),
            (b"\x01\0\0\0\x01\0\0\0\x08\x08", "Radmin"),
            (adb, "ADB"),
        ] {
            assert_eq!(Talk::tcp(4000, 9999).client(&message[..1]).client(&message[1..]).run().names(), [name]);
            survives(&X11, &[message]);
        }
    }

    #[test]
    fn rlogin_on_its_port() {
        assert_eq!(Talk::tcp(1023, 513).client(b"\0").client(b"me\0you\0xterm/38400\0").run().names(), ["RSH"]);
    }

    #[test]
    fn over_udp() {
        let open = b"\x06\0\xff\x07\0\0\0\0\0\0\0\0\0\x09\x20\x18";
        for (message, name) in
            [(&b"\0\x01\0\x02\0\x01\0"[..], "XDMCP"), (b"\x01\0\x01\0\x0a\0\0\0\0\0", "NoMachine"), (open, "RMCP")]
        {
            assert_eq!(Talk::udp(4000, 9999).client(message).run().names(), [name]);
            survives(&X11, &[message]);
        }
    }
}

//! Secure Shell (RFC 4253): the version lines of both sides.
//!
//! Extracted: protocol and software versions of client and server. Not extracted: algorithms.

use crate::dissect::common::at;
use crate::dissect::common::text::{holds, line, split};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// SSH.
pub static SSH: Protocol = Protocol {
    name: "SSH",
    eve: "ssh",
    category: "RemoteAccess",
    how: "the version line SSH-, or the first key exchange message",
    over: &[Transport::Tcp],
    ports: &[22],
    // The second: a key exchange message behind its length and padding length.
    starts: &[Start::At(0, b"SSH-"), Start::Mask(2, 0x0000_00ff, KEXINIT)],
    fields: &[&CLIENT_VERSION, &CLIENT_SOFTWARE, &SERVER_VERSION, &SERVER_SOFTWARE],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static CLIENT_VERSION: Field = Field::new("ssh", "client.proto_version");
static CLIENT_SOFTWARE: Field = Field::new("ssh", "client.software_version").role(Role::Agent);
static SERVER_VERSION: Field = Field::new("ssh", "server.proto_version");
static SERVER_SOFTWARE: Field = Field::new("ssh", "server.software_version");

const KEXINIT: u32 = 20;

fn probe(seen: &Seen) -> Verdict {
    if !seen.data.starts_with(b"SSH-") {
        return key_exchange(seen.data);
    }
    match seen.data.get(4..6) {
        Some([b'1' | b'2', b'.']) => Verdict::Yes("SSH version line"),
        Some(_) => Verdict::No,
        None => Verdict::More,
    }
}

/// A list of key exchange methods behind the cookie, in a packet whose lengths fit.
fn key_exchange(data: &[u8]) -> Verdict {
    let (Some(length), Some(padding)) = (at::u32(data, 0), at::u8(data, 4)) else { return Verdict::No };
    if !(64..=35_000).contains(&length) || !(4..=64).contains(&padding) {
        return Verdict::No;
    }
    let Some(methods) = data.get(26..80) else { return Verdict::More };
    let known = [&b"curve25519"[..], b"diffie-hellman", b"ecdh-sha2", b"sntrup", b"mlkem"];
    if known.iter().any(|name| holds(methods, name)) { Verdict::Yes("SSH key exchange") } else { Verdict::No }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some((banner, _)) = line(data) else {
        return if data.len() > MAX_LINE || !data.starts_with(b"SSH-") { Step::DoneHere } else { Step::Used(0) };
    };
    let Some((version, software)) = banner.strip_prefix(b"SSH-").and_then(|rest| split(rest, b'-')) else {
        return Step::DoneHere;
    };
    let (version_field, software_field, what) = if cx.from_client {
        (&CLIENT_VERSION, &CLIENT_SOFTWARE, "SSH client")
    } else {
        (&SERVER_VERSION, &SERVER_SOFTWARE, "SSH server")
    };
    cx.text(version_field, version);
    if cx.text(software_field, software) {
        cx.note_fact(what, software_field);
    }
    Step::DoneHere
}

/// RFC 4253 allows 255.
const MAX_LINE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn both_banners() {
        let talk =
            Talk::tcp(4000, 443).server(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n").client(b"S").client(b"SSH-2.0-x\r\n");
        let talk = talk.run();
        assert_eq!(talk.names(), ["SSH"]);
        assert_eq!(talk.evidence(), ["SSH version line", "SSH server"]);
        assert_eq!(facts(&talk, &SERVER_SOFTWARE), ["OpenSSH_9.2p1 Debian"]);
    }

    #[test]
    fn a_banner_in_single_bytes() {
        let mut talk = Talk::tcp(4000, 443);
        for byte in b"SSH-1.99-OpenSSH_4.3\n" {
            talk = talk.client(&[*byte]);
        }
        assert_eq!(facts(&talk.run(), &CLIENT_VERSION), ["1.99"]);
    }

    #[test]
    fn damaged() {
        survives(&SSH, &[b"SSH-2.0-OpenSSH\r\n"]);
    }
}

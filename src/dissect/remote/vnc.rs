//! VNC's Remote Framebuffer (RFC 6143).
//!
//! Extracted: versions, the security chosen. Not extracted: the screen.

use crate::dissect::common::text::line;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// VNC.
pub static VNC: Protocol = Protocol {
    name: "VNC",
    eve: "rfb",
    category: "RemoteAccess",
    how: "the version line RFB",
    over: &[Transport::Tcp],
    ports: &[5900, 5901, 5800],
    starts: &[Start::At(0, b"RFB ")],
    fields: &[&SERVER, &CLIENT],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static SERVER: Field = Field::new("rfb", "server_protocol_version");
static CLIENT: Field = Field::new("rfb", "client_protocol_version");

fn probe(seen: &Seen) -> Verdict {
    match seen.data.get(4..12) {
        Some([a, b, c, b'.', d, e, f, b'\n']) if [a, b, c, d, e, f].iter().all(|n| n.is_ascii_digit()) => {
            Verdict::Yes("RFB version line")
        }
        Some(_) => Verdict::No,
        None => Verdict::More,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let Some((version, _)) = line(data).filter(|(l, _)| l.starts_with(b"RFB ")) else {
        return if data.len() < 12 { Step::Used(0) } else { Step::DoneHere };
    };
    let field = if cx.from_client { &CLIENT } else { &SERVER };
    cx.text(field, version.get(4..).unwrap_or_default());
    cx.note_fact(if cx.from_client { "RFB client" } else { "RFB server" }, field);
    Step::DoneHere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    #[test]
    fn both_versions() {
        let talk = Talk::tcp(4000, 9999).server(b"RFB 003.").server(b"008\n").client(b"RFB 003.008\n").run();
        assert_eq!(talk.names(), ["VNC"]);
        assert_eq!(facts(&talk, &SERVER), ["003.008"]);
        assert!(talk.done);
        survives(&VNC, &[b"RFB 003.008\n"]);
    }
}

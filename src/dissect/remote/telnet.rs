//! Telnet (RFC 854): options are negotiated before anything else.
//!
//! Extracted: nothing; what is typed is nobody's business.

use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// Telnet.
pub static TELNET: Protocol = Protocol {
    name: "Telnet",
    eve: "telnet",
    category: "RemoteAccess",
    how: "a run of option negotiations",
    over: &[Transport::Tcp],
    ports: &[23, 2323],
    starts: &[Start::At(0, &[IAC])],
    probe,
    ..Protocol::NEW
};

const IAC: u8 = 0xff;

/// Two commands with known options are enough; one is, if the other side began likewise.
fn probe(seen: &Seen) -> Verdict {
    match (commands(seen.data), commands(seen.other)) {
        (Some(Run { count: 2.., .. }), _) | (Some(Run { count: 1, .. }), Some(Run { count: 1.., .. })) => {
            Verdict::Yes("Telnet option negotiation")
        }
        (Some(Run { count: 1, .. }), _) => Verdict::Weak("Telnet option negotiation"),
        (Some(_), _) => Verdict::More,
        (None, _) => Verdict::No,
    }
}

/// Commands at the beginning; none if the first is not one.
struct Run {
    count: usize,
}

fn commands(mut data: &[u8]) -> Option<Run> {
    let mut run = Run { count: 0 };
    while run.count < 4 {
        match data {
            // WILL, WONT, DO, DONT with an assigned option.
            [IAC, 0xfb..=0xfe, 0..=49 | 138..=140 | 255, rest @ ..] => data = rest,
            // A subnegotiation, which ends with IAC SE.
            [IAC, 0xfa, 0..=49, rest @ ..] => match rest.windows(2).take(512).position(|w| w == [IAC, 0xf0]) {
                Some(end) => data = rest.get(end + 2..).unwrap_or_default(),
                None => break,
            },
            [] | [IAC] | [IAC, 0xfa..=0xfe] => break,
            _ if run.count == 0 => return None,
            _ => break,
        }
        run.count += 1;
    }
    Some(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const START: &[u8] = b"\xff\xfd\x18\xff\xfd\x20\xff\xfa\x18\x01\xff\xf0login: ";

    #[test]
    fn negotiation() {
        assert_eq!(Talk::tcp(4000, 9999).server(&START[..1]).server(&START[1..]).run().names(), ["Telnet"]);
        assert_eq!(Talk::tcp(4000, 23).server(&START[..3]).run().names(), ["Telnet"]);
    }

    #[test]
    fn other_bytes() {
        assert!(Talk::tcp(4000, 23).client(b"\xff\xd8\xff\xe0").run().names().is_empty());
        survives(&TELNET, &[START]);
    }
}

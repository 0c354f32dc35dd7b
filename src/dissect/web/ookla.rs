//! Ookla's Speedtest over TCP: lines of text (HI, HELLO, PING, PONG, DOWNLOAD, UPLOAD) between client and test server.
//!
//! Extracted: nothing; the protocol is known from its behaviour, there is no published specification.

use crate::dissect::common::text::{line, number, split};
use crate::dissect::{Protocol, Reading, Seen, Start, Transport, Verdict};

/// Speedtest.
pub static OOKLA: Protocol = Protocol {
    name: "Ookla",
    category: "Network",
    how: "the server's line HELLO with its version, or HI and PING of a client",
    over: &[Transport::Tcp],
    ports: &[8080, 5060],
    starts: &[Start::At(0, b"HELLO 2."), Start::At(0, b"HI"), Start::At(0, b"PING "), Start::At(0, b"PONG ")],
    probe,
    reading: Reading::Nothing,
    ..Protocol::NEW
};

fn probe(seen: &Seen) -> Verdict {
    let Some((line, _)) = line(seen.data) else {
        return if seen.data.len() < 64 { Verdict::More } else { Verdict::No };
    };
    let time = |text: &[u8]| number(text).is_some_and(|n| n > 1_000_000_000_000);
    match split(line, b' ') {
        Some((b"HELLO", version)) if version.contains(&b'(') => Verdict::Yes("Speedtest HELLO"),
        Some((b"PING" | b"PONG", moment)) if time(moment) => Verdict::Yes("Speedtest PING"),
        Some((b"HI", id)) if id.len() >= 32 && id.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-') => {
            Verdict::Yes("Speedtest HI")
        }
        _ if line == b"HI" => Verdict::Weak("Speedtest HI"),
        _ => Verdict::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    #[test]
    fn greetings() {
        let hello = b"HELLO 2.8 (2.8.0) 2020-09-14.2007.b9a8ed4\n";
        assert_eq!(Talk::tcp(4000, 9999).client(b"H").client(b"I\n").server(hello).run().names(), ["Ookla"]);
        assert!(!Talk::tcp(4000, 9999).client(b"HI\n").run().names().contains(&"Ookla"));
        assert!(!Talk::tcp(4000, 8080).client(b"HELLO 2.x world\n").run().names().contains(&"Ookla"));
        survives(&OOKLA, &[hello]);
    }
}

//! SSDP, the discovery of UPnP (UPnP Device Architecture 2.0 section 1): HTTP headers in datagrams.
//!
//! Extracted: what is searched or announced, who answers, where its description is.

use crate::dissect::common::text::{begins, header, line};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};

/// SSDP.
pub static SSDP: Protocol = Protocol {
    name: "SSDP",
    eve: "ssdp",
    category: "System",
    how: "M-SEARCH, NOTIFY or a response with ST or USN in a datagram",
    over: &[Transport::Udp],
    ports: &[1900],
    starts: &[Start::Text(b"m-search "), Start::Text(b"notify "), Start::Text(b"http/1.")],
    fields: &[&METHOD, &TARGET, &AGENT, &SERVER, &LOCATION],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static METHOD: Field = Field::new("ssdp", "method");
static TARGET: Field = Field::list("ssdp", "target");
static AGENT: Field = Field::new("ssdp", "user_agent").role(Role::Agent);
static SERVER: Field = Field::new("ssdp", "server");
static LOCATION: Field = Field::new("ssdp", "location");

fn probe(seen: &Seen) -> Verdict {
    let first = line(seen.data).map_or(seen.data, |(line, _)| line);
    if begins(first, b"m-search * http/1.") || begins(first, b"m-search * http") {
        return Verdict::Yes("SSDP search");
    }
    if begins(first, b"notify * http/1.") {
        return Verdict::Yes("SSDP announcement");
    }
    let answer = begins(first, b"http/1.1 200") || begins(first, b"http/1.0 200");
    let named = headers(seen.data).any(|(name, _)| [&b"st"[..], b"usn"].iter().any(|n| name.eq_ignore_ascii_case(n)));
    if answer && named { Verdict::Yes("SSDP response") } else { Verdict::No }
}

/// All headers of a datagram.
fn headers(data: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    data.split(|b| *b == b'\n').skip(1).take(MAX_HEADERS).filter_map(|line| header(line.trim_ascii_end()))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if !begins(data, b"http/") {
        cx.text(&METHOD, data.split(|b| *b == b' ').next().unwrap_or_default());
    }
    for (name, value) in headers(data) {
        match name.to_ascii_lowercase().as_slice() {
            b"st" | b"nt" => target(cx, value),
            b"user-agent" => drop(cx.text(&AGENT, value)),
            b"server" => drop(cx.text(&SERVER, value)),
            b"location" => drop(cx.text(&LOCATION, value)),
            _ => {}
        }
    }
    Step::Used(0)
}

fn target(cx: &mut Cx, value: &[u8]) {
    if cx.text(&TARGET, value) {
        cx.note_fact("target", &TARGET);
    }
}

const MAX_HEADERS: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const SEARCH: &[u8] = b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: upnp:rootdevice\r\n\r\n";
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nSERVER: Linux UPnP/1.0\r\nUSN: uuid:1\r\n\r\n";

    #[test]
    fn searches_and_answers() {
        let talk = Talk::udp(4000, 9999).client(SEARCH).server(ANSWER).run();
        assert_eq!(talk.names(), ["SSDP"]);
        assert_eq!(facts(&talk, &TARGET), ["upnp:rootdevice"]);
        assert_eq!(Talk::udp(4000, 9999).server(ANSWER).run().names(), ["SSDP"]);
    }

    #[test]
    fn damage_is_survived_and_others_are_not_it() {
        survives(&SSDP, &[SEARCH, ANSWER]);
        assert!(!Talk::udp(4000, 1900).client(b"NOTIFY sip:a@b SIP/2.0\r\n\r\n").run().names().contains(&"SSDP"));
    }
}

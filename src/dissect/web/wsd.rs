//! WS-Discovery (OASIS WS-Discovery 1.1): SOAP envelopes in datagrams that search for devices.
//!
//! Extracted: the action. Nothing else of the XML is read.

use memchr::memmem;

use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// WS-Discovery.
pub static WSD: Protocol = Protocol {
    name: "WSD",
    eve: "",
    category: "Network",
    how: "a SOAP envelope with the namespace of WS-Discovery in a datagram",
    over: &[Transport::Udp],
    ports: &[3702],
    starts: &[Start::At(0, b"<"), Start::At(0, b"\xef\xbb\xbf<")],
    fields: &[&ACTION],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static ACTION: Field = Field::list("wsd", "action");

fn probe(seen: &Seen) -> Verdict {
    if memmem::find(seen.data, b"Envelope").is_none() {
        return Verdict::No;
    }
    match NAMESPACES.iter().any(|name| memmem::find(seen.data, name).is_some()) {
        true => Verdict::Yes("WS-Discovery envelope"),
        false if !seen.complete() => Verdict::Weak("SOAP envelope"),
        false => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let action = NAMESPACES.iter().find_map(|name| {
        let whole = [*name, b"/"].concat();
        memmem::find(data, &whole).and_then(|at| data.get(at + whole.len()..))
    });
    let word = action.map(|text| text.split(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default());
    if let Some(word) = word.filter(|w| !w.is_empty())
        && cx.text(&ACTION, word)
    {
        cx.note_fact("action", &ACTION);
    }
    Step::Used(0)
}

/// Of the first version and of the standard.
static NAMESPACES: &[&[u8]] =
    &[b"schemas.xmlsoap.org/ws/2005/04/discovery", b"docs.oasis-open.org/ws-dd/ns/discovery/2009/01"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const PROBE: &[u8] = b"<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\
        <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>";

    #[test]
    fn a_probe() {
        let talk = Talk::udp(4000, 9999).client(PROBE).run();
        assert_eq!(talk.names(), ["WSD"]);
        assert_eq!(facts(&talk, &ACTION), ["Probe"]);
        survives(&WSD, &[PROBE]);
    }

    #[test]
    fn other_xml_is_not_it() {
        assert!(!Talk::udp(4000, 3702).client(b"<?xml version=\"1.0\"?><a/>").run().names().contains(&"WSD"));
    }
}

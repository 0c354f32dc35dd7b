//! The PROXY protocol of HAProxy, versions 1 and 2 (haproxy/doc/proxy-protocol.txt): who the client is, before what a
//! proxy hands on.
//!
//! Extracted: the client's address, the name that it asked for where the proxy tells. What follows is looked at anew.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dissect::common::text::line;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// The PROXY protocol.
pub static HAPROXY: Protocol = Protocol {
    name: "HAProxy",
    eve: "",
    category: "Web",
    how: "the line PROXY, or the signature of version 2",
    over: &[Transport::Tcp],
    starts: &[Start::At(0, b"PROXY "), Start::At(0, SIGNATURE)],
    fields: &[&SOURCE, &AUTHORITY],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static SOURCE: Field = Field::new("haproxy", "source");
static AUTHORITY: Field = Field::new("haproxy", "authority").role(Role::Asked);

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fn probe(seen: &Seen) -> Verdict {
    if seen.data.starts_with(SIGNATURE) {
        return Verdict::Yes("PROXY version 2");
    }
    match line(seen.data) {
        Some((line, _)) if source(line).is_some() => Verdict::Yes("PROXY line"),
        None if seen.data.len() < MAX_LINE => Verdict::More,
        _ => Verdict::No,
    }
}

/// The client's address in a line of version 1; the outer one is none for a line that is no such.
fn source(line: &[u8]) -> Option<Option<IpAddr>> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ').skip(1);
    match words.next()? {
        "TCP4" | "TCP6" => words.next()?.parse().ok().map(Some),
        "UNKNOWN" => Some(None),
        _ => None,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if data.starts_with(SIGNATURE) {
        return second(cx, data).unwrap_or(Step::Used(0));
    }
    if !data.starts_with(b"PROXY ") {
        // The other direction has no header.
        return Step::Used(0);
    }
    let Some((line, used)) = line(data) else { return Step::Used(0) };
    if let Some(Some(address)) = source(line) {
        cx.address(&SOURCE, address);
        cx.note_fact("client", &SOURCE);
    }
    Step::Inner(used)
}

fn second(cx: &mut Cx, data: &[u8]) -> Result<Step, Incomplete> {
    let mut r = Reader::new(data);
    r.skip(SIGNATURE.len() + 1, "version and command")?;
    let family = r.u8("family")?;
    let length = usize::from(r.u16("length")?);
    let mut body = r.sub(length, "addresses")?;
    let used = r.position();
    let address = match family >> 4 {
        1 => {
            let address = Ipv4Addr::from(body.array::<4>("source")?);
            body.skip(8, "rest of the addresses")?;
            Some(IpAddr::V4(address))
        }
        2 => {
            let address = Ipv6Addr::from(body.array::<16>("source")?);
            body.skip(20, "rest of the addresses")?;
            Some(IpAddr::V6(address))
        }
        _ => None,
    };
    if let Some(address) = address {
        cx.address(&SOURCE, address);
        cx.note_fact("client", &SOURCE);
        while let (Ok(kind), Ok(length)) = (body.u8("type"), body.u16("length")) {
            let value = body.take(usize::from(length), "value")?;
            if kind == 2 && cx.host(&AUTHORITY, value) {
                cx.note_fact("authority", &AUTHORITY);
            }
        }
    }
    Ok(Step::Inner(used))
}

const MAX_LINE: usize = 108;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const FIRST: &[u8] = b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n";
    const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

    #[test]
    fn both_versions_and_what_follows() {
        let tlv = b"\x02\x00\x0bexample.org";
        let second =
            [SIGNATURE, b"\x21\x11\x00\x1a\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\x88\x00\x50", &tlv[..]].concat();
        for header in [FIRST, &second] {
            let talk = Talk::tcp(4000, 9999).client(&[header, GET].concat()).run();
            assert_eq!(talk.names(), ["HAProxy", "HTTP"]);
            assert_eq!(facts(&talk, &SOURCE), ["192.0.2.1"]);
        }
        let talk = Talk::tcp(4000, 9999).client(&second).run();
        assert_eq!(facts(&talk, &AUTHORITY), ["example.org"]);
        survives(&HAPROXY, &[FIRST, &second]);
    }

    #[test]
    fn another_line_is_not_it() {
        assert!(!Talk::tcp(4000, 80).client(b"PROXY something\r\n").run().names().contains(&"HAProxy"));
    }
}

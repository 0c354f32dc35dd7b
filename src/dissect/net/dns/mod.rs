//! DNS over UDP and TCP (RFC 1035, RFC 7766), and its relatives on the local link: mDNS (RFC 6762), LLMNR (RFC 4795).
//!
//! Extracted: names and types asked, response code, answers; addresses in answers become hints that name other flows.
//! Not extracted: authority and additional sections, DNSSEC. The three share one message format; what tells mDNS and
//! LLMNR apart is where they are sent, which is part of their specifications.

pub mod crypt;
mod message;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use self::message::{Message, Record, type_name};
use crate::dissect::{Cx, Hint, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::Incomplete;

/// DNS.
pub static DNS: Protocol = Protocol {
    name: "DNS",
    eve: "dns",
    category: "Network",
    how: "a well-formed message with a question",
    over: &[Transport::Udp, Transport::Tcp],
    ports: &[53],
    starts: STARTS,
    fields: FIELDS,
    probe: |seen| probe(seen, |port| port != MDNS_PORT && port != LLMNR_PORT),
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

/// Multicast DNS.
pub static MDNS: Protocol = Protocol {
    name: "MDNS",
    eve: "mdns",
    how: "a DNS message from or to port 5353",
    over: &[Transport::Udp],
    ports: &[MDNS_PORT],
    probe: |seen| probe(seen, |port| port == MDNS_PORT),
    ..DNS_LIKE
};

/// Link-local multicast name resolution.
pub static LLMNR: Protocol = Protocol {
    name: "LLMNR",
    eve: "llmnr",
    how: "a DNS message from or to port 5355",
    ports: &[LLMNR_PORT],
    over: &[Transport::Udp, Transport::Tcp],
    probe: |seen| probe(seen, |port| port == LLMNR_PORT),
    ..DNS_LIKE
};

const DNS_LIKE: Protocol = Protocol {
    category: "Network",
    starts: &[Start::Port],
    fields: FIELDS,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static NAME: Field = Field::list("dns", "rrname").role(Role::Asked);
static TYPE: Field = Field::list("dns", "rrtype");
static CODE: Field = Field::new("dns", "rcode");
static ANSWER: Field = Field::list("dns", "answers");
static FIELDS: &[&Field] = &[&NAME, &TYPE, &CODE, &ANSWER];

const MDNS_PORT: u16 = 5353;
const LLMNR_PORT: u16 = 5355;

/// Few questions and answers; over TCP one question, behind two bytes of length.
static STARTS: &[Start] = &[Start::Mask(4, 0xffc0_fe00, 0), Start::At(6, &[0, 1]), Start::Port];

fn probe(seen: &Seen, port_fits: fn(u16) -> bool) -> Verdict {
    // Multicast is a matter of datagrams.
    let local = port_fits(MDNS_PORT) || port_fits(LLMNR_PORT);
    let ports = [seen.client_port, seen.server_port];
    let fits = match local {
        // Whoever asks a server for names may do so from any port.
        true => ports.iter().any(|p| port_fits(*p)) && !ports.contains(&53),
        false => !seen.datagram() || ports.contains(&53) || ports.iter().all(|p| port_fits(*p)),
    };
    if !fits {
        return Verdict::No;
    }
    let Some(bytes) = message_bytes(seen) else { return Verdict::More };
    match recognise(bytes) {
        Ok(Verdict::Yes(what)) if !seen.datagram() => over_tcp(seen.data, what),
        Ok(Verdict::No) if seen.datagram() && is_header(bytes, seen.usual) => Verdict::Weak("DNS header"),
        Ok(verdict) => verdict,
        Err(_) if seen.datagram() && is_header(bytes, seen.usual) => Verdict::Weak("DNS header"),
        Err(_) if seen.datagram() && seen.complete() => Verdict::No,
        Err(_) if seen.datagram() => Verdict::Weak("beginning of a DNS message"),
        Err(_) if cut_short(seen.data) => Verdict::More,
        Err(_) => Verdict::No,
    }
}

/// A header with one question and few records (on the usual port any number), of a message that is broken further on.
fn is_header(bytes: &[u8], usual: bool) -> bool {
    let Ok(message) = Message::new(bytes) else { return false };
    let [questions, answers, authorities, additional] = message.counts;
    let few = answers <= 32 && authorities <= 16 && additional <= 16;
    let asked = message.question(&mut message.body());
    questions == 1
        && (few || usual)
        && matches!(message.opcode, 0 | 4 | 5)
        && !asked.is_ok_and(|q| is_netbios(q.name.as_bytes()) || crypt::is_meant(q.name.as_bytes()))
}

/// Two bytes of length leave room for chance, so a message over TCP must have one question for some name, and end
/// where its length says.
fn over_tcp(data: &[u8], what: &'static str) -> Verdict {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return Verdict::More };
    let length = usize::from(u16::from_be_bytes(*length));
    let Ok(message) = Message::new(rest) else { return Verdict::More };
    let mut body = message.body();
    let Ok(question) = message.question(&mut body) else { return Verdict::No };
    let named = !question.name.as_bytes().is_empty() || matches!(question.kind, 2 | 6 | 48 | 252);
    if message.counts[0] != 1 || !named || question.class != 1 && question.kind < 249 {
        return Verdict::No;
    }
    let records = message.counts.iter().skip(1).map(|n| usize::from(*n)).sum::<usize>();
    for _ in 0..records.min(usize::from(MAX_RECORDS)) {
        match message.record(&mut body) {
            Ok(_) if body.position() > length => return Verdict::No,
            Ok(_) => {}
            Err(_) if rest.len() < length && rest.len() > 64 && message.response => return Verdict::Yes(what),
            Err(_) if rest.len() < length => return Verdict::More,
            Err(_) => return Verdict::No,
        }
    }
    let all_read = records <= usize::from(MAX_RECORDS);
    if all_read && body.position() != length { Verdict::No } else { Verdict::Yes(what) }
}

/// Whether a message over TCP is not all there yet.
fn cut_short(data: &[u8]) -> bool {
    data.first_chunk::<2>().is_none_or(|length| data.len() - 2 < usize::from(u16::from_be_bytes(*length)))
}

fn message_bytes<'a>(seen: &Seen<'a>) -> Option<&'a [u8]> {
    if seen.datagram() { Some(seen.data) } else { seen.data.get(2..) }
}

/// A message is believed if all that is there of its first question or record is sound.
fn recognise(bytes: &[u8]) -> Result<Verdict, Incomplete> {
    let message = Message::new(bytes)?;
    let [questions, answers, authorities, additional] = message.counts;
    let sane = matches!(message.opcode, 0..=2 | 4..=6) && questions <= 64 && answers <= 512;
    let empty_question = !message.response && questions == 0 && answers == 0 && authorities == 0;
    if !sane || empty_question || (authorities > 512 || additional > 512) {
        return Ok(Verdict::No);
    }
    let mut body = message.body();
    if questions == 0 {
        let record = message.record(&mut body)?;
        let class = record.kind == OPT || matches!(record.class, 1 | 3 | 4 | 254 | 255);
        let known = class && type_name(record.kind).is_some() && !is_netbios(record.name.as_bytes());
        return Ok(if known { Verdict::Yes("DNS records") } else { Verdict::No });
    }
    let question = message.question(&mut body)?;
    if is_netbios(question.name.as_bytes()) || crypt::is_meant(question.name.as_bytes()) {
        return Ok(Verdict::No);
    }
    let class = matches!(question.class, 1 | 3 | 4 | 254 | 255);
    let known = type_name(question.kind).is_some();
    Ok(match (class, known, message.response) {
        (true, true, false) => Verdict::Yes("DNS query"),
        (true, true, true) => Verdict::Yes("DNS response"),
        (true, false, _) => Verdict::Weak("DNS message with an unknown record type"),
        _ => Verdict::No,
    })
}

/// Names of NetBIOS (RFC 1002) are 16 bytes, each half octet of them a letter from A to P.
fn is_netbios(name: &[u8]) -> bool {
    let (first, rest) = name.split_at_checked(32).unwrap_or((&[], name));
    first.len() == 32 && first.iter().all(|b| (b'A'..=b'P').contains(b)) && (rest.is_empty() || rest.starts_with(b"."))
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    if cx.transport != Transport::Tcp {
        let _ = message(cx, data);
        return Step::Used(0);
    }
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return Step::Used(0) };
    let length = usize::from(u16::from_be_bytes(*length));
    let Some(bytes) = rest.get(..length) else { return Step::Used(0) };
    let _ = message(cx, bytes);
    Step::Used(length + 2)
}

/// Takes the facts of one message, as far as it goes.
fn message(cx: &mut Cx, bytes: &[u8]) -> Result<(), Incomplete> {
    let message = Message::new(bytes)?;
    let mut body = message.body();
    for _ in 0..message.counts[0].min(MAX_RECORDS) {
        let question = message.question(&mut body)?;
        if cx.host(&NAME, question.name.as_bytes()) {
            cx.note_fact(if message.response { "DNS response for" } else { "DNS query for" }, &NAME);
        }
        if let Some(name) = type_name(question.kind) {
            cx.word(&TYPE, name);
        }
    }
    if message.response {
        cx.word(&CODE, code_name(message.rcode));
    }
    for _ in 0..message.counts[1].min(MAX_RECORDS) {
        let record = message.record(&mut body)?;
        answer(cx, &message, &record);
    }
    Ok(())
}

/// An address answers the name that was asked, whatever aliases stand between.
fn answer(cx: &mut Cx, message: &Message, record: &Record) {
    let address = match (record.kind, record.data.len()) {
        (1, 4) => record.data.first_chunk::<4>().map(|a| IpAddr::V4(Ipv4Addr::from(*a))),
        (28, 16) => record.data.first_chunk::<16>().map(|a| IpAddr::V6(Ipv6Addr::from(*a))),
        (5 | 12 | 2, _) => {
            if let Ok(name) = message.name_at(record.at) {
                cx.host(&ANSWER, name.as_bytes());
            }
            None
        }
        _ => None,
    };
    let Some(address) = address else { return };
    cx.address(&ANSWER, address);
    let asked = message.question(&mut message.body()).map_or(record.name, |q| q.name);
    let name = String::from_utf8_lossy(asked.as_bytes()).to_lowercase();
    if !name.is_empty() {
        cx.hint(Hint::Name(address, name.into()));
    }
}

fn code_name(code: u8) -> &'static str {
    match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        _ => "RESERVED",
    }
}

const MAX_RECORDS: u16 = 64;
const OPT: u16 = 41;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts};

    const QUERY: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01";
    const REPLY: &[u8] =
        b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x03org\x00\x00\x01\x00\x01\
                           \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01";

    #[test]
    fn a_query_and_its_answer() {
        let talk = Talk::udp(4000, 9999).client(QUERY).server(REPLY).run();
        assert_eq!(talk.names(), ["DNS"]);
        assert_eq!(facts(&talk, &NAME), ["www.example.org"]);
        assert_eq!(facts(&talk, &ANSWER), ["192.0.2.1"]);
        assert_eq!(talk.hints, [Hint::Name("192.0.2.1".parse().unwrap(), "www.example.org".into())]);
    }

    #[test]
    fn over_tcp_in_pieces() {
        let framed = [&[0, 33], QUERY].concat();
        let talk = Talk::tcp(4000, 53).client(&framed[..1]).client(&framed[1..20]).client(&framed[20..]).run();
        assert_eq!(facts(&talk, &NAME), ["www.example.org"]);
    }

    #[test]
    fn cut_at_every_length_and_flipped_at_every_bit_it_survives() {
        crate::dissect::testing::survives(&DNS, &[QUERY, REPLY]);
    }

    #[test]
    fn pointers_that_lead_in_circles_end() {
        let circle = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01";
        assert!(Talk::udp(4000, 9999).client(circle).run().names().is_empty());
    }

    #[test]
    fn another_protocol_is_not_dns() {
        assert!(
            Talk::udp(4000, 53).client(b"\x24\x01\x06\xec\x00\x00\x00\x00\x00\x00\x00\x00").run().names().is_empty()
        );
    }
}

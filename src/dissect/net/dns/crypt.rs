//! DNSCrypt version 2 (dnscrypt.info/protocol): it begins with an unencrypted question for the resolver's certificate,
//! and its answers begin with the resolver's magic. Avast's product asks for its certificate under a name of its own.
//!
//! Extracted: the name asked. Not extracted: certificates. Encrypted questions alone have no mark.

use super::message::Message;
use super::{ANSWER, CODE, NAME, TYPE, read};
use crate::dissect::{Protocol, Reading, Seen, Start, Transport, Verdict};

/// DNSCrypt.
pub static DNSCRYPT: Protocol = Protocol {
    name: "DNScrypt",
    how: "a question for 2.dnscrypt-cert, or the resolver's magic",
    starts: &[Start::At(12, b"\x012"), Start::At(14, b"\x012"), Start::At(0, MAGIC), Start::At(2, MAGIC)],
    probe: dnscrypt,
    ..LIKE_DNS
};

/// Avast Secure DNS.
pub static AVAST: Protocol = Protocol {
    name: "AVASTSecureDNS",
    how: "a question for the certificate of securedns.avast.com",
    starts: &[Start::At(12, b"\x012")],
    probe: |seen| match first_name(seen.data).is_some_and(|name| name.eq_ignore_ascii_case(AVAST_NAME)) {
        true => Verdict::Yes("question for Avast's resolver certificate"),
        false => Verdict::No,
    },
    ..LIKE_DNS
};

const LIKE_DNS: Protocol = Protocol {
    category: "Network",
    over: &[Transport::Udp, Transport::Tcp],
    fields: &[&NAME, &TYPE, &CODE, &ANSWER],
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

const MAGIC: &[u8] = b"r6fnvWj8";
const CERTIFICATE: &[u8] = b"2.dnscrypt-cert.";
const AVAST_NAME: &[u8] = b"2.securedns.avast.com";

/// Whether a question belongs to one of these protocols and not to DNS itself.
pub fn is_meant(name: &[u8]) -> bool {
    let begins = name.get(..CERTIFICATE.len()).is_some_and(|n| n.eq_ignore_ascii_case(CERTIFICATE));
    begins || name.eq_ignore_ascii_case(AVAST_NAME)
}

fn dnscrypt(seen: &Seen) -> Verdict {
    let message = if seen.datagram() { seen.data } else { seen.data.get(2..).unwrap_or_default() };
    if message.starts_with(MAGIC) {
        return Verdict::Yes("DNSCrypt resolver's magic");
    }
    let asked = first_name(message).is_some_and(|name| is_meant(&name) && !name.eq_ignore_ascii_case(AVAST_NAME));
    match asked {
        true => Verdict::Yes("question for a DNSCrypt certificate"),
        false if !seen.datagram() && message.len() < 32 => Verdict::More,
        false => Verdict::No,
    }
}

fn first_name(bytes: &[u8]) -> Option<Vec<u8>> {
    let message = Message::new(bytes).ok()?;
    let question = message.question(&mut message.body()).ok()?;
    (message.counts[0] == 1 && question.kind == 16).then(|| question.name.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const ASKED: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x012\x0ddnscrypt-cert\x07example\0\0\x10\0\x01";

    #[test]
    fn certificates_and_magic() {
        assert_eq!(Talk::udp(4000, 443).client(ASKED).run().names(), ["DNScrypt"]);
        assert_eq!(Talk::udp(4000, 443).server(b"r6fnvWj8 and more").run().names(), ["DNScrypt"]);
        let avast = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x012\x09sEcuredns\x05avast\x03com\0\0\x10\0\x01";
        assert_eq!(Talk::udp(4000, 443).client(avast).run().names(), ["AVASTSecureDNS"]);
        survives(&DNSCRYPT, &[ASKED]);
    }
}

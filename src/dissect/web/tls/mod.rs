//! TLS over TCP (RFC 8446, RFC 5246), with SSL 3.0 (RFC 6101) and the hello in SSL 2.0's format.
//!
//! Extracted from the hellos: server name, versions, ALPN, cipher, key shares, JA3, JA3S, JA4, encrypted hello; from the
//! server's certificate up to TLS 1.2: subject, issuer, names, validity. Hellos may come in any number of records and
//! segments. Not extracted: client certificates, extensions of no use to a monitor. Reading ends with the ServerHello
//! (TLS 1.3) or the certificate.

mod certificate;
mod facts;
mod fingerprint;
mod hello;

pub use certificate::first as first_certificate;
pub use facts::Fields;
pub use hello::{ClientHello, ServerHello};

use crate::dissect::database::postgresql::POSTGRESQL;
use crate::dissect::mail::{imap::IMAP, pop3::POP3};
use crate::dissect::messaging::{mqtt::MQTT, xmpp::XMPP};
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;
use crate::packet::Reader;

/// TLS.
pub static TLS: Protocol = Protocol {
    name: "TLS",
    eve: "tls",
    category: "Web",
    how: "records with a hello, or a run of records",
    over: &[Transport::Tcp],
    // HTTPS, then those that IANA keeps for other protocols inside TLS.
    ports: &[443, 8443, 9443, 4443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061],
    starts: &[
        Start::At(0, &[HANDSHAKE, 3]),
        Start::At(0, &[CHANGE_CIPHER, 3]),
        Start::At(0, &[ALERT, 3]),
        Start::At(0, &[DATA, 3]),
        // SSL 2.0: two bytes of length with the top bit set, then the type ClientHello.
        Start::Mask(0, 0x8000_ff00, 0x8000_0100),
    ],
    fields: &ALL,
    probe,
    reading: Reading::Machine(|| Box::<Tls>::default()),
    ..Protocol::NEW
};

/// DNS inside TLS, HTTPS or QUIC, known by ALPN.
pub static DOH_DOT: Protocol = Protocol {
    name: "DoH_DoT",
    eve: "",
    category: "Network",
    how: "TLS or QUIC whose ALPN says dot or doq, TLS without ALPN on port 853, DNS messages in HTTP",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[DNS_PORT],
    ..Protocol::NEW
};

static FIELDS: Fields = Fields::new("tls");
static ALL: [&Field; 17] = FIELDS.all();

const CHANGE_CIPHER: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const NEW_SESSION_TICKET: u8 = 4;
const CERTIFICATE: u8 = 11;
const SERVER_HELLO_DONE: u8 = 14;

fn probe(seen: &Seen) -> Verdict {
    if seen.data.first().is_some_and(|b| b & 0x80 != 0) {
        return old_hello(seen.data);
    }
    match records(seen.data) {
        Some(Verdict::Weak(_)) if !seen.midstream && seen.other.is_empty() && seen.data.len() < 5 => Verdict::More,
        Some(verdict) => verdict,
        None => Verdict::More,
    }
}

/// What the records at the start of a direction say; none while more bytes would tell.
fn records(data: &[u8]) -> Option<Verdict> {
    let mut r = Reader::new(data);
    let mut message = Vec::new();
    for seen in 0..MAX_SMALL_RECORDS {
        let Ok(head) = r.array("record header") else {
            return (seen > 0 && message.is_empty()).then_some(Verdict::Weak("TLS record"));
        };
        let Some((kind, length)) = record(&head) else { return Some(Verdict::No) };
        let body = r.take(length.min(r.left()), "record").unwrap_or_default();
        match kind {
            CHANGE_CIPHER if length == 1 && body == [1] => return Some(Verdict::Yes("TLS ChangeCipherSpec record")),
            CHANGE_CIPHER if length == 1 && body.is_empty() => return None,
            ALERT if length == 2 => match body {
                [1 | 2, 0..=120] => return Some(Verdict::Yes("TLS alert")),
                [] | [1 | 2] => return None,
                _ => return Some(Verdict::No),
            },
            HANDSHAKE => {
                message.extend_from_slice(body.get(..8).unwrap_or(body));
                match handshake(&message, length) {
                    Some(Verdict::No) if seen == 0 => message.clear(),
                    Some(verdict) => return Some(verdict),
                    None if body.len() < length => return None,
                    None => continue,
                }
            }
            ALERT | DATA if length >= MIN_ENCRYPTED => {}
            _ => return Some(Verdict::No),
        }
        if seen > 0 {
            return Some(Verdict::Yes("run of TLS records"));
        }
        if body.len() < length {
            return Some(Verdict::Weak("TLS record"));
        }
        if r.is_empty() && data.len() > 5 + MIN_ENCRYPTED {
            return Some(Verdict::Yes("TLS record that fills the segment"));
        }
    }
    Some(Verdict::No)
}

/// Type and length of a record that can be.
fn record(head: &[u8; 5]) -> Option<(u8, usize)> {
    let [kind, major, minor, high, low] = *head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let sound = (CHANGE_CIPHER..=DATA + 1).contains(&kind) && major == 3 && minor <= 4;
    (sound && length > 0 && length <= MAX_RECORD).then_some((kind, length))
}

/// What the first bytes of a handshake say. Only the sum of type, length and version is strong enough.
fn handshake(message: &[u8], record: usize) -> Option<Verdict> {
    let [kind, a, b, c, rest @ ..] = message else { return None };
    let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
    let whole = length + 4 <= record;
    let sane = length <= MAX_MESSAGE && (whole || !(64..512).contains(&record));
    let hello = |name| match rest {
        [3, 0..=4, ..] | [0x7f, _, ..] => Verdict::Yes(name),
        _ => Verdict::No,
    };
    Some(match *kind {
        CLIENT_HELLO | SERVER_HELLO if !sane || length < 38 => Verdict::No,
        CLIENT_HELLO | SERVER_HELLO if rest.len() < 2 => return None,
        CLIENT_HELLO => hello("ClientHello"),
        SERVER_HELLO => hello("ServerHello"),
        0 | SERVER_HELLO_DONE if length == 0 && record == 4 => Verdict::Yes("TLS handshake"),
        NEW_SESSION_TICKET | CERTIFICATE | 12 | 13 | 16 if sane && whole && length > 6 => Verdict::Yes("TLS handshake"),
        CERTIFICATE if sane => Verdict::Yes("TLS handshake"),
        _ => Verdict::No,
    })
}

/// A hello in SSL 2.0's format, which clients sent for long to reach old servers: all its lengths must agree.
fn old_hello(data: &[u8]) -> Verdict {
    let Some(head) = data.first_chunk::<11>() else { return Verdict::More };
    let word = |at: usize| head.get(at..).and_then(<[u8]>::first_chunk::<2>).map_or(0, |w| u16::from_be_bytes(*w));
    let (length, version) = (word(0) & 0x7fff, word(3));
    let (ciphers, session, challenge) = (word(5), word(7), word(9));
    let agree = u32::from(length) == 9 + u32::from(ciphers) + u32::from(session) + u32::from(challenge);
    let sound = ciphers > 0 && ciphers % 3 == 0 && matches!(session, 0 | 16) && (16..=32).contains(&challenge);
    match agree && sound && matches!(version, 0x0002 | 0x0300..=0x0303) {
        true => Verdict::Yes("ClientHello in SSL 2.0's format"),
        false => Verdict::No,
    }
}

/// The state of a connection until its names are known.
#[derive(Default)]
struct Tls {
    halves: [Half; 2],
    session: Vec<u8>,
    resumed: bool,
}

/// One direction.
#[derive(Default)]
struct Half {
    /// Handshake bytes of records so far, from the start of a message.
    message: Vec<u8>,
    /// Bytes of the current handshake record still to come.
    left: usize,
    /// Bytes were lost: where the next record starts is not known.
    lost: bool,
    /// All that can be learned here was.
    told: bool,
}

impl Dissector for Tls {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let [client, server] = &mut self.halves;
        let half = if cx.from_client { client } else { server };
        if half.lost {
            return self.told(cx);
        }
        if half.left > 0 {
            let taken = data.get(..half.left).unwrap_or(data);
            half.message.extend_from_slice(taken);
            half.left -= taken.len();
            return self.messages(cx).unwrap_or(Step::Used(taken.len()));
        }
        self.record(cx, data)
    }

    fn gap(&mut self, cx: &mut Cx) -> Step {
        let half = self.half(cx);
        half.lost = true;
        let message = std::mem::take(&mut half.message);
        // A hello cut by the capture's snapshot length still has its beginning.
        if let [kind, _, _, _, body @ ..] = message.as_slice() {
            let _ = self.message(cx, *kind, body);
        }
        Step::Used(0)
    }
}

impl Tls {
    fn half(&mut self, cx: &Cx) -> &mut Half {
        let [client, server] = &mut self.halves;
        if cx.from_client { client } else { server }
    }

    /// Takes the header of a record.
    fn record(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let Some(head) = data.first_chunk::<5>() else { return Step::Used(0) };
        let Some((kind, length)) = record(head) else { return self.no_record(cx, data) };
        let body = data.get(5..).unwrap_or_default();
        match kind {
            HANDSHAKE => {
                self.half(cx).left = length;
                Step::Used(5)
            }
            ALERT if length == 2 => match body {
                [2, ..] => Step::Done,
                [] => Step::Used(0),
                _ => Step::Skip(7),
            },
            // TLS 1.3 sends one for looks before its second hello; else what follows is encrypted.
            CHANGE_CIPHER => {
                if !cx.from_client && self.resumed {
                    cx.flag(&FIELDS.resumed, true);
                }
                Step::Skip(length + 5)
            }
            _ => self.told(cx),
        }
    }

    /// Not a record: the old hello, or out of step.
    fn no_record(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if cx.facts().is_empty() && matches!(old_hello(data), Verdict::Yes(_)) {
            let length = data.first_chunk::<2>().map_or(0, |w| u16::from_be_bytes(*w) & 0x7fff);
            return Step::Skip(usize::from(length) + 2);
        }
        self.told(cx)
    }

    /// Nothing more to learn in this direction; perhaps in the other.
    fn told(&mut self, cx: &Cx) -> Step {
        self.half(cx).told = true;
        *self.half(cx) = Half { told: true, ..Half::default() };
        if self.halves.iter().all(|h| h.told) { Step::Done } else { Step::DoneHere }
    }

    /// Takes all whole messages; some if that ends the direction.
    fn messages(&mut self, cx: &mut Cx) -> Option<Step> {
        loop {
            let half = self.half(cx);
            let (kind, length) = match half.message.as_slice() {
                [kind, a, b, c, ..] => (*kind, u32::from_be_bytes([0, *a, *b, *c])),
                _ => return None,
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            // What is encrypted has any type and any length.
            if length > MAX_MESSAGE || kind > 24 {
                return Some(self.told(cx));
            }
            if half.message.len() < length + 4 {
                return None;
            }
            let message = std::mem::take(&mut half.message);
            let (this, next) = message.split_at_checked(length + 4)?;
            let step = self.message(cx, kind, this.get(4..).unwrap_or_default());
            if step.is_some() {
                return step;
            }
            self.half(cx).message = next.to_vec();
        }
    }

    /// Takes one message.
    fn message(&mut self, cx: &mut Cx, kind: u8, body: &[u8]) -> Option<Step> {
        match kind {
            CLIENT_HELLO => {
                let hello = ClientHello::new(body, false).ok()?;
                self.session = hello.session.to_vec();
                FIELDS.client(cx, &hello, 't');
                carried(cx, &hello.alpn());
                None
            }
            SERVER_HELLO => {
                let hello = ServerHello::new(body).ok()?;
                if hello.retry {
                    return None;
                }
                FIELDS.server(cx, &hello, 't');
                self.resumed = !self.session.is_empty() && hello.session == self.session;
                matches!(hello.chosen_version(), 0x0304 | 0x7f00..=0x7fff).then(|| self.ended(cx))
            }
            CERTIFICATE if !cx.from_client => {
                if let Some(certificate) = certificate::first(body) {
                    FIELDS.certificate(cx, &certificate);
                }
                Some(self.ended(cx))
            }
            SERVER_HELLO_DONE => Some(self.ended(cx)),
            16 => Some(self.told(cx)),
            _ => None,
        }
    }

    /// The server told all that it will in the clear. If the client's hello came, that is all.
    fn ended(&mut self, cx: &Cx) -> Step {
        let client = self.halves.first().is_some_and(|h| h.message.is_empty() && h.left == 0);
        if client && !self.session_unknown(cx) { Step::Done } else { self.told(cx) }
    }

    /// Whether the client's hello is still to come (the server's direction was captured earlier).
    fn session_unknown(&self, cx: &Cx) -> bool {
        cx.findings.facts.get(&FIELDS.ja4).is_none()
    }
}

/// Names the protocol inside, where the client says it by ALPN. RFC 7858 keeps port 853 for DNS; few of its clients
/// say so.
fn carried(cx: &mut Cx, alpn: &[&[u8]]) {
    let by_name = alpn.iter().find_map(|name| CARRIED.iter().find(|(known, _)| known == name));
    if let Some((_, protocol)) = by_name {
        cx.note("protocol inside by ALPN");
        cx.layer(protocol);
    } else if alpn.is_empty() && cx.server.1 == DNS_PORT {
        cx.note("no ALPN, on the port of DNS over TLS");
        cx.layer(&DOH_DOT);
    }
}

/// IANA's ALPN names of protocols that are no web.
static CARRIED: &[(&[u8], &Protocol)] = &[
    (b"dot", &DOH_DOT),
    (b"imap", &IMAP),
    (b"pop3", &POP3),
    (b"xmpp-client", &XMPP),
    (b"xmpp-server", &XMPP),
    (b"mqtt", &MQTT),
    (b"postgresql", &POSTGRESQL),
];

const DNS_PORT: u16 = 853;
/// Records and messages beyond these are nobody's.
const MAX_RECORD: usize = (1 << 14) + 2048;
const MAX_MESSAGE: usize = 1 << 17;
/// The least that encrypted records have: an authentication tag, or a block.
const MIN_ENCRYPTED: usize = 16;
/// Records that the first six bytes of a handshake may be spread over.
const MAX_SMALL_RECORDS: usize = 8;

#[cfg(test)]
pub(in crate::dissect::web) mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn vector(size: usize, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[4 - size..], body].concat()
    }

    fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vector(2, body)].concat()
    }

    pub fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &vector(3, body)].concat()
    }

    /// A ClientHello as a handshake message: six extensions.
    pub fn client_hello(name: &str, alpn: &[&str]) -> Vec<u8> {
        let name = vector(2, &[&[0][..], &vector(2, name.as_bytes())].concat());
        let alpn: Vec<u8> = alpn.iter().flat_map(|p| vector(1, p.as_bytes())).collect();
        let extensions = [
            extension(0, &name),
            extension(10, &vector(2, &[0x11, 0xec, 0, 29])),
            extension(13, &vector(2, &[4, 3, 8, 4])),
            extension(16, &vector(2, &alpn)),
            extension(43, &vector(1, &[3, 4, 3, 3])),
            extension(51, &vector(2, &[&[0x11, 0xec][..], &vector(2, &[7; 32])].concat())),
        ];
        let body = [
            &[3, 3][..],
            &[5; 32],
            &vector(1, &[6; 32]),
            &vector(2, &[0x13, 1, 0x13, 2, 0xc0, 0x2f]),
            &vector(1, &[0]),
            &vector(2, &extensions.concat()),
        ];
        handshake(CLIENT_HELLO, &body.concat())
    }

    fn server_hello(thirteen: bool) -> Vec<u8> {
        let version = extension(43, &[3, 4]);
        let extensions = if thirteen { vector(2, &version) } else { Vec::new() };
        let body = [&[3, 3][..], &[9; 32], &vector(1, &[8; 32]), &[0xc0, 0x2f, 0], &extensions];
        handshake(SERVER_HELLO, &body.concat())
    }

    fn in_record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 3, 1][..], &vector(2, body)].concat()
    }

    #[test]
    fn both_hellos_are_all_there_is_in_tls_13() {
        let talk = Talk::tcp(4000, 9999)
            .client(&in_record(HANDSHAKE, &client_hello("www.Example.org", &["h2"])))
            .server(&in_record(HANDSHAKE, &server_hello(true)))
            .run();
        assert_eq!(talk.names(), ["TLS"]);
        assert_eq!(facts(&talk, &FIELDS.sni), ["www.example.org"]);
        assert_eq!(facts(&talk, &FIELDS.version), ["TLS 1.3"]);
        assert_eq!(facts(&talk, &FIELDS.key_shares), ["X25519MLKEM768"]);
        assert!(talk.done && facts(&talk, &FIELDS.ja4)[0].starts_with("t13d0306h2_"));
    }

    #[test]
    fn certificates_are_read_up_to_tls_12() {
        let certificate = certificate::tests::message(b"example.org", &[b"example.org", b"*.example.org"]);
        let flight = [server_hello(false), handshake(CERTIFICATE, &certificate)].concat();
        let talk = Talk::tcp(4000, 25)
            .client(&in_record(HANDSHAKE, &client_hello("example.org", &[])))
            .server(&in_record(HANDSHAKE, &flight))
            .run();
        assert_eq!(facts(&talk, &FIELDS.names), ["example.org", "*.example.org"]);
        assert_eq!(facts(&talk, &FIELDS.cipher), ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]);
        assert!(talk.done);
    }

    #[test]
    fn a_hello_in_records_of_seven_bytes_and_segments_of_one() {
        let hello = client_hello("www.example.org", &["dot"]);
        let records: Vec<u8> = hello.chunks(7).flat_map(|c| in_record(HANDSHAKE, c)).collect();
        let talk = records.iter().fold(Talk::tcp(4000, 80), |talk, b| talk.client(&[*b])).run();
        assert_eq!(facts(&talk, &FIELDS.sni), ["www.example.org"]);
        assert_eq!(talk.names(), ["TLS", "DoH_DoT"]);
    }

    #[test]
    fn records_from_the_middle() {
        let data = in_record(DATA, &[0xa5; 40]);
        assert!(!Talk::tcp(4000, 9999).server(&data[..20]).run().names().contains(&"TLS"));
        assert_eq!(Talk::tcp(4000, 9999).server(&data).run().names(), ["TLS"]);
        assert_eq!(Talk::tcp(4000, 9999).server(&[&data[..], &data[..20]].concat()).run().names(), ["TLS"]);
        assert_eq!(Talk::tcp(4000, 9999).server(&[CHANGE_CIPHER, 3, 3, 0, 1, 1]).run().names(), ["TLS"]);
    }

    #[test]
    fn the_oldest_hello() {
        let hello = [&[0x80, 9 + 3 + 16, 1, 3, 1, 0, 3, 0, 0, 0, 16, 0, 0, 4][..], &[7; 16]].concat();
        assert_eq!(Talk::tcp(4000, 9999).client(&hello).run().names(), ["TLS"]);
    }

    #[test]
    fn damage_is_survived() {
        let hello = in_record(HANDSHAKE, &client_hello("a.b", &["h2"]));
        let certificate = handshake(CERTIFICATE, &certificate::tests::message(b"a.b", &[b"a.b"]));
        let flight = in_record(HANDSHAKE, &[server_hello(false), certificate].concat());
        survives(&TLS, &[&hello, &flight]);
    }

    #[test]
    fn another_protocol_is_not_tls() {
        for other in [&b"SSH-2.0-x\r\n"[..], b"\x16\x03\x01garbage and more", b"\x17\x03\x09\x00\x10"] {
            assert!(!Talk::tcp(4000, 443).client(other).run().names().contains(&"TLS"));
        }
    }
}

//! Facts of hellos and certificates: the same for TLS, DTLS and QUIC, each under its own object.

use tls_parser::{NamedGroup, TlsCipherSuite};

use super::certificate::Certificate;
use super::fingerprint;
use super::hello::{ClientHello, ServerHello, is_grease};
use crate::dissect::Cx;
use crate::dissect::web::marks::{self, Place};
use crate::facts::{Field, Role};

/// The fields of one protocol that shakes hands as TLS does.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Fields {
    pub sni: Field,
    pub version: Field,
    pub client_alpns: Field,
    pub server_alpns: Field,
    pub ja3: Field,
    pub ja3s: Field,
    pub ja4: Field,
    pub cipher: Field,
    pub key_shares: Field,
    pub ech: Field,
    pub resumed: Field,
    pub subject: Field,
    pub issuer: Field,
    pub common_name: Field,
    pub names: Field,
    pub not_before: Field,
    pub not_after: Field,
}

impl Fields {
    /// The fields under an object.
    #[must_use]
    pub const fn new(object: &'static str) -> Self {
        Self {
            sni: Field::new(object, "sni").role(Role::Asked),
            version: Field::new(object, "version"),
            client_alpns: Field::list(object, "client_alpns"),
            server_alpns: Field::list(object, "server_alpns"),
            ja3: Field::new(object, "ja3"),
            ja3s: Field::new(object, "ja3s"),
            ja4: Field::new(object, "ja4"),
            cipher: Field::new(object, "cipher"),
            key_shares: Field::list(object, "key_shares"),
            ech: Field::new(object, "ech"),
            resumed: Field::new(object, "session_resumed"),
            subject: Field::new(object, "subject"),
            issuer: Field::new(object, "issuerdn"),
            common_name: Field::new(object, "common_name").role(Role::Certificate),
            names: Field::list(object, "subjectaltname").role(Role::Certificate),
            not_before: Field::new(object, "notbefore"),
            not_after: Field::new(object, "notafter"),
        }
    }

    /// All of them, for the descriptor.
    #[must_use]
    pub const fn all(&'static self) -> [&'static Field; 17] {
        [
            &self.sni,
            &self.version,
            &self.client_alpns,
            &self.server_alpns,
            &self.ja3,
            &self.ja3s,
            &self.ja4,
            &self.cipher,
            &self.key_shares,
            &self.ech,
            &self.resumed,
            &self.subject,
            &self.issuer,
            &self.common_name,
            &self.names,
            &self.not_before,
            &self.not_after,
        ]
    }

    /// Takes the facts of a ClientHello. `carrier` is JA4's first letter: t, q or d.
    pub fn client(&'static self, cx: &mut Cx, hello: &ClientHello, carrier: char) {
        match hello.server_name().filter(|name| cx.host(&self.sni, name)) {
            Some(_) => cx.note_fact("ClientHello, SNI", &self.sni),
            None => cx.note("ClientHello without server name"),
        }
        for name in hello.alpn() {
            cx.text(&self.client_alpns, name);
            marks::tell(cx, Place::Alpn, name);
        }
        if hello.encrypted_hello() {
            cx.flag(&self.ech, true);
        }
        for group in hello.key_shares().into_iter().filter(|g| !is_grease(*g)) {
            cx.text(&self.key_shares, group_name(group).as_bytes());
        }
        if hello.whole {
            if carrier != 'd' {
                cx.text(&self.ja3, fingerprint::ja3(hello).as_bytes());
            }
            cx.text(&self.ja4, fingerprint::ja4(hello, carrier).as_bytes());
        }
    }

    /// Takes the facts of a ServerHello.
    pub fn server(&'static self, cx: &mut Cx, hello: &ServerHello, carrier: char) {
        let version = hello.chosen_version();
        cx.word(&self.version, version_name(version));
        cx.note_fact("ServerHello, version", &self.version);
        if let Some(cipher) = TlsCipherSuite::from_id(hello.cipher) {
            cx.word(&self.cipher, cipher.name);
        }
        if let Some(name) = hello.alpn() {
            cx.text(&self.server_alpns, name);
        }
        if hello.pre_shared_key() {
            cx.flag(&self.resumed, true);
        }
        if carrier == 't' {
            cx.text(&self.ja3s, fingerprint::ja3s(hello).as_bytes());
        }
    }

    /// Takes the facts of the server's certificate.
    pub fn certificate(&'static self, cx: &mut Cx, certificate: &Certificate) {
        cx.text(&self.subject, certificate.subject.as_bytes());
        cx.text(&self.issuer, certificate.issuer.as_bytes());
        let [from, to] = &certificate.validity;
        if !to.is_empty() {
            cx.text(&self.not_before, from.as_bytes());
            cx.text(&self.not_after, to.as_bytes());
        }
        if certificate.common_name.contains(&b'.') && cx.host(&self.common_name, certificate.common_name) {
            cx.note_fact("certificate for", &self.common_name);
        }
        for name in &certificate.names {
            cx.host(&self.names, name);
        }
        for owner in [&certificate.subject, &certificate.issuer] {
            marks::tell(cx, Place::Owner, owner.as_bytes());
        }
    }
}

/// A version as EVE names it.
#[must_use]
pub fn version_name(version: u16) -> &'static str {
    match version {
        0x0002 => "SSLv2",
        0x0300 => "SSLv3",
        0x0301 => "TLSv1",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        0x7f00..=0x7fff => "TLS 1.3 draft",
        0x0100 | 0xfeff => "DTLS 1.0",
        0xfefd => "DTLS 1.2",
        0xfefc => "DTLS 1.3",
        _ => "unknown",
    }
}

/// A group's name in IANA's registry; those that withstand quantum computers are newer than the parser's table.
fn group_name(group: u16) -> String {
    match group {
        0x001d => "x25519".into(),
        0x001e => "x448".into(),
        0x0200 => "MLKEM512".into(),
        0x0201 => "MLKEM768".into(),
        0x0202 => "MLKEM1024".into(),
        0x11eb => "SecP256r1MLKEM768".into(),
        0x11ec => "X25519MLKEM768".into(),
        0x11ed => "SecP384r1MLKEM1024".into(),
        0x6399 => "X25519Kyber768Draft00".into(),
        0x639a => "SecP256r1Kyber768Draft00".into(),
        other => format!("{:?}", NamedGroup(other)).to_ascii_lowercase(),
    }
}

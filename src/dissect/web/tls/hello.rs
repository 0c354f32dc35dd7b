//! ClientHello and ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1): one reader for TLS, DTLS and QUIC.
//!
//! A hello that is cut short is read as far as it goes, so that a server name survives a capture's snapshot length.

use crate::packet::{Incomplete, Reader};

/// One extension.
#[derive(Debug, Clone, Copy)]
pub struct Extension<'a> {
    /// Its number in IANA's registry.
    pub kind: u16,
    /// Its data.
    pub data: &'a [u8],
}

/// What a client offers.
#[derive(Debug)]
pub struct ClientHello<'a> {
    /// The version that old servers look at.
    pub version: u16,
    /// Session to resume, or a random value.
    pub session: &'a [u8],
    /// DTLS: the cookie of a HelloVerifyRequest.
    pub cookie: &'a [u8],
    /// Cipher suites, two bytes each.
    pub ciphers: &'a [u8],
    /// Extensions in their order.
    pub extensions: Vec<Extension<'a>>,
    /// Whether it was there to its end.
    pub whole: bool,
}

/// What a server chose.
#[derive(Debug)]
pub struct ServerHello<'a> {
    /// The version that old clients look at.
    pub version: u16,
    /// Whether it asks the client for another hello.
    pub retry: bool,
    /// Session that is resumed, or will be.
    pub session: &'a [u8],
    /// Cipher suite.
    pub cipher: u16,
    /// Extensions in their order.
    pub extensions: Vec<Extension<'a>>,
}

/// Extension numbers.
pub mod kind {
    #![allow(missing_docs)]
    pub const SERVER_NAME: u16 = 0;
    pub const SUPPORTED_GROUPS: u16 = 10;
    pub const POINT_FORMATS: u16 = 11;
    pub const SIGNATURE_ALGORITHMS: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const KEY_SHARE: u16 = 51;
    pub const ENCRYPTED_SERVER_NAME: u16 = 0xffce;
    pub const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the handshake message. `datagram` is DTLS, whose hello has a cookie.
    pub fn new(body: &'a [u8], datagram: bool) -> Result<Self, Incomplete> {
        let mut r = Reader::new(body);
        let version = r.u16("version")?;
        r.skip(32, "random")?;
        let session = vector8(&mut r, "session")?;
        let cookie = if datagram { vector8(&mut r, "cookie")? } else { &[] };
        let ciphers = vector16(&mut r, "cipher suites")?;
        let compressions = vector8(&mut r, "compression methods")?;
        if session.len() > 32 || ciphers.is_empty() || ciphers.len() % 2 != 0 || compressions.is_empty() {
            return Err(Incomplete("sound hello"));
        }
        let (extensions, whole) = extensions(&mut r);
        Ok(Self { version, session, cookie, ciphers, extensions, whole })
    }

    /// The server's name.
    #[must_use]
    pub fn server_name(&self) -> Option<&'a [u8]> {
        let mut names = Reader::new(find(&self.extensions, kind::SERVER_NAME)?);
        names.skip(2, "list length").ok()?;
        for _ in 0..MAX_NAMES {
            let host = names.u8("name type").ok()? == 0;
            let length = usize::from(names.u16("name length").ok()?);
            let name = names.take(length, "name").unwrap_or(if self.whole { &[] } else { names.rest() });
            if host {
                return Some(name).filter(|n| !n.is_empty());
            }
        }
        None
    }

    /// Protocols offered, in order.
    #[must_use]
    pub fn alpn(&self) -> Vec<&'a [u8]> {
        find(&self.extensions, kind::ALPN).map(protocols).unwrap_or_default()
    }

    /// Supported groups.
    #[must_use]
    pub fn groups(&self) -> Vec<u16> {
        find(&self.extensions, kind::SUPPORTED_GROUPS).map(|d| words(behind(d, 2))).unwrap_or_default()
    }

    /// Point formats.
    #[must_use]
    pub fn point_formats(&self) -> &'a [u8] {
        find(&self.extensions, kind::POINT_FORMATS).map_or(&[], |d| behind(d, 1))
    }

    /// Signature algorithms.
    #[must_use]
    pub fn signatures(&self) -> Vec<u16> {
        find(&self.extensions, kind::SIGNATURE_ALGORITHMS).map(|d| words(behind(d, 2))).unwrap_or_default()
    }

    /// Versions in the extension that newer clients use.
    #[must_use]
    pub fn versions(&self) -> Vec<u16> {
        find(&self.extensions, kind::SUPPORTED_VERSIONS).map(|d| words(behind(d, 1))).unwrap_or_default()
    }

    /// The best version offered.
    #[must_use]
    pub fn best_version(&self) -> u16 {
        let newer = self.versions().into_iter().filter(|v| !is_grease(*v));
        // DTLS counts downwards.
        let best = if self.version >= 0xfe00 { newer.min() } else { newer.max() };
        best.unwrap_or(self.version)
    }

    /// Groups that keys were sent for.
    #[must_use]
    pub fn key_shares(&self) -> Vec<u16> {
        let Some(data) = find(&self.extensions, kind::KEY_SHARE) else { return Vec::new() };
        let mut shares = Reader::new(behind(data, 2));
        let mut groups = Vec::new();
        while let (Ok(group), Ok(_)) = (shares.u16("group"), vector16(&mut shares, "key")) {
            groups.push(group);
            if groups.len() >= MAX_NAMES {
                break;
            }
        }
        groups
    }

    /// Whether the true hello is encrypted inside, or a stand-in for one is.
    #[must_use]
    pub fn encrypted_hello(&self) -> bool {
        self.has(kind::ENCRYPTED_CLIENT_HELLO) || self.has(kind::ENCRYPTED_SERVER_NAME)
    }

    /// Whether an extension is there.
    #[must_use]
    pub fn has(&self, kind: u16) -> bool {
        find(&self.extensions, kind).is_some()
    }
}

impl<'a> ServerHello<'a> {
    /// Reads the body of the handshake message.
    pub fn new(body: &'a [u8]) -> Result<Self, Incomplete> {
        let mut r = Reader::new(body);
        let version = r.u16("version")?;
        let random: [u8; 32] = r.array("random")?;
        // Drafts of TLS 1.3 up to 21 had neither session nor compression here.
        let (session, cipher) = if version >> 8 == 0x7f {
            (&[][..], r.u16("cipher suite")?)
        } else {
            let session = vector8(&mut r, "session")?;
            let cipher = r.u16("cipher suite")?;
            r.skip(1, "compression method")?;
            (session, cipher)
        };
        let (extensions, _) = extensions(&mut r);
        Ok(Self { version, retry: random == RETRY, session, cipher, extensions })
    }

    /// The version chosen.
    #[must_use]
    pub fn chosen_version(&self) -> u16 {
        let newer = find(&self.extensions, kind::SUPPORTED_VERSIONS).and_then(|d| d.first_chunk::<2>());
        newer.map_or(self.version, |v| u16::from_be_bytes(*v))
    }

    /// The protocol chosen.
    #[must_use]
    pub fn alpn(&self) -> Option<&'a [u8]> {
        find(&self.extensions, kind::ALPN).and_then(|d| protocols(d).first().copied())
    }

    /// Whether a key of an earlier session was taken.
    #[must_use]
    pub fn pre_shared_key(&self) -> bool {
        find(&self.extensions, kind::PRE_SHARED_KEY).is_some()
    }
}

/// Whether a value is one of those that clients throw in to keep servers tolerant (RFC 8701).
#[must_use]
pub fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// Pairs of bytes as numbers.
#[must_use]
pub fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).filter_map(|c| c.first_chunk::<2>()).map(|c| u16::from_be_bytes(*c)).collect()
}

/// The extensions, and whether all are there. The last one may be cut.
fn extensions<'a>(r: &mut Reader<'a>) -> (Vec<Extension<'a>>, bool) {
    let mut list = Vec::new();
    let Ok(length) = r.u16("extensions length") else { return (list, r.is_empty()) };
    let whole = r.left() >= usize::from(length);
    let mut all = r.sub(usize::from(length).min(r.left()), "extensions").unwrap_or(*r);
    while list.len() < MAX_EXTENSIONS {
        let (Ok(kind), Ok(length)) = (all.u16("extension type"), all.u16("extension length")) else { break };
        let data = all.take(usize::from(length).min(all.left()), "extension").unwrap_or_default();
        list.push(Extension { kind, data });
    }
    (list, whole)
}

fn find<'a>(list: &[Extension<'a>], kind: u16) -> Option<&'a [u8]> {
    list.iter().find(|e| e.kind == kind).map(|e| e.data)
}

/// What stands behind a length that has the rest as its subject.
fn behind(data: &[u8], length: usize) -> &[u8] {
    data.get(length..).unwrap_or_default()
}

/// Names of an ALPN list.
fn protocols(data: &[u8]) -> Vec<&[u8]> {
    let mut r = Reader::new(behind(data, 2));
    let mut list = Vec::new();
    while let Ok(name) = vector8(&mut r, "protocol") {
        list.push(name);
        if list.len() >= MAX_NAMES {
            break;
        }
    }
    list
}

fn vector8<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], Incomplete> {
    let length = r.u8(field)?;
    r.take(usize::from(length), field)
}

fn vector16<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], Incomplete> {
    let length = r.u16(field)?;
    r.take(usize::from(length), field)
}

const MAX_EXTENSIONS: usize = 128;
const MAX_NAMES: usize = 16;

/// The random value by which a ServerHello is known to be a HelloRetryRequest: SHA-256 of those words.
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

#[cfg(test)]
mod tests {
    use super::super::tests::client_hello;
    use super::*;

    #[test]
    fn a_hello_cut_anywhere_gives_what_there_is() {
        let message = client_hello("www.example.org", &["h2", "http/1.1"]);
        let body = &message[4..];
        for end in 0..body.len() {
            if let Ok(hello) = ClientHello::new(&body[..end], false) {
                assert!(!hello.whole || hello.extensions.is_empty());
                assert!("www.example.org".as_bytes().starts_with(hello.server_name().unwrap_or_default()));
            }
        }
        let whole = ClientHello::new(body, false).unwrap();
        assert_eq!(whole.server_name(), Some(&b"www.example.org"[..]));
        assert_eq!(whole.alpn(), [&b"h2"[..], b"http/1.1"]);
        assert_eq!(whole.best_version(), 0x0304);
    }

    #[test]
    fn grease_is_known() {
        assert!(is_grease(0x0a0a) && is_grease(0xfafa) && !is_grease(0x1301) && !is_grease(0x0a1a));
    }
}

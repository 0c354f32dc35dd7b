//! Fingerprints of hellos: JA3 and JA3S (salesforce/ja3), JA4 of clients (FoxIO-LLC/ja4, `technical_details/JA4.md`; that
//! part of JA4+ has a BSD licence).

use std::fmt::Write as _;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::hello::{ClientHello, ServerHello, is_grease, kind, words};

/// JA3: MD5 over version, ciphers, extensions, groups and point formats as decimal numbers.
#[must_use]
pub fn ja3(hello: &ClientHello) -> String {
    let ciphers = words(hello.ciphers);
    let extensions: Vec<u16> = hello.extensions.iter().map(|e| e.kind).collect();
    let formats: Vec<u16> = hello.point_formats().iter().map(|f| u16::from(*f)).collect();
    let parts = [&ciphers, &extensions, &hello.groups(), &formats].map(|list| decimal(list));
    md5_hex(&format!("{},{}", hello.version, parts.join(",")))
}

/// JA3S: MD5 over version, cipher and extensions.
#[must_use]
pub fn ja3s(hello: &ServerHello) -> String {
    let extensions: Vec<String> = hello.extensions.iter().map(|e| e.kind.to_string()).collect();
    md5_hex(&format!("{},{},{}", hello.version, hello.cipher, extensions.join("-")))
}

/// JA4. `carrier` is `t` for TCP, `q` for QUIC, `d` for DTLS.
#[must_use]
pub fn ja4(hello: &ClientHello, carrier: char) -> String {
    let mut ciphers = without_grease(&words(hello.ciphers));
    let extensions: Vec<u16> = hello.extensions.iter().map(|e| e.kind).collect();
    let extensions = without_grease(&extensions);
    let version = version(hello.best_version());
    let name = if hello.has(kind::SERVER_NAME) { 'd' } else { 'i' };
    let counts = [ciphers.len().min(99), extensions.len().min(99)];
    let alpn = ends(hello.alpn().first().copied().unwrap_or_default());
    ciphers.sort_unstable();
    let mut rest: Vec<u16> =
        extensions.iter().copied().filter(|e| *e != kind::SERVER_NAME && *e != kind::ALPN).collect();
    rest.sort_unstable();
    let mut third = hex_list(&rest);
    let signatures = without_grease(&hello.signatures());
    if !signatures.is_empty() {
        third.push('_');
        third.push_str(&hex_list(&signatures));
    }
    let third = if extensions.is_empty() { NOTHING.into() } else { sha256_hex(&third) };
    let second = if ciphers.is_empty() { NOTHING.into() } else { sha256_hex(&hex_list(&ciphers)) };
    format!("{carrier}{version}{name}{:02}{:02}{alpn}_{second}_{third}", counts[0], counts[1])
}

fn version(version: u16) -> &'static str {
    match version {
        0x0304 | 0x7f00..=0x7fff => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last character of a protocol's name; of its bytes in hexadecimal where it is no text.
fn ends(name: &[u8]) -> String {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return "00".into() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(*first), char::from(*last)].iter().collect();
    }
    format!("{:x}{:x}", first >> 4, last & 15)
}

fn without_grease(list: &[u16]) -> Vec<u16> {
    list.iter().copied().filter(|v| !is_grease(*v)).collect()
}

fn decimal(list: &[u16]) -> String {
    let numbers: Vec<String> = without_grease(list).iter().map(u16::to_string).collect();
    numbers.join("-")
}

fn hex_list(list: &[u16]) -> String {
    let numbers: Vec<String> = list.iter().map(|v| format!("{v:04x}")).collect();
    numbers.join(",")
}

fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text))
}

fn sha256_hex(text: &str) -> String {
    hex(Sha256::digest(text).get(..6).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}

/// Stands for the hash of an empty list.
const NOTHING: &str = "000000000000";

#[cfg(test)]
mod tests {
    use super::super::tests::client_hello;
    use super::*;

    #[test]
    fn fingerprints_of_a_made_hello() {
        let message = client_hello("www.example.org", &["h2"]);
        let hello = ClientHello::new(&message[4..], false).unwrap();
        let ja4 = ja4(&hello, 't');
        assert!(ja4.starts_with("t13d0306h2_"), "{ja4}");
        // printf '1301,1302,c02f' | sha256sum
        assert_eq!(ja4.split('_').nth(1), Some("40b44b994229"));
        assert_eq!(ja3(&hello).len(), 32);
    }

    #[test]
    fn protocols_that_are_no_text() {
        assert_eq!(ends(b""), "00");
        assert_eq!(ends(b"h2"), "h2");
        assert_eq!(ends(&[0xab, 0xcd]), "ad");
    }
}

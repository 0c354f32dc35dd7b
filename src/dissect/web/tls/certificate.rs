//! X.509 certificates (RFC 5280) as far as a monitor shows them: issuer, subject, names, validity.

use std::fmt::Write as _;

use crate::dissect::common::asn1::{self, Element};
use crate::packet::{Incomplete, Reader};

/// What a certificate says of its owner.
#[derive(Debug, Default)]
pub struct Certificate<'a> {
    /// Who signed it, as `C=.., O=.., CN=..`.
    pub issuer: String,
    /// Whose it is.
    pub subject: String,
    /// The subject's common name.
    pub common_name: &'a [u8],
    /// Host names it is for.
    pub names: Vec<&'a [u8]>,
    /// First and last moment of validity, as ISO 8601.
    pub validity: [String; 2],
}

/// Reads the first certificate of a Certificate message's body (up to TLS 1.2), which is the server's own.
#[must_use]
pub fn first(body: &[u8]) -> Option<Certificate<'_>> {
    let mut r = Reader::new(body);
    r.skip(3, "list length").ok()?;
    let length = usize::try_from(r.u24("certificate length").ok()?).ok()?;
    let bytes = r.take(length.min(r.left()), "certificate").ok()?;
    let mut certificate = Certificate::default();
    let whole = read(&mut certificate, bytes);
    (whole.is_ok() || !certificate.issuer.is_empty()).then_some(certificate)
}

/// Fills in what there is; an error leaves what came before it.
fn read<'a>(certificate: &mut Certificate<'a>, bytes: &'a [u8]) -> Result<(), Incomplete> {
    let mut outer = open(&mut Reader::new(bytes))?;
    let mut body = open(&mut outer)?;
    let _version = asn1::optional(&mut body, 0xa0);
    asn1::element(&mut body)?;
    asn1::element(&mut body)?;
    certificate.issuer = name(asn1::expect(&mut body, asn1::SEQUENCE, "issuer")?).0;
    let mut validity = asn1::expect(&mut body, asn1::SEQUENCE, "validity")?;
    certificate.validity = [time(asn1::element(&mut validity)?), time(asn1::element(&mut validity)?)];
    (certificate.subject, certificate.common_name) = name(asn1::expect(&mut body, asn1::SEQUENCE, "subject")?);
    asn1::element(&mut body)?;
    while let Ok(element) = asn1::element(&mut body) {
        if element.tag == 0xa3 {
            let mut list = asn1::expect(&mut element.reader(), asn1::SEQUENCE, "extensions")?;
            extensions(certificate, &mut list);
        }
    }
    Ok(())
}

/// Goes into a SEQUENCE, whose end may be missing.
fn open<'a>(r: &mut Reader<'a>) -> Result<Reader<'a>, Incomplete> {
    let header = asn1::header(r)?;
    if header.tag != asn1::SEQUENCE {
        return Err(Incomplete("sequence"));
    }
    r.sub(header.length.min(r.left()), "sequence")
}

fn extensions<'a>(certificate: &mut Certificate<'a>, list: &mut Reader<'a>) {
    for _ in 0..MAX_EXTENSIONS {
        let Ok(mut extension) = asn1::expect(list, asn1::SEQUENCE, "extension") else { return };
        let Ok(id) = asn1::expect(&mut extension, asn1::OID, "extension id") else { return };
        let _critical = asn1::optional(&mut extension, asn1::BOOLEAN);
        let Ok(mut value) = asn1::expect(&mut extension, asn1::OCTET_STRING, "extension value") else { continue };
        if id.rest() == SUBJECT_ALTERNATIVE_NAME
            && let Ok(mut names) = asn1::expect(&mut value, asn1::SEQUENCE, "names")
        {
            while let Ok(name) = asn1::element(&mut names) {
                if name.tag == DNS_NAME && certificate.names.len() < MAX_NAMES {
                    certificate.names.push(name.body);
                }
            }
        }
    }
}

/// A distinguished name in words, and its last common name.
fn name(mut r: Reader<'_>) -> (String, &[u8]) {
    let mut text = String::new();
    let mut common: &[u8] = &[];
    for _ in 0..MAX_NAMES {
        let Some(mut set) = asn1::optional(&mut r, asn1::SET) else { break };
        let Some(mut pair) = asn1::optional(&mut set, asn1::SEQUENCE) else { break };
        let Some(id) = asn1::optional(&mut pair, asn1::OID) else { break };
        let Ok(value) = asn1::element(&mut pair) else { break };
        let Some(label) = label(id.rest()) else { continue };
        if label == "CN" {
            common = value.body;
        }
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{label}={}", String::from_utf8_lossy(value.body));
    }
    (text, common)
}

fn label(id: &[u8]) -> Option<&'static str> {
    Some(match id {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "street",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        EMAIL => "emailAddress",
        DOMAIN_COMPONENT => "DC",
        _ => return None,
    })
}

/// UTCTime or GeneralizedTime in ISO 8601: what has two digits for the year lies between 1950 and 2049.
fn time(element: Element) -> String {
    let text = std::str::from_utf8(element.body).unwrap_or_default().trim_end_matches('Z');
    let century = if text.starts_with(['5', '6', '7', '8', '9']) { "19" } else { "20" };
    let full = if element.tag == UTC_TIME { format!("{century}{text}") } else { text.to_owned() };
    let part = |from: usize, to: usize| full.get(from..to).unwrap_or("00");
    let (date, clock) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    format!("{}T{}", date.join("-"), clock.join(":"))
}

const UTC_TIME: u8 = 0x17;
const DNS_NAME: u8 = 0x82;
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
const DOMAIN_COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19];
const MAX_NAMES: usize = 24;
const MAX_EXTENSIONS: usize = 32;

#[cfg(test)]
pub(in crate::dissect::web) mod tests {
    use super::*;

    /// A DER element.
    fn der(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], body].concat()
    }

    fn distinguished(common: &[u8]) -> Vec<u8> {
        let pair = [der(asn1::OID, &[0x55, 4, 3]), der(0x0c, common)].concat();
        der(asn1::SEQUENCE, &der(asn1::SET, &der(asn1::SEQUENCE, &pair)))
    }

    /// The body of a Certificate message with one certificate.
    pub fn message(common: &[u8], names: &[&[u8]]) -> Vec<u8> {
        let names: Vec<u8> = names.iter().flat_map(|n| der(DNS_NAME, n)).collect();
        let value = der(asn1::OCTET_STRING, &der(asn1::SEQUENCE, &names));
        let extension = der(asn1::SEQUENCE, &[der(asn1::OID, SUBJECT_ALTERNATIVE_NAME), value].concat());
        let body = [
            der(0xa0, &[2, 1, 2]),
            der(asn1::INTEGER, &[7]),
            der(asn1::SEQUENCE, &[]),
            distinguished(b"Issuer"),
            der(asn1::SEQUENCE, &[der(UTC_TIME, b"240102030405Z"), der(0x18, b"20510102030405Z")].concat()),
            distinguished(common),
            der(asn1::SEQUENCE, &[]),
            der(0xa3, &der(asn1::SEQUENCE, &extension)),
        ];
        let bytes = der(asn1::SEQUENCE, &der(asn1::SEQUENCE, &body.concat()));
        let length = u32::try_from(bytes.len()).unwrap();
        [&(length + 3).to_be_bytes()[1..], &length.to_be_bytes()[1..], &bytes].concat()
    }

    #[test]
    fn names_and_validity() {
        let message = message(b"example.org", &[b"example.org", b"*.example.org"]);
        let certificate = first(&message).unwrap();
        assert_eq!(certificate.issuer, "CN=Issuer");
        assert_eq!(certificate.common_name, b"example.org");
        assert_eq!(certificate.names, [&b"example.org"[..], b"*.example.org"]);
        assert_eq!(certificate.validity, ["2024-01-02T03:04:05", "2051-01-02T03:04:05"]);
    }

    #[test]
    fn cut_anywhere_it_survives() {
        let message = message(b"example.org", &[b"example.org"]);
        for end in 0..message.len() {
            let _ = first(&message[..end]);
        }
    }
}

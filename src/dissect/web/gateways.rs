//! What web servers speak to the applications behind them: FastCGI (FastCGI specification 1.0), AJP 1.3 (Apache Tomcat
//! connectors), uwsgi (uwsgi-docs, Protocol).
//!
//! Extracted: host, method, path and agent of the request that is handed on. Not extracted: bodies, answers.

use crate::dissect::common::text::host;
use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// FastCGI.
pub static FASTCGI: Protocol = Protocol {
    name: "FastCGI",
    category: "Network",
    how: "a record that begins a request",
    ports: &[9000],
    starts: &[Start::Mask(0, 0xffff_0000, 0x0101_0000), Start::Mask(0, 0xffff_0000, 0x0106_0000)],
    probe: fastcgi,
    reading: Reading::Machine(|| Box::<FastCgi>::default()),
    ..GATEWAY
};

/// AJP.
pub static AJP: Protocol = Protocol {
    name: "AJP",
    category: "Web",
    how: "a forwarded request, ping or answer with its length",
    ports: &[8009],
    starts: &[Start::At(0, &[0x12, 0x34]), Start::At(0, b"AB")],
    probe: ajp,
    reading: Reading::Stateless(read_ajp),
    ..GATEWAY
};

/// uwsgi.
pub static UWSGI: Protocol = Protocol {
    name: "uWSGI",
    category: "Web",
    how: "a block of request variables",
    starts: &[Start::Mask(0, 0xff00_00ff, 0)],
    probe: uwsgi,
    reading: Reading::Stateless(read_uwsgi),
    ..GATEWAY
};

const GATEWAY: Protocol =
    Protocol { over: &[Transport::Tcp], fields: &[&HOST, &METHOD, &URL, &AGENT], ..Protocol::NEW };

static HOST: Field = Field::new("gateway", "hostname").role(Role::Asked);
static METHOD: Field = Field::new("gateway", "http_method");
static URL: Field = Field::new("gateway", "url");
static AGENT: Field = Field::new("gateway", "http_user_agent").role(Role::Agent);

/// BEGIN_REQUEST has a fixed form; the answer is known by its padding and what it begins with.
fn fastcgi(seen: &Seen) -> Verdict {
    let Some([_, kind, _, _, high, low, padding, reserved]) = seen.data.first_chunk::<8>() else {
        return Verdict::More;
    };
    let body = seen.data.get(8..).unwrap_or_default();
    if *kind == 6 {
        let length = u16::from_be_bytes([*high, *low]);
        let aligned = *reserved == 0 && *padding < 8 && length > 8;
        return match (aligned, body.len() < 8) {
            (true, true) => Verdict::More,
            (true, false)
                if matches!(body.get(..7), Some(b"Status:" | b"Content" | b"X-Power" | b"Set-Coo" | b"Content-")) =>
            {
                Verdict::Yes("FastCGI answer")
            }
            _ => Verdict::No,
        };
    }
    let Some([0, 1..=3, 0 | 1, 0, 0, 0, 0, 0]) = body.first_chunk::<8>() else {
        return if body.len() < 8 { Verdict::More } else { Verdict::No };
    };
    match [*high, *low, *reserved] {
        [0, 8, 0] => Verdict::Yes("FastCGI request"),
        _ => Verdict::No,
    }
}

/// Collects the parameters of one request.
#[derive(Default)]
struct FastCgi {
    parameters: Vec<u8>,
}

impl Dissector for FastCgi {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        if !cx.from_client {
            return Step::DoneHere;
        }
        let mut r = Reader::new(data);
        let (Ok([1, kind]), Ok(_), Ok(length), Ok([padding, _])) =
            (r.array("version and type"), r.u16("request"), r.u16("length"), r.array("padding"))
        else {
            return if data.len() < 8 { Step::Used(0) } else { Step::Done };
        };
        let Ok(body) = r.take(usize::from(length), "body") else { return Step::Used(0) };
        let end = kind > 4 || (kind == 4 && length == 0);
        if kind == 4 && self.parameters.len() + body.len() <= MAX_PARAMETERS {
            self.parameters.extend_from_slice(body);
        }
        if end {
            let _ = pairs(cx, &self.parameters);
            return Step::Done;
        }
        Step::Skip(r.position() + usize::from(padding))
    }
}

/// Names and values, each with a length of one byte or of four.
fn pairs(cx: &mut Cx, parameters: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(parameters);
    while !r.is_empty() {
        let [name, value] = [length(&mut r)?, length(&mut r)?];
        let name = r.take(name, "name")?;
        variable(cx, name, r.take(value, "value")?);
    }
    Ok(())
}

fn length(r: &mut Reader) -> Result<usize, Incomplete> {
    match r.u8("length")? {
        short @ ..0x80 => Ok(usize::from(short)),
        high => Ok(usize::from(high & 0x7f) << 24 | usize::try_from(r.u24("length")?).unwrap_or(usize::MAX)),
    }
}

fn asked(cx: &mut Cx, authority: &[u8]) {
    if cx.host(&HOST, host(authority)) {
        cx.note_fact("request for", &HOST);
    }
}

/// Takes a variable of the Common Gateway Interface (RFC 3875).
fn variable(cx: &mut Cx, name: &[u8], value: &[u8]) {
    match name {
        b"HTTP_HOST" => asked(cx, value),
        b"REQUEST_METHOD" => drop(cx.text(&METHOD, value)),
        b"REQUEST_URI" => drop(cx.text(&URL, value)),
        b"HTTP_USER_AGENT" => drop(cx.text(&AGENT, value)),
        _ => {}
    }
}

fn ajp(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    let (Ok(magic), Ok(length), Ok(kind)) = (r.u16("magic"), r.u16("length"), r.u8("type")) else {
        return Verdict::More;
    };
    if length > 8188 || length == 0 {
        return Verdict::No;
    }
    match (magic, kind) {
        // Forwarded request: method, then the protocol's version as a string.
        (0x1234, 2) => match (r.u8("method"), r.u16("length"), r.take(7, "protocol")) {
            (Ok(1..=27 | 0xff), Ok(8), Ok(b"HTTP/1." | b"HTTP/2.")) => Verdict::Yes("AJP request"),
            (Ok(1..=27 | 0xff), Ok(8), Err(_)) | (_, Err(_), _) | (Err(_), ..) => Verdict::More,
            _ => Verdict::No,
        },
        (0x1234, 7 | 8 | 10) if length == 1 => Verdict::Yes("AJP ping"),
        // Headers of the answer: status, message.
        (0x4142, 4) => match (r.u16("status"), r.u16("length")) {
            (Ok(100..=599), Ok(0..=99)) => Verdict::Yes("AJP answer"),
            (Err(_), _) | (_, Err(_)) => Verdict::More,
            _ => Verdict::No,
        },
        (0x4142, 9) if length == 1 => Verdict::Yes("AJP pong"),
        _ => Verdict::No,
    }
}

fn read_ajp(cx: &mut Cx, data: &[u8]) -> Step {
    if !cx.from_client {
        return Step::DoneHere;
    }
    let mut r = Reader::new(data);
    let (Ok(_), Ok(length)) = (r.u16("magic"), r.u16("length")) else { return Step::Used(0) };
    let Ok(mut body) = r.sub(usize::from(length), "message") else { return Step::Used(0) };
    if body.u8("type") != Ok(2) {
        return Step::Used(r.position());
    }
    let _ = forwarded(cx, &mut body);
    Step::Done
}

/// A forwarded request: method, protocol, path, and the server's name.
fn forwarded(cx: &mut Cx, r: &mut Reader) -> Result<(), Incomplete> {
    let method = r.u8("method")?;
    let _protocol = string(r)?;
    let path = string(r)?;
    let (_address, _peer) = (string(r)?, string(r)?);
    let server = string(r)?;
    if let Some(name) = METHODS.get(usize::from(method).wrapping_sub(1)) {
        cx.word(&METHOD, name);
    }
    cx.text(&URL, path);
    asked(cx, server);
    Ok(())
}

/// A string with its length and a zero behind it; a length of 65,535 is none.
fn string<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Incomplete> {
    match r.u16("string length")? {
        0xffff => Ok(&[]),
        length => {
            let text = r.take(usize::from(length), "string")?;
            r.skip(1, "zero")?;
            Ok(text)
        }
    }
}

/// A block of variables: size, then a name that CGI knows.
fn uwsgi(seen: &Seen) -> Verdict {
    let mut r = Reader::new(seen.data);
    let (Ok(_), Ok(size), Ok(_), Ok(name)) =
        (r.u8("modifier"), r.u16_le("size"), r.u8("modifier"), r.u16_le("name length"))
    else {
        return Verdict::More;
    };
    if !(4..=40).contains(&name) || size < 16 {
        return Verdict::No;
    }
    let known = |name: &[u8]| {
        [&b"REQUEST_"[..], b"QUERY_STRING", b"CONTENT_", b"HTTP_", b"SERVER_", b"PATH_INFO", b"SCRIPT_", b"REMOTE_"]
            .iter()
            .any(|k| name.starts_with(k))
    };
    match r.take(usize::from(name), "name") {
        Ok(name) if known(name) => Verdict::Yes("uwsgi request variables"),
        Ok(_) => Verdict::No,
        Err(_) => Verdict::More,
    }
}

fn read_uwsgi(cx: &mut Cx, data: &[u8]) -> Step {
    let mut r = Reader::new(data);
    let (Ok(_), Ok(size), Ok(_)) = (r.u8("modifier"), r.u16_le("size"), r.u8("modifier")) else { return Step::Used(0) };
    let Ok(mut variables) = r.sub(usize::from(size), "variables") else { return Step::Used(0) };
    while let (Ok(name), true) = (little(&mut variables), !variables.is_empty()) {
        let Ok(value) = little(&mut variables) else { break };
        variable(cx, name, value);
    }
    Step::Done
}

fn little<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Incomplete> {
    let length = r.u16_le("length")?;
    r.take(usize::from(length), "text")
}

const MAX_PARAMETERS: usize = 16 << 10;

/// AJP's numbers of methods, from 1.
static METHODS: &[&str] =
    &["OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn fastcgi_request() -> Vec<u8> {
        let parameters = b"\x09\x0bHTTP_HOSTexample.org\x0e\x03REQUEST_METHODGET\x0b\x02REQUEST_URI/a";
        let length = u8::try_from(parameters.len()).unwrap();
        [
            &[1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 1, 0, length, 2, 0][..],
            parameters,
            &[0, 0],
            &[1, 4, 0, 1, 0, 0, 0, 0],
        ]
        .concat()
    }

    const FORWARD: &[u8] = b"\x12\x34\x00\x28\x02\x02\x00\x08HTTP/1.1\x00\x00\x02/a\x00\x00\x01x\x00\xff\xff\
        \x00\x0bexample.org\x00\x00\x50";
    const VARIABLES: &[u8] = b"\0\x21\0\0\x0e\0REQUEST_METHOD\x03\0GET\x09\0HTTP_HOST\x01\0a";

    #[test]
    fn requests_are_read() {
        let request = fastcgi_request();
        let talk = Talk::tcp(4000, 9000).client(&request[..5]).client(&request[5..]).run();
        assert_eq!((talk.names(), facts(&talk, &HOST)), (vec!["FastCGI"], vec!["example.org".to_owned()]));
        let talk = Talk::tcp(4000, 9999).client(FORWARD).run();
        assert_eq!((talk.names(), facts(&talk, &HOST)), (vec!["AJP"], vec!["example.org".to_owned()]));
        let talk = Talk::tcp(4000, 9999).client(VARIABLES).run();
        assert_eq!((talk.names(), facts(&talk, &METHOD)), (vec!["uWSGI"], vec!["GET".to_owned()]));
    }

    #[test]
    fn damage_is_survived() {
        survives(&FASTCGI, &[&fastcgi_request()]);
        survives(&AJP, &[FORWARD]);
        survives(&UWSGI, &[VARIABLES]);
    }

    #[test]
    fn others_are_none_of_them() {
        for other in
            [&b"\x01\x01\x00\x01\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"[..], b"ABCDEFGHIJKLMN", &[0; 40]]
        {
            let names = Talk::tcp(4000, 9999).client(other).run().names();
            assert!(!names.iter().any(|n| ["FastCGI", "AJP", "uWSGI"].contains(n)));
        }
    }
}

//! SOCKS 4, 4a (Ying-Da Lee) and 5 (RFC 1928, RFC 1929).
//!
//! Extracted: version, the host or address asked for, user name. Behind the server's consent both directions are looked
//! at anew. Not extracted: passwords, datagrams of UDP ASSOCIATE.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::dissect::{Cx, Dissector, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// SOCKS.
pub static SOCKS: Protocol = Protocol {
    name: "SOCKS",
    eve: "socks",
    category: "Web",
    how: "a greeting and its answer, or a request whose lengths agree",
    over: &[Transport::Tcp],
    ports: &[1080, 9050, 9150],
    starts: &[
        Start::At(0, &[5]),
        Start::At(0, &[4, 1]),
        Start::At(0, &[4, 2]),
        Start::At(0, &[0, GRANTED]),
        Start::At(0, &[0, 0x5b]),
        Start::At(0, &[0, 0x5c]),
        Start::At(0, &[0, 0x5d]),
    ],
    fields: &[&VERSION, &HOST, &ADDRESS, &PORT, &USER],
    probe,
    reading: Reading::Machine(|| Box::<Socks>::default()),
    ..Protocol::NEW
};

static VERSION: Field = Field::new("socks", "version");
static HOST: Field = Field::new("socks", "host").role(Role::Asked);
static ADDRESS: Field = Field::new("socks", "address");
static PORT: Field = Field::new("socks", "port");
static USER: Field = Field::new("socks", "user");

/// SOCKS 4: the request is granted.
const GRANTED: u8 = 0x5a;

fn probe(seen: &Seen) -> Verdict {
    match seen.data {
        [5, ..] => fifth(seen),
        [4, ..] => match Request::fourth(&mut Reader::new(seen.data)) {
            Ok(request) if request.host.is_some() => Verdict::Yes("SOCKS 4a request"),
            Ok(_) if seen.data.len() <= MAX_REQUEST => Verdict::Weak("SOCKS 4 request"),
            Err(Incomplete("sound request")) => Verdict::No,
            Err(_) if seen.data.len() < MAX_REQUEST => Verdict::More,
            _ => Verdict::No,
        },
        [0, 0x5a..=0x5d, ..] => match Request::fourth(&mut Reader::new(seen.other)) {
            Ok(_) if seen.data.len() >= 8 => Verdict::Yes("SOCKS 4 request and answer"),
            Ok(_) => Verdict::More,
            Err(_) => Verdict::No,
        },
        _ => Verdict::More,
    }
}

/// Version 5: greeting and answer are so short that only both together tell, or the request behind them.
fn fifth(seen: &Seen) -> Verdict {
    let request = |data| match Request::fifth(&mut Reader::new(data)) {
        Ok((_, 0)) => Some(Verdict::Yes("SOCKS 5 request")),
        _ => None,
    };
    if let [5, choice] = seen.data {
        let offered = greeting(seen.other).ok().flatten();
        return match offered {
            Some((methods, _)) if methods.contains(choice) || *choice == 0xff => {
                Verdict::Yes("SOCKS 5 greeting and answer")
            }
            _ => Verdict::More,
        };
    }
    match greeting(seen.data) {
        Err(_) => Verdict::More,
        Ok(Some((_, []))) => Verdict::More,
        Ok(Some((_, rest))) => {
            request(rest).unwrap_or(if rest.len() < MAX_REQUEST { Verdict::More } else { Verdict::No })
        }
        Ok(None) => request(seen.data).unwrap_or(Verdict::No),
    }
}

/// The methods that a client offers, and what stands behind them.
type Greeting<'a> = (&'a [u8], &'a [u8]);

/// Reads a greeting; none if it is something else.
fn greeting(data: &[u8]) -> Result<Option<Greeting<'_>>, Incomplete> {
    let mut r = Reader::new(data);
    if r.u8("version")? != 5 {
        return Ok(None);
    }
    let count = usize::from(r.u8("count")?);
    if !(1..=MAX_METHODS).contains(&count) {
        return Ok(None);
    }
    let methods = r.take(count, "methods")?;
    // Registered methods, and those kept for private use.
    let known = methods.iter().all(|m| matches!(m, 0..=9 | 0x80..=0xfe));
    let twice = methods.iter().enumerate().any(|(i, m)| methods.iter().skip(i + 1).any(|n| n == m));
    Ok((known && !twice).then_some((methods, r.rest())))
}

/// What a client asks for.
#[derive(Debug, Default)]
struct Request<'a> {
    command: u8,
    host: Option<&'a [u8]>,
    address: Option<IpAddr>,
    port: u16,
    user: &'a [u8],
}

impl<'a> Request<'a> {
    /// Version 4, with the host name of 4a.
    fn fourth(r: &mut Reader<'a>) -> Result<Self, Incomplete> {
        let [version, command] = r.array("version and command")?;
        let port = r.u16("port")?;
        let address: [u8; 4] = r.array("address")?;
        if version != 4 || !matches!(command, 1 | 2) || port == 0 {
            return Err(Incomplete("sound request"));
        }
        let user = zero_ended(r)?;
        let named = matches!(address, [0, 0, 0, 1..=255]);
        let host = if named { Some(zero_ended(r)?).filter(|h| h.len() > 1) } else { None };
        if (named && host.is_none()) || (!named && address.first() == Some(&0)) {
            return Err(Incomplete("sound request"));
        }
        let address = (!named).then(|| IpAddr::V4(Ipv4Addr::from(address)));
        Ok(Self { command, host, address, port, user })
    }

    /// Version 5: a request or a reply, which are built alike, and how many bytes follow it.
    fn fifth(r: &mut Reader<'a>) -> Result<(Self, usize), Incomplete> {
        let [version, command, reserved] = r.array("version and command")?;
        if version != 5 || command > 8 || reserved != 0 {
            return Err(Incomplete("sound request"));
        }
        let mut request = Self { command, ..Self::default() };
        match r.u8("address type")? {
            1 => request.address = Some(IpAddr::V4(Ipv4Addr::from(r.array::<4>("address")?))),
            4 => request.address = Some(IpAddr::V6(Ipv6Addr::from(r.array::<16>("address")?))),
            3 => {
                let length = usize::from(r.u8("host length")?);
                let host = r.take(length, "host")?;
                if host.is_empty() || host.iter().any(|b| !b.is_ascii_graphic()) {
                    return Err(Incomplete("sound request"));
                }
                request.host = Some(host);
            }
            _ => return Err(Incomplete("sound request")),
        }
        request.port = r.u16("port")?;
        Ok((request, r.left()))
    }

    fn tell(&self, cx: &mut Cx) {
        if let Some(host) = self.host
            && cx.host(&HOST, host)
        {
            cx.note_fact("request for", &HOST);
        }
        if let Some(address) = self.address {
            cx.address(&ADDRESS, address);
        }
        cx.number(&PORT, self.port);
        if !self.user.is_empty() {
            cx.text(&USER, self.user);
        }
    }
}

/// Text up to a zero.
fn zero_ended<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Incomplete> {
    let there = r.rest();
    let text = r.until(0, "end of text").map_err(|missing| match there.iter().all(u8::is_ascii_graphic) {
        true => missing,
        false => Incomplete("sound request"),
    })?;
    if text.iter().all(u8::is_ascii_graphic) { Ok(text) } else { Err(Incomplete("sound request")) }
}

/// A connection up to the server's consent.
#[derive(Default)]
struct Socks {
    client: At,
    /// The method that the server chose was told.
    chosen: bool,
    authenticated: bool,
    /// Packet of the request.
    asked: u64,
    answered: bool,
}

/// What comes next from the client.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Greeting,
    Request,
    /// What is carried.
    Carried,
}

impl Dissector for Socks {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let step = if cx.from_client { self.client(cx, data) } else { self.server(cx, data) };
        step.unwrap_or(if data.len() > MAX_REQUEST { Step::Done } else { Step::Used(0) })
    }
}

impl Socks {
    fn client(&mut self, cx: &mut Cx, data: &[u8]) -> Result<Step, Incomplete> {
        let mut r = Reader::new(data);
        match (self.client, data.first()) {
            (At::Greeting, Some(4)) => {
                let request = Request::fourth(&mut r)?;
                cx.number(&VERSION, 4_u8);
                request.tell(cx);
                self.requested(cx);
            }
            (At::Greeting, _) => {
                cx.number(&VERSION, 5_u8);
                if Request::fifth(&mut Reader::new(data)).is_ok_and(|(_, rest)| rest == 0) {
                    self.client = At::Request;
                    return self.client(cx, data);
                }
                r.skip(1, "version")?;
                let count = usize::from(r.u8("count")?);
                r.skip(count, "methods")?;
                self.client = At::Request;
            }
            // User name and password.
            (At::Request, Some(1)) => {
                r.skip(1, "version")?;
                let length = usize::from(r.u8("user length")?);
                let user = r.take(length, "user")?;
                let length = usize::from(r.u8("password length")?);
                r.skip(length, "password")?;
                cx.text(&USER, user);
                self.authenticated = true;
            }
            (At::Request, Some(5)) => {
                let (request, _) = Request::fifth(&mut r)?;
                request.tell(cx);
                if request.command == 3 {
                    return Ok(Step::Done);
                }
                self.requested(cx);
            }
            (At::Request, _) => return Ok(Step::Done),
            // A client that goes on has its answer, though it was not captured.
            (At::Carried, _) if !self.answered && !self.chosen && cx.packet > self.asked => return Ok(Step::Inner(0)),
            (At::Carried, _) => return Ok(Step::Used(0)),
        }
        Ok(Step::Used(r.position()))
    }

    fn requested(&mut self, cx: &Cx) {
        self.client = At::Carried;
        self.asked = cx.packet;
    }

    fn server(&mut self, cx: &mut Cx, data: &[u8]) -> Result<Step, Incomplete> {
        let mut r = Reader::new(data);
        match data.first() {
            Some(0) => {
                let [_, answer, ..] = r.array::<8>("answer")?;
                self.answered = true;
                return Ok(if answer == GRANTED { Step::Inner(8) } else { Step::Done });
            }
            Some(5) if !self.chosen => {
                self.chosen = true;
                let [_, method] = r.array("method")?;
                if method == 0xff {
                    return Ok(Step::Done);
                }
            }
            Some(1) => {
                let [_, status] = r.array("status")?;
                if status != 0 {
                    return Ok(Step::Done);
                }
            }
            Some(5) => {
                let (reply, _) = Request::fifth(&mut r)?;
                self.answered = true;
                let _ = &cx;
                return Ok(if reply.command == 0 { Step::Inner(r.position()) } else { Step::Done });
            }
            _ => return Ok(Step::Done),
        }
        Ok(Step::Used(r.position()))
    }
}

const MAX_METHODS: usize = 10;
const MAX_REQUEST: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const HOST_REQUEST: &[u8] = b"\x05\x01\x00\x03\x0bexample.org\x00\x50";
    const REPLY: &[u8] = b"\x05\x00\x00\x01\x0a\x00\x00\x01\x10\x10";
    const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";

    #[test]
    fn version_5_with_a_password_and_what_it_carries() {
        let talk = Talk::tcp(4000, 9999)
            .client(b"\x05\x02\x00\x02")
            .server(b"\x05\x02")
            .client(b"\x01\x03joe\x02pw")
            .server(b"\x01\x00")
            .client(HOST_REQUEST)
            .server(REPLY)
            .client(GET)
            .run();
        assert_eq!(talk.names(), ["SOCKS", "HTTP"]);
        assert_eq!(facts(&talk, &HOST), ["example.org"]);
        assert_eq!(facts(&talk, &USER), ["joe"]);
    }

    #[test]
    fn version_4a() {
        let talk = Talk::tcp(4000, 9999)
            .client(b"\x04\x01\x00\x50\x00\x00\x00\x01\x00exa")
            .client(b"mple.org\x00")
            .server(b"\x00\x5a\x00\x50\x00\x00\x00\x00")
            .client(GET)
            .run();
        assert_eq!(talk.names(), ["SOCKS", "HTTP"]);
        assert_eq!(facts(&talk, &HOST), ["example.org"]);
    }

    #[test]
    fn version_4_needs_its_answer() {
        let request = b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00";
        assert!(!Talk::tcp(4000, 9999).client(request).run().names().contains(&"SOCKS"));
        let talk = Talk::tcp(4000, 9999).client(request).server(b"\x00\x5a\x00\x00\x00\x00\x00\x00").run();
        assert_eq!(talk.names(), ["SOCKS"]);
    }

    #[test]
    fn short_likenesses_are_not_socks() {
        for other in
            [&b"\x05\x01\x00"[..], b"\x05\x00\x0b\x03\x10\x00\x00\x00", b"\x04\x01\x00\x00\x00\x00\x00\x00\x00"]
        {
            assert!(!Talk::tcp(4000, 9999).client(other).server(b"\x07\x00").run().names().contains(&"SOCKS"));
        }
    }

    #[test]
    fn damage_is_survived() {
        let whole = [b"\x05\x01\x00", HOST_REQUEST].concat();
        survives(&SOCKS, &[&whole, b"\x04\x01\x00\x50\x00\x00\x00\x01\x00example.org\x00", REPLY]);
    }
}

//! HTTP/1 (RFC 9112) with its tunnels and upgrades (RFC 9110 section 7.8, 9.3.6), on any port, from either side.
//!
//! Extracted: method, target, hosts, agent, referrer, server, status, types, lengths; hosts of further requests on the
//! same connection. Bodies are stepped over, except that their first bytes may tell what is carried (SOAP, JSON-RPC, HLS
//! ...). After CONNECT and after an upgrade what follows is looked at anew. Not extracted: cookies, bodies, trailers.

pub mod services;
mod start;

use std::collections::VecDeque;

use self::start::Start;
use crate::dissect::common::text::{begins, header, holds, host, line, number, split};
use crate::dissect::web::marks::{self, Place};
use crate::dissect::{self, Cx, Dissector, Protocol, Reading, Seen, Step, Transport, Verdict};
use crate::facts::{Field, Role, Value};

/// HTTP/1.
pub static HTTP: Protocol = Protocol {
    name: "HTTP",
    eve: "http",
    category: "Web",
    how: "a request or status line",
    over: &[Transport::Tcp],
    ports: &[80, 8080, 8000, 8008, 8081, 3128, 8888],
    // Methods are capital letters, and so is the status line. In the middle of a stream, its next message.
    starts: &[
        dissect::Start::Range(b'A', b'Z'),
        dissect::Start::Text(b"get "),
        dissect::Start::Text(b"post "),
        dissect::Start::Port,
    ],
    fields: &[
        &HOST,
        &HOSTS,
        &URL,
        &AGENT,
        &METHOD,
        &PROTOCOL,
        &STATUS,
        &TYPE,
        &REQUEST_TYPE,
        &REFERRER,
        &LENGTH,
        &SERVER,
        &XFF,
        &REDIRECT,
    ],
    probe,
    reading: Reading::Machine(|| Box::<Http>::default()),
    ..Protocol::NEW
};

pub(super) static HOST: Field = Field::new("http", "hostname").role(Role::Asked);
pub(super) static HOSTS: Field = Field::list("http", "hostnames").role(Role::Asked);
pub(super) static URL: Field = Field::new("http", "url");
pub(super) static AGENT: Field = Field::new("http", "http_user_agent").role(Role::Agent);
pub(super) static METHOD: Field = Field::new("http", "http_method");
static PROTOCOL: Field = Field::new("http", "protocol");
pub(super) static STATUS: Field = Field::new("http", "status");
pub(super) static TYPE: Field = Field::new("http", "http_content_type");
pub(super) static REQUEST_TYPE: Field = Field::new("http", "request_content_type");
pub(super) static REFERRER: Field = Field::new("http", "http_refer");
static LENGTH: Field = Field::new("http", "length");
pub(super) static SERVER: Field = Field::new("http", "server");
static XFF: Field = Field::new("http", "xff");
static REDIRECT: Field = Field::new("http", "redirect");

fn probe(seen: &Seen) -> Verdict {
    match start::probe(seen.data) {
        Verdict::No if seen.midstream && seen.usual && seen.data.len() > MIDDLE => match start::resume(seen.data) {
            Some(_) => Verdict::Yes("HTTP message within the stream"),
            None => Verdict::No,
        },
        verdict => verdict,
    }
}

/// A connection.
#[derive(Default)]
struct Http {
    sides: [Side; 2],
    /// Requests that wait for their response.
    asked: VecDeque<Asked>,
    /// Packet of a CONNECT that was not answered yet.
    connect: Option<u64>,
}

/// What matters of a request when its response comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Usual,
    /// HEAD: no body whatever the headers say.
    Head,
    Connect,
}

/// One direction.
#[derive(Default)]
struct Side {
    at: At,
    head: Head,
}

/// Place within a message.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    Headers,
    /// So many bytes of body follow.
    Body(u64),
    /// A line with the size of a chunk follows.
    Chunk,
    Trailer,
    /// The body ends with the connection.
    ToTheEnd,
    /// Behind a CONNECT that the proxy has not answered.
    Waiting,
    /// Bytes were lost.
    Lost,
}

/// What headers say about what comes after them.
#[derive(Default)]
struct Head {
    response: bool,
    status: u16,
    length: Option<u64>,
    chunked: bool,
    upgrade: Upgrade,
    agreed: Option<&'static Protocol>,
    asked: Option<Asked>,
    body_seen: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Upgrade {
    #[default]
    None,
    WebSocket,
    Other,
}

impl Dissector for Http {
    fn feed(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        match self.side(cx).at {
            At::Start => self.start(cx, data),
            At::Headers => self.headers(cx, data),
            At::Body(left) => self.body(cx, data, left),
            At::Chunk => self.chunk(cx, data),
            At::Trailer => match line(data) {
                Some((b"", used)) => self.go(cx, At::Start, used),
                Some((_, used)) => Step::Used(used),
                None => Step::Used(0),
            },
            At::ToTheEnd => {
                self.look(cx, data);
                Step::DoneHere
            }
            At::Waiting => self.waiting(cx, data),
            At::Lost => match start::resume(data) {
                Some(0) => self.again(cx, At::Start, data),
                Some(at) => self.go(cx, At::Start, at),
                None => Step::Used(data.len()),
            },
        }
    }

    fn gap(&mut self, cx: &mut Cx) -> Step {
        let side = self.side(cx);
        if side.at != At::ToTheEnd {
            *side = Side { at: At::Lost, ..Side::default() };
        }
        self.asked.clear();
        Step::Used(0)
    }
}

impl Http {
    fn side(&mut self, cx: &Cx) -> &mut Side {
        let [client, server] = &mut self.sides;
        if cx.from_client { client } else { server }
    }

    /// Moves to another place behind these bytes, at least one.
    fn go(&mut self, cx: &mut Cx, at: At, used: usize) -> Step {
        self.side(cx).at = at;
        Step::Used(used)
    }

    /// Moves to another place with the same bytes. Never back to where they were not understood.
    fn again(&mut self, cx: &mut Cx, at: At, data: &[u8]) -> Step {
        self.side(cx).at = at;
        self.feed(cx, data)
    }

    /// Takes a first line.
    fn start(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let Some((line, used)) = line(data) else {
            return if data.len() > MAX_LINE { self.go(cx, At::Lost, data.len()) } else { Step::Used(0) };
        };
        if line.is_empty() {
            return Step::Used(used);
        }
        let mut head = Head::default();
        match Start::new(line) {
            Some(Start::Request(method, target, version)) => {
                head.asked = Some(self.request(cx, method, target, version));
            }
            Some(Start::Status(version, code)) => {
                head.response = true;
                head.status = code;
                cx.text(&PROTOCOL, version);
                if code != 100 && cx.number(&STATUS, code) {
                    cx.note_fact("response, status", &STATUS);
                }
                if version == b"ICY" {
                    layer(cx, &super::icecast::ICECAST);
                }
            }
            None => return self.again(cx, At::Lost, data),
        }
        let oldest = matches!(Start::new(line), Some(Start::Request(_, _, b"HTTP/0.9")));
        self.side(cx).head = head;
        self.go(cx, if oldest { At::ToTheEnd } else { At::Headers }, used)
    }

    fn request(&mut self, cx: &mut Cx, method: &[u8], target: &[u8], version: &[u8]) -> Asked {
        cx.text(&METHOD, method);
        cx.text(&URL, target);
        cx.text(&PROTOCOL, version);
        if let Some(service) = services::of_request(method, target) {
            layer(cx, service);
        }
        if holds(target, b"info_hash=") && (holds(target, b"peer_id=") || holds(target, b"scrape")) {
            cx.note("BitTorrent announce");
            cx.app("BitTorrent");
        }
        match method {
            b"CONNECT" => {
                asked_for(cx, target);
                self.connect = Some(cx.packet);
                Asked::Connect
            }
            b"HEAD" => Asked::Head,
            _ => {
                if let Some((_, rest)) = split(target, b':').filter(|_| begins(target, b"http")) {
                    let authority = rest.trim_ascii_start().strip_prefix(b"//").unwrap_or_default();
                    let end = authority.iter().position(|b| *b == b'/').unwrap_or(authority.len());
                    asked_for(cx, authority.get(..end).unwrap_or_default());
                }
                Asked::Usual
            }
        }
    }

    /// Takes all header lines that are complete.
    fn headers(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let mut used = 0;
        while let Some((line, n)) = line(data.get(used..).unwrap_or_default()) {
            used += n;
            if line.is_empty() {
                return self.end_of_head(cx, used);
            }
            if let Some((name, value)) = header(line) {
                self.side(cx).head.take(cx, name, value);
            }
        }
        match data.len() - used > MAX_LINE {
            true => self.go(cx, At::Lost, data.len()),
            false => Step::Used(used),
        }
    }

    /// Decides what follows the empty line.
    fn end_of_head(&mut self, cx: &mut Cx, used: usize) -> Step {
        let head = std::mem::take(&mut self.side(cx).head);
        if let Some(Value::Text(agent)) = cx.facts().get(&AGENT).filter(|_| !head.response).cloned() {
            marks::tell(cx, Place::Agent, agent.as_bytes());
        }
        let next = if head.response {
            let asked = if head.status / 100 == 1 && head.status != 101 {
                Asked::Usual
            } else {
                self.asked.pop_front().unwrap_or(Asked::Usual)
            };
            match self.tunnel(cx, &head, asked, used) {
                Some(step) => return step,
                None => head.after_response(asked),
            }
        } else {
            let asked = head.asked.unwrap_or(Asked::Usual);
            if self.asked.len() < MAX_PIPELINED {
                self.asked.push_back(asked);
            }
            if asked == Asked::Connect { At::Waiting } else { head.after_request() }
        };
        self.go(cx, next, used)
    }

    /// Whether both directions carry something else behind this response.
    fn tunnel(&mut self, cx: &mut Cx, head: &Head, asked: Asked, used: usize) -> Option<Step> {
        let connect = asked == Asked::Connect || self.connect.is_some();
        if head.status == 101 {
            if head.upgrade == Upgrade::WebSocket {
                cx.note("upgrade to WebSocket");
                layer(cx, &super::websocket::WEBSOCKET);
                if let Some(inside) = head.agreed {
                    cx.note("protocol inside the WebSocket by agreement");
                    cx.layer(inside);
                }
                return Some(Step::Done);
            }
            return Some(Step::Inner(used));
        }
        if !connect || head.status / 100 == 1 {
            return None;
        }
        self.connect = None;
        if head.status / 100 == 2 {
            return Some(Step::Inner(used));
        }
        let [client, server] = &mut self.sides;
        let requester = if cx.from_client { server } else { client };
        requester.at = At::Start;
        None
    }

    /// Behind a CONNECT. A client that goes on has its answer, though it was not captured.
    fn waiting(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        match self.connect {
            Some(packet) if cx.packet > packet + 1 && self.sides.get(1).is_some_and(|s| s.at == At::Start) => {
                Step::Inner(0)
            }
            Some(_) => Step::Used(0),
            None => self.again(cx, At::Start, data),
        }
    }

    fn body(&mut self, cx: &mut Cx, data: &[u8], left: u64) -> Step {
        self.look(cx, data);
        self.side(cx).at = At::Start;
        Step::Skip(usize::try_from(left).unwrap_or(usize::MAX))
    }

    fn chunk(&mut self, cx: &mut Cx, data: &[u8]) -> Step {
        let Some((line, used)) = line(data) else {
            return if data.len() > MAX_LINE { self.go(cx, At::Lost, data.len()) } else { Step::Used(0) };
        };
        let digits = split(line, b';').map_or(line, |(size, _)| size).trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|d| u32::from_str_radix(d, 16).ok());
        match size {
            None => self.go(cx, At::Lost, used),
            Some(0) => self.go(cx, At::Trailer, used),
            Some(size) => {
                self.look(cx, data.get(used..).unwrap_or_default());
                Step::Skip(used.saturating_add(usize::try_from(size).unwrap_or(usize::MAX)).saturating_add(2))
            }
        }
    }

    /// Looks once at the first bytes of a body.
    fn look(&mut self, cx: &mut Cx, body: &[u8]) {
        let head = &mut self.side(cx).head;
        if !std::mem::replace(&mut head.body_seen, true)
            && let Some(service) = services::of_body(body)
        {
            layer(cx, service);
        }
    }
}

impl Head {
    /// Takes one header.
    fn take(&mut self, cx: &mut Cx, name: &[u8], value: &[u8]) {
        let named = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        let response = self.response;
        match name.len() {
            2 if named(b"TE") => {}
            4 if named(b"host") && !response => asked_for(cx, value),
            6 if named(b"server") && response => drop(cx.text(&SERVER, value)),
            7 if named(b"referer") => drop(cx.text(&REFERRER, value)),
            7 if named(b"upgrade") => {
                self.upgrade = if holds(value, b"websocket") { Upgrade::WebSocket } else { Upgrade::Other };
            }
            22 if named(b"sec-websocket-protocol") && response => self.agreed = super::websocket::inside(value),
            8 if named(b"location") && response => drop(cx.text(&REDIRECT, value)),
            10 if named(b"user-agent") => drop(cx.text(&AGENT, value)),
            12 if named(b"content-type") => drop(cx.text(if response { &TYPE } else { &REQUEST_TYPE }, value)),
            14 if named(b"content-length") => {
                self.length = number(value);
                if let Some(length) = self.length.filter(|_| response) {
                    cx.number(&LENGTH, length);
                }
            }
            15 if named(b"x-forwarded-for") => drop(cx.text(&XFF, value)),
            17 if named(b"transfer-encoding") => self.chunked = holds(value, b"chunked"),
            _ => {}
        }
        if let Some(service) = services::of_header(name, value) {
            layer(cx, service);
        }
    }

    fn after_request(&self) -> At {
        match self.length {
            _ if self.chunked => At::Chunk,
            Some(length) if length > 0 => At::Body(length),
            _ => At::Start,
        }
    }

    fn after_response(&self, asked: Asked) -> At {
        match self.length {
            _ if asked == Asked::Head || matches!(self.status, 100..=199 | 204 | 304) => At::Start,
            _ if self.chunked => At::Chunk,
            Some(0) => At::Start,
            Some(length) => At::Body(length),
            None => At::ToTheEnd,
        }
    }
}

/// Keeps the host of a request; those of later requests too.
pub(super) fn asked_for(cx: &mut Cx, authority: &[u8]) {
    let name = host(authority);
    if cx.host(&HOST, name) {
        return cx.note_fact("request, Host", &HOST);
    }
    let first =
        matches!(cx.facts().get(&HOST), Some(crate::facts::Value::Text(h)) if h.as_bytes().eq_ignore_ascii_case(name));
    if !first && cx.host(&HOSTS, name) {
        cx.note_fact("further request, Host", &HOSTS);
    }
}

/// Names a layer once.
pub(super) fn layer(cx: &mut Cx, service: &'static Protocol) {
    if !cx.findings.evidence.iter().any(|e| e.what == service.how) {
        cx.note(service.how);
        cx.layer(service);
    }
}

/// Longest line that is waited for.
const MAX_LINE: usize = 16 << 10;
const MAX_PIPELINED: usize = 64;
/// The least of a stream's middle in which a message is looked for.
const MIDDLE: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const REQUEST: &[u8] = b"POST /a?b HTTP/1.1\r\nHost: WWW.Example.org:8080\r\nUser-Agent: curl/8\r\n\
        Content-Length: 5\r\n\r\nhello";
    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

    #[test]
    fn a_request_and_its_response() {
        let talk = Talk::tcp(4000, 9999).client(REQUEST).server(RESPONSE).run();
        assert_eq!(talk.names(), ["HTTP"]);
        assert_eq!(facts(&talk, &HOST), ["www.example.org"]);
        assert_eq!(facts(&talk, &URL), ["/a?b"]);
        assert_eq!(facts(&talk, &AGENT), ["curl/8"]);
        assert_eq!(facts(&talk, &STATUS), ["200"]);
        assert_eq!(facts(&talk, &SERVER), ["nginx"]);
    }

    #[test]
    fn in_single_bytes() {
        let talk = REQUEST.iter().fold(Talk::tcp(4000, 9999), |talk, b| talk.client(&[*b]));
        let talk = RESPONSE.iter().fold(talk, |talk, b| talk.server(&[*b])).run();
        assert_eq!(facts(&talk, &HOST), ["www.example.org"]);
        assert_eq!(facts(&talk, &TYPE), ["text/html"]);
    }

    #[test]
    fn hosts_of_later_requests_are_kept() {
        let next = b"GET / HTTP/1.1\r\nHost: two.example\r\n\r\nGET / HTTP/1.1\r\nHost: three.example\r\n\r\n";
        let talk = Talk::tcp(4000, 80).client(&[REQUEST, next].concat()).server(RESPONSE).run();
        assert_eq!(facts(&talk, &HOSTS), ["two.example", "three.example"]);
    }

    #[test]
    fn behind_connect_is_another_protocol() {
        let hello = [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];
        let talk = Talk::tcp(4000, 3128)
            .client(b"CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org\r\n\r\n")
            .server(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .client(&hello)
            .run();
        assert_eq!(talk.names(), ["HTTP", "HTTP_Connect", "TLS"]);
        assert_eq!(facts(&talk, &HOST), ["www.example.org"]);
    }

    #[test]
    fn a_proxy_that_refuses_is_asked_again() {
        let connect = b"CONNECT a.example:443 HTTP/1.1\r\n\r\n";
        let talk = Talk::tcp(4000, 3128)
            .client(connect)
            .server(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            .client(b"CONNECT b.example:443 HTTP/1.1\r\n\r\n")
            .server(b"HTTP/1.1 200 OK\r\n\r\n")
            .client(b"SSH")
            .run();
        assert_eq!(talk.names(), ["HTTP", "HTTP_Connect"]);
        assert_eq!(facts(&talk, &HOSTS), ["b.example"]);
    }

    #[test]
    fn garbage_between_messages_is_stepped_over() {
        let talk = Talk::tcp(4000, 80).client(&[REQUEST, b"garbage\r\n", REQUEST, b"\0\r\n"].concat());
        let talk = talk.client(b"GET / HTTP/1.1\r\nHost: after.example\r\n\r\n").run();
        assert_eq!(facts(&talk, &HOSTS), ["after.example"]);
    }

    #[test]
    fn services_inside() {
        let upgrade = Talk::tcp(4000, 80)
            .client(b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nHost: a.b\r\n\r\n")
            .server(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello")
            .run();
        assert_eq!(upgrade.names(), ["HTTP", "WebSocket"]);
        let soap =
            b"POST / HTTP/1.1\r\nContent-Length: 999\r\n\r\n<soap:Envelope xmlns:soap=\"http://x/soap/envelope/\">";
        assert_eq!(Talk::tcp(4000, 80).client(soap).run().names(), ["HTTP", "SOAP"]);
        let proxy = Talk::tcp(4000, 80).client(b"GET http://a.example/b HTTP/1.1\r\n\r\n").run();
        assert_eq!(proxy.names(), ["HTTP", "HTTP_Proxy"]);
        assert_eq!(facts(&proxy, &HOST), ["a.example"]);
    }

    #[test]
    fn the_response_alone_and_from_the_middle() {
        assert_eq!(Talk::tcp(4000, 9999).server(RESPONSE).run().names(), ["HTTP"]);
        let middle = [b"rest of a body\r\n", RESPONSE].concat();
        let talk = Talk::tcp(4000, 80).server(&middle).run();
        assert_eq!(facts(&talk, &STATUS), ["200"]);
    }

    #[test]
    fn others_are_not_http() {
        let others = [
            &b"OPTIONS rtsp://a/b RTSP/1.0\r\n\r\n"[..],
            b"EHLO example.org\r\n",
            b"PRI * HTTP/2.0\r\n\r\n",
            b"\0\0\0",
        ];
        for other in others {
            assert!(!Talk::tcp(4000, 80).client(other).run().names().contains(&"HTTP"));
        }
    }

    #[test]
    fn damage_is_survived() {
        survives(&HTTP, &[REQUEST, RESPONSE]);
    }

    #[test]
    fn a_head_without_end_is_bounded() {
        let mut talk = Talk::tcp(4000, 80).client(b"GET / HTTP/1.1\r\n");
        for _ in 0..100 {
            talk = talk.client(&[b'a'; 1000]);
        }
        assert_eq!(talk.run().names(), ["HTTP"]);
    }
}

//! JSON-RPC 1.0 and 2.0 (jsonrpc.org) as bare JSON over TCP or UDP; over HTTP it is a layer of that.
//!
//! Extracted: the method. A message is known by its members, which the specification requires.

use crate::dissect::common::text::{is_token, split};
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::Field;

/// JSON-RPC.
pub static JSON_RPC: Protocol = Protocol {
    name: "JSON-RPC",
    eve: "jsonrpc",
    category: "RPC",
    how: "a JSON object with the member jsonrpc",
    over: &[Transport::Tcp, Transport::Udp],
    starts: &[Start::At(0, b"{"), Start::At(0, b"[")],
    fields: &[&METHOD],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static METHOD: Field = Field::list("jsonrpc", "method");

fn probe(seen: &Seen) -> Verdict {
    let head = seen.data.get(..LOOK).unwrap_or(seen.data);
    match is_message(head) {
        true if is_stratum(head) || is_stratum(seen.other) => Verdict::No,
        true => Verdict::Yes("JSON-RPC message"),
        false if head.len() < LOOK && !seen.datagram() && begins_object(head) => Verdict::More,
        false => Verdict::No,
    }
}

/// Whether text is the beginning of a JSON object with the member `jsonrpc`.
#[must_use]
pub fn is_message(head: &[u8]) -> bool {
    begins_object(head) && member(head, b"\"jsonrpc\"").is_some_and(|value| value.starts_with(b"\"2.0\""))
}

/// Whether the method is one of mining pools, whose protocol is built on this one and has its own name.
fn is_stratum(head: &[u8]) -> bool {
    let method = member(head, b"\"method\"").and_then(|v| v.strip_prefix(b"\"")).unwrap_or_default();
    let own = [
        &b"mining."[..],
        b"eth_submit",
        b"eth_getWork",
        b"login\"",
        b"job\"",
        b"keepalived\"",
        b"submit\"",
        b"getjob\"",
    ];
    own.iter().any(|name| method.starts_with(name))
}

fn begins_object(head: &[u8]) -> bool {
    let inside = |b: &u8| matches!(b, b'{' | b'[' | b' ' | b'\t' | b'\r' | b'\n');
    head.iter().find(|b| !inside(b)).is_none_or(|b| *b == b'"')
}

/// The value behind a member's name.
fn member<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(head, name)?;
    let value = head.get(at + name.len()..)?.trim_ascii_start().strip_prefix(b":")?;
    Some(value.trim_ascii_start())
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let head = data.get(..LOOK).unwrap_or(data);
    let method = member(head, b"\"method\"").and_then(|v| v.strip_prefix(b"\""));
    if let Some((name, _)) = method.and_then(|v| split(v, b'"'))
        && name.iter().all(|b| is_token(*b) || *b == b'/')
    {
        cx.text(&METHOD, name);
        cx.note_fact("method", &METHOD);
        return Step::Done;
    }
    Step::Used(data.len())
}

/// Bytes of a message that are looked at.
const LOOK: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    const CALL: &[u8] = b"{\"jsonrpc\": \"2.0\", \"method\": \"echo\", \"params\": [1], \"id\": 1}";

    #[test]
    fn a_call_in_pieces() {
        let talk = CALL.chunks(6).fold(Talk::tcp(4000, 9999), Talk::client).run();
        assert_eq!(talk.names(), ["JSON-RPC"]);
        let talk = Talk::tcp(4000, 9999).client(CALL).run();
        assert_eq!(facts(&talk, &METHOD), ["echo"]);
    }

    #[test]
    fn other_json_is_not_it() {
        assert!(!Talk::tcp(4000, 9999).client(b"{\"method\": \"echo\"}").run().names().contains(&"JSON-RPC"));
        survives(&JSON_RPC, &[CALL]);
    }
}

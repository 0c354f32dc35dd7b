//! DHCP and BOOTP (RFC 2131, RFC 2132, RFC 951).
//!
//! Extracted: message type, the client's MAC, host name, vendor class, parameters asked, address given. Not extracted:
//! relay agent information, static routes.

use std::net::Ipv4Addr;

use crate::dissect::common::at;
use crate::dissect::{Cx, Protocol, Reading, Seen, Start, Step, Transport, Verdict};
use crate::facts::{Field, Role};
use crate::packet::{Incomplete, Reader};

/// DHCP.
pub static DHCP: Protocol = Protocol {
    name: "DHCP",
    eve: "dhcp",
    category: "Network",
    how: "a BOOTP header with DHCP's magic cookie",
    over: &[Transport::Udp],
    ports: &[67, 68],
    starts: &[Start::At(236, &COOKIE), Start::Port],
    fields: &[&KIND, &MESSAGE, &MAC, &HOST, &VENDOR, &ASSIGNED, &REQUESTED, &DOMAIN],
    probe,
    reading: Reading::Stateless(read),
    ..Protocol::NEW
};

static KIND: Field = Field::new("dhcp", "type");
static MESSAGE: Field = Field::list("dhcp", "dhcp_type");
static MAC: Field = Field::new("dhcp", "client_mac");
static HOST: Field = Field::new("dhcp", "hostname");
static VENDOR: Field = Field::new("dhcp", "vendor_class_identifier").role(Role::Agent);
static ASSIGNED: Field = Field::new("dhcp", "assigned_ip");
static REQUESTED: Field = Field::new("dhcp", "requested_ip");
static DOMAIN: Field = Field::new("dhcp", "domain");

const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];

fn probe(seen: &Seen) -> Verdict {
    let Some([op, hardware, length, hops]) = seen.data.first_chunk() else { return Verdict::No };
    if !matches!(op, 1 | 2) || *length > 16 || *hops > 16 {
        return Verdict::No;
    }
    match seen.data.get(236..) {
        Some(rest) if rest.starts_with(&COOKIE) => Verdict::Yes("DHCP's magic cookie"),
        // Plain BOOTP has 300 bytes and no cookie.
        Some(_) if seen.wire >= 300 && *hardware == 1 && *length == 6 => Verdict::Weak("BOOTP header"),
        None if !seen.complete() && *hardware == 1 && *length == 6 => Verdict::Weak("beginning of a BOOTP header"),
        _ => Verdict::No,
    }
}

fn read(cx: &mut Cx, data: &[u8]) -> Step {
    let _ = message(cx, data);
    Step::Used(0)
}

fn message(cx: &mut Cx, data: &[u8]) -> Result<(), Incomplete> {
    let mut r = Reader::new(data);
    let request = r.u8("operation")? == 1;
    cx.word(&KIND, if request { "request" } else { "reply" });
    r.skip(15, "times and flags")?;
    let assigned = Ipv4Addr::from(r.u32("assigned address")?);
    r.skip(8, "server and relay")?;
    mac(cx, r.array("client's hardware address")?);
    if !request && !assigned.is_unspecified() {
        cx.address(&ASSIGNED, assigned.into());
    }
    r.skip(202, "names and boot file")?;
    r.skip(4, "cookie")?;
    for _ in 0..MAX_OPTIONS {
        let code = r.u8("option")?;
        match code {
            0 => continue,
            255 => break,
            _ => {}
        }
        let length = usize::from(r.u8("option length")?);
        option(cx, code, r.take(length, "option")?);
    }
    Ok(())
}

fn option(cx: &mut Cx, code: u8, value: &[u8]) {
    match (code, value) {
        (12, name) => {
            cx.text(&HOST, name);
        }
        (15, name) => {
            cx.text(&DOMAIN, name);
        }
        (50, _) => {
            if let Some(address) = at::u32(value, 0) {
                cx.address(&REQUESTED, Ipv4Addr::from(address).into());
            }
        }
        (53, [kind]) => {
            let word = message_name(*kind);
            cx.word(&MESSAGE, word);
            cx.note_fact("DHCP", &MESSAGE);
        }
        (60, name) => {
            cx.text(&VENDOR, name);
        }
        _ => {}
    }
}

fn mac(cx: &mut Cx, [a, b, c, d, e, f]: [u8; 6]) {
    let text = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}");
    cx.text(&MAC, text.as_bytes());
}

fn message_name(kind: u8) -> &'static str {
    match kind {
        1 => "discover",
        2 => "offer",
        3 => "request",
        4 => "decline",
        5 => "ack",
        6 => "nak",
        7 => "release",
        8 => "inform",
        _ => "unknown",
    }
}

const MAX_OPTIONS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, facts, survives};

    fn discover() -> Vec<u8> {
        let mut bytes = vec![1, 1, 6, 0];
        bytes.resize(28, 0);
        bytes.extend([2, 0, 0, 0, 0, 9]);
        bytes.resize(236, 0);
        bytes.extend(COOKIE);
        bytes.extend(b"\x35\x01\x01\x0c\x02pc\x3c\x04test\xff");
        bytes
    }

    #[test]
    fn a_discover() {
        let talk = Talk::udp(68, 67).client(&discover()).run();
        assert_eq!(talk.names(), ["DHCP"]);
        assert_eq!(facts(&talk, &HOST), ["pc"]);
        assert_eq!(facts(&talk, &MESSAGE), ["discover"]);
        assert_eq!(facts(&talk, &MAC), ["02:00:00:00:00:09"]);
    }

    #[test]
    fn options_that_lie() {
        let mut bytes = discover();
        bytes.pop();
        bytes.extend([12, 200, b'x']);
        assert_eq!(Talk::udp(68, 67).client(&bytes).run().names(), ["DHCP"]);
        survives(&DHCP, &[&discover()]);
    }
}

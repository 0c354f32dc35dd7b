//! One JSON object a line: flows in EVE's names where EVE has one, and a last line of statistics.

use std::io::{self, Write};

use crate::dissect::Protocol;
use crate::engine::record::FlowRecord;
use crate::engine::snapshot::Totals;
use crate::facts::{Facts, Field, Value};
use crate::rules::{Decision, RuleId};
use crate::time::{SECOND, Stamp};

/// Writes one flow as one line. `rule` gives the text of a rule by its number.
///
/// # Errors
/// What the output says.
pub fn flow(out: &mut impl Write, record: &FlowRecord, rule: impl Fn(RuleId) -> String) -> io::Result<()> {
    let mut line = Object::new();
    line.string("timestamp", &Stamp(record.start).to_string());
    line.number("flow_id", record.id);
    if let Some(id) = community_id(record) {
        line.string("community_id", &id);
    }
    line.string("event_type", "flow");
    addresses(&mut line, record);
    line.string("app_proto", app_proto(record));
    line.object("flow", |o| counters(o, record));
    line.object("dpi", |o| dpi(o, record));
    line.object("verdict", |o| match record.decision {
        Some(Decision::Block(id)) => {
            o.string("action", "drop");
            o.string("rule", &rule(id));
        }
        Some(Decision::Allow(id)) => {
            o.string("action", "pass");
            o.string("rule", &rule(id));
        }
        None => o.string("action", "pass"),
    });
    line.strings("risks", record.risks.iter().copied());
    if let Some(tcp) = record.tcp {
        line.object("tcp", |o| {
            o.number("retransmissions_toserver", u64::from(tcp.retransmissions[0]));
            o.number("retransmissions_toclient", u64::from(tcp.retransmissions[1]));
            if let Some(rtt) = tcp.rtt() {
                o.number("rtt_us", rtt.unsigned_abs() / 1_000);
            }
        });
    }
    if let Some(list) = record.facts {
        facts(&mut line, list);
    }
    line.finish(out)
}

/// Writes the counters as one line.
///
/// # Errors
/// What the output says.
pub fn stats(out: &mut impl Write, totals: &Totals) -> io::Result<()> {
    let mut line = Object::new();
    line.string("event_type", "stats");
    line.number("packets", totals.packets);
    line.number("bytes", totals.bytes);
    line.number("decoded", totals.decoded);
    line.object("undecoded", |o| totals.undecoded.iter().for_each(|(name, n)| o.number(name, *n)));
    line.number("forwarded", totals.forwarded);
    line.number("dropped", totals.dropped);
    line.object("flows", |o| {
        o.number("begun", totals.begun);
        o.number("live", totals.live);
        o.number("ended", totals.ended);
        o.number("evicted", totals.evicted);
    });
    line.number("kernel_drops", totals.kernel_drops);
    line.number("queue_drops", totals.queue_drops);
    line.object("limits", |o| totals.limits.iter().for_each(|(name, n)| o.number(name, *n)));
    line.finish(out)
}

fn addresses(line: &mut Object, record: &FlowRecord) {
    let [(client, client_port), (server, server_port)] = record.ends;
    line.display("src_ip", client);
    line.number("src_port", client_port);
    line.display("dest_ip", server);
    line.number("dest_port", server_port);
    line.string("proto", &proto_name(record.key.proto()));
    let vlan = record.key.vlan();
    if vlan != 0 {
        let tags = [vlan >> 12, vlan & 0xfff];
        line.raw("vlan", &if tags[0] == 0 { format!("[{}]", tags[1]) } else { format!("[{},{}]", tags[0], tags[1]) });
    }
    if let Some(tunnel) = record.tunnel {
        line.string("tunnel", tunnel.name());
    }
    if record.carrier {
        line.raw("carrier", "true");
    }
}

fn counters(o: &mut Object, record: &FlowRecord) {
    let [up, down] = record.counts;
    o.number("pkts_toserver", up.packets);
    o.number("pkts_toclient", down.packets);
    o.number("bytes_toserver", up.bytes);
    o.number("bytes_toclient", down.bytes);
    o.string("start", &Stamp(record.start).to_string());
    o.string("end", &Stamp(record.end).to_string());
    o.number("age", (record.end.saturating_sub(record.start) / SECOND).unsigned_abs());
    o.string("state", record.state);
    o.string("reason", record.reason);
}

fn dpi(o: &mut Object, record: &FlowRecord) {
    match record.protocol {
        Some((protocol, layer)) => {
            o.string("protocol", protocol.name);
            o.string("confidence", layer.name());
        }
        None => o.string("protocol", "Unknown"),
    }
    if let Some((app, layer)) = record.app {
        o.string("app", app);
        o.string("app_confidence", layer.name());
    }
    if let Some(category) = record.category {
        o.string("category", category);
    }
    if let Some(domain) = record.domain {
        o.string("domain", domain);
    }
    o.strings("names", record.names.iter().copied());
    o.string("state", record.label_state.name());
    o.strings("stack", record.stack.iter().map(|p| p.name));
    o.strings(
        "evidence",
        record.evidence.iter().map(|(packet, _, text)| match packet {
            0 => text.clone(),
            n => format!("packet {n}: {text}"),
        }),
    );
}

fn app_proto<'a>(record: &FlowRecord<'a>) -> &'a str {
    let eve = |p: &&'static Protocol| (!p.eve.is_empty()).then_some(p.eve);
    record.protocol.and_then(|(p, _)| eve(&p)).unwrap_or("unknown")
}

/// EVE's names of IP protocols; others by number.
#[must_use]
pub fn proto_name(proto: u8) -> String {
    match proto {
        1 => "ICMP",
        2 => "IGMP",
        4 | 41 => "IPIP",
        6 => "TCP",
        17 => "UDP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPV6",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        113 => "PGM",
        132 => "SCTP",
        other => return other.to_string(),
    }
    .to_owned()
}

/// Community ID version 1 with seed 0.
fn community_id(record: &FlowRecord) -> Option<String> {
    let [(client, client_port), (server, server_port)] = record.ends;
    let proto = record.key.proto();
    let ported = matches!(proto, 6 | 17 | 132 | 136);
    let port = |p: u16| ported.then_some(p);
    if matches!(proto, 1 | 58) {
        return None; // needs type and code of each message; a flow here is a pair of hosts
    }
    community_id::calculate_community_id(0, client, server, port(client_port), port(server_port), proto, false).ok()
}

/// Facts grouped by their object, in the order in which objects were first seen.
fn facts(line: &mut Object, facts: &Facts) {
    let mut objects: Vec<&'static str> = Vec::new();
    for (field, _) in facts.iter() {
        if !objects.contains(&field.object) {
            objects.push(field.object);
        }
    }
    for object in objects {
        line.object(object, |o| one_object(o, object, facts));
    }
}

/// The fields of one object; `client.software` goes into an object of its own.
fn one_object(o: &mut Object, object: &'static str, facts: &Facts) {
    let mut written: Vec<&'static str> = Vec::new();
    let own = |prefix: Option<&'static str>| {
        let of = move |name: &'static str| name.split_once('.').map(|(p, _)| p);
        facts.iter().filter(move |(f, _)| f.object == object && (prefix.is_none() || of(f.name) == prefix))
    };
    for (field, value) in own(None) {
        let prefix = field.name.split_once('.').map(|(p, _)| p);
        let key = prefix.unwrap_or(field.name);
        if written.contains(&key) {
            continue;
        }
        written.push(key);
        match prefix {
            None => one_field(o, field, field.name, value, facts),
            Some(_) => o.object(key, |inner| {
                let mut done: Vec<&'static str> = Vec::new();
                for (field, value) in own(prefix) {
                    let name = field.name.split_once('.').map_or(field.name, |(_, rest)| rest);
                    if !done.contains(&name) {
                        done.push(name);
                        one_field(inner, field, name, value, facts);
                    }
                }
            }),
        }
    }
}

fn one_field(o: &mut Object, field: &'static Field, name: &str, value: &Value, facts: &Facts) {
    if field.many {
        let all = facts.iter().filter(|(f, _)| std::ptr::eq(*f, field));
        o.list(name, all.map(|(_, v)| v));
    } else {
        o.value(name, value);
    }
}

/// Writes a JSON string (RFC 8259). Besides what JSON demands, everything that could steer a terminal or turn text around
/// is escaped, for records are looked at with `cat` too. Writing to memory cannot fail.
pub(super) fn escape(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
        out.extend_from_slice(text.as_bytes());
    } else {
        text.chars().for_each(|c| escape_char(out, c));
    }
    out.push(b'"');
}

fn escape_char(out: &mut Vec<u8>, c: char) {
    let _ = match c {
        '"' => write!(out, "\\\""),
        '\\' => write!(out, "\\\\"),
        '\n' => write!(out, "\\n"),
        c if is_steering(c) => write!(out, "\\u{:04x}", u32::from(c)),
        c => write!(out, "{c}"),
    };
}

/// Control characters of both sets, and what hides or reorders text.
pub(super) fn is_steering(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A JSON object under construction.
struct Object {
    text: Vec<u8>,
}

impl Object {
    fn new() -> Self {
        Self { text: Vec::with_capacity(1_024) }
    }

    fn key(&mut self, name: &str) {
        // The very first comma becomes the opening brace in `finish`.
        if self.text.last() != Some(&b'{') {
            self.text.push(b',');
        }
        self.escaped(name);
        self.text.push(b':');
    }

    fn escaped(&mut self, text: &str) {
        escape(&mut self.text, text);
    }

    fn string(&mut self, name: &str, value: &str) {
        self.key(name);
        self.escaped(value);
    }

    fn number(&mut self, name: &str, value: impl Into<u64>) {
        self.display_raw(name, value.into());
    }

    fn display(&mut self, name: &str, value: impl std::fmt::Display) {
        self.key(name);
        let _ = write!(self.text, "\"{value}\"");
    }

    fn display_raw(&mut self, name: &str, value: impl std::fmt::Display) {
        self.key(name);
        let _ = write!(self.text, "{value}");
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.display_raw(name, json);
    }

    fn strings(&mut self, name: &str, values: impl Iterator<Item = impl AsRef<str>>) {
        self.key(name);
        self.text.push(b'[');
        for (i, value) in values.enumerate() {
            if i > 0 {
                self.text.push(b',');
            }
            self.escaped(value.as_ref());
        }
        self.text.push(b']');
    }

    fn list<'v>(&mut self, name: &str, values: impl Iterator<Item = &'v Value>) {
        self.key(name);
        self.text.push(b'[');
        for (i, value) in values.enumerate() {
            if i > 0 {
                self.text.push(b',');
            }
            self.bare(value);
        }
        self.text.push(b']');
    }

    fn value(&mut self, name: &str, value: &Value) {
        self.key(name);
        self.bare(value);
    }

    fn bare(&mut self, value: &Value) {
        let _ = match value {
            Value::Text(text) => return self.escaped(text),
            Value::Word(word) => return self.escaped(word),
            Value::Number(number) => write!(self.text, "{number}"),
            Value::Flag(flag) => write!(self.text, "{flag}"),
            Value::Address(address) => write!(self.text, "\"{address}\""),
        };
    }

    fn object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.key(name);
        self.text.push(b'{');
        fill(self);
        self.text.push(b'}');
    }

    fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        if let Some(first) = self.text.first_mut() {
            *first = b'{';
        }
        self.text.extend_from_slice(b"}\n");
        out.write_all(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_come_back_as_they_were_and_steer_nothing() {
        for text in [
            "plain",
            "quote \" back \\ slash",
            "line\nfeed \u{1b}[31m \u{9b}31m \u{7f}",
            "bidi \u{202e}x\u{2066}",
            "名前 😀",
            "",
        ] {
            let mut out = Vec::new();
            escape(&mut out, text);
            assert!(!String::from_utf8_lossy(&out).chars().any(is_steering), "{text:?}");
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}

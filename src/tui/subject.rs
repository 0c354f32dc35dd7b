//! What a row stands for: what Enter goes into, what `b` blocks, what `y` copies.

use std::net::IpAddr;
use std::sync::Arc;

use crate::engine::query::Filter;
use crate::engine::snapshot::{FlowRow, RuleSpec};

/// Something that can be selected.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A flow.
    Flow(Arc<FlowRow>),
    /// An app, or a protocol where no app is known.
    App(Arc<str>),
    /// A registrable domain.
    Domain(Arc<str>),
    /// An exact host name.
    Host(Arc<str>),
    /// An address.
    Address(IpAddr),
    /// A rule.
    Rule(u32, String),
}

/// One thing that could be blocked.
#[derive(Debug, Clone)]
pub struct Choice {
    /// `app`, `domain`, `host`, `server`, `client`, `port` ...
    pub kind: &'static str,
    /// What, as it is shown.
    pub shown: String,
    /// The rule.
    pub spec: RuleSpec,
}

impl Subject {
    /// What it is called on the screen.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Flow(row) => name_of(row),
            Self::App(name) | Self::Domain(name) | Self::Host(name) => name.to_string(),
            Self::Address(ip) => ip.to_string(),
            Self::Rule(_, text) => text.clone(),
        }
    }

    /// A filter that shows it and nothing else.
    #[must_use]
    pub fn filter(&self) -> Option<String> {
        match self {
            Self::App(name) => Some(format!("app={}", Filter::quote(name))),
            Self::Domain(name) | Self::Host(name) => Some(format!("host={}", Filter::quote(name))),
            Self::Address(ip) => Some(format!("ip={ip}")),
            Self::Flow(_) | Self::Rule(..) => None,
        }
    }

    /// What `y` copies.
    #[must_use]
    pub fn copied(&self) -> String {
        match self {
            Self::Flow(row) => format!(
                "{} -> {} {}",
                endpoint(row.client, row.client_port),
                endpoint(row.server, row.server_port),
                row.domain.as_deref().unwrap_or_default()
            )
            .trim_end()
            .to_owned(),
            other => other.label(),
        }
    }

    /// What could be blocked of it, the widest first.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        match self {
            Self::Flow(row) => flow_choices(row),
            Self::App(name) => vec![app("app", name)],
            Self::Domain(name) => vec![domain(name)],
            Self::Host(name) => vec![host(name)],
            Self::Address(ip) => vec![address("address", *ip)],
            Self::Rule(..) => Vec::new(),
        }
    }

    /// The most specific of the choices that still says what is meant: host, else app, else server.
    #[must_use]
    pub fn most_specific(&self) -> Option<Choice> {
        let choices = self.choices();
        let of = |kind: &str| choices.iter().find(|c| c.kind == kind).cloned();
        of("host").or_else(|| of("server")).or_else(|| choices.first().cloned())
    }
}

/// The best name of a flow's other end: what was asked for, else a name known for the address, else the address.
#[must_use]
pub fn name_of(row: &FlowRow) -> String {
    let name = row.domain.as_deref().or(row.server_name.as_deref());
    name.map_or_else(|| endpoint(row.server, row.server_port), str::to_owned)
}

/// An address with its port, if there is one.
#[must_use]
pub fn endpoint(ip: IpAddr, port: u16) -> String {
    match (ip, port) {
        (ip, 0) => ip.to_string(),
        (IpAddr::V4(ip), port) => format!("{ip}:{port}"),
        (IpAddr::V6(ip), port) => format!("[{ip}]:{port}"),
    }
}

/// A transport's name.
#[must_use]
pub fn transport(proto: u8) -> String {
    match proto {
        1 => "icmp".into(),
        2 => "igmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        47 => "gre".into(),
        50 => "esp".into(),
        58 => "icmpv6".into(),
        132 => "sctp".into(),
        other => format!("ip {other}"),
    }
}

fn flow_choices(row: &FlowRow) -> Vec<Choice> {
    let mut out = Vec::new();
    out.extend(row.app.as_deref().map(|name| app("app", name)));
    out.extend(row.protocol.as_deref().filter(|p| row.app.as_deref() != Some(p)).map(|name| app("protocol", name)));
    out.extend(row.category.as_deref().filter(|c| !c.is_empty()).map(|name| app("category", name)));
    out.extend(row.registrable.as_deref().map(domain));
    out.extend(row.domain.as_deref().map(host));
    out.push(address("server", row.server));
    out.push(address("client", row.client));
    if row.server_port != 0 && matches!(row.proto, 6 | 17) {
        let port = format!("{}/{}", transport(row.proto), row.server_port);
        out.push(Choice { kind: "port", shown: port.clone(), spec: RuleSpec::Port(port) });
    }
    out
}

fn app(kind: &'static str, name: &str) -> Choice {
    Choice { kind, shown: name.into(), spec: RuleSpec::App(name.into()) }
}

fn domain(name: &str) -> Choice {
    let all = format!("*.{name}");
    Choice { kind: "domain", shown: all.clone(), spec: RuleSpec::Domain(all) }
}

fn host(name: &str) -> Choice {
    Choice { kind: "host", shown: name.into(), spec: RuleSpec::Domain(name.into()) }
}

fn address(kind: &'static str, ip: IpAddr) -> Choice {
    Choice { kind, shown: ip.to_string(), spec: RuleSpec::Address(ip.to_string()) }
}

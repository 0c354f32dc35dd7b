//! One term of a filter: a field, an operator and values, tested against a row without allocating.

use std::net::IpAddr;

use super::super::snapshot::FlowRow;
use super::FilterError;
use super::lex::{Kind, Token};
use super::pattern::{Buffer, Fit, Pattern};
use super::value::{duration, size, values};

/// The fields with what they hold, for help and completion.
pub const FIELDS: &[(&str, &str)] = &[
    ("app", "app, or protocol where no app is known"),
    ("proto", "protocol (tls, dns ...) or transport (tcp, udp ...)"),
    ("host", "name asked for, or known for the server"),
    ("ip", "either address: 10.0.0.1, 10.0.0.0/8, or its beginning"),
    ("src", "client address or prefix"),
    ("dst", "server address, prefix or name"),
    ("port", "either port: 443, 80,443 or 6000-6010"),
    ("category", "category of the app"),
    ("state", "state of the flow"),
    ("bytes", "bytes both ways: bytes>1M"),
    ("up", "bytes to the server"),
    ("down", "bytes to the client"),
    ("packets", "packets both ways"),
    ("rate", "bytes a second both ways"),
    ("age", "how long it lasted: age<5s, age>2m"),
    ("risk", "risk:* for any, risk>1 for several"),
    ("rule", "number of the rule that stops it"),
    ("blocked", "stopped by a rule (a word of its own)"),
    ("guess", "named by a guess (a word of its own)"),
    ("carrier", "carries other flows (a word of its own)"),
];

/// Other names for fields.
const ALIASES: &[(&str, &str)] = &[
    ("protocol", "proto"),
    ("domain", "host"),
    ("name", "host"),
    ("sni", "host"),
    ("addr", "ip"),
    ("client", "src"),
    ("server", "dst"),
    ("cat", "category"),
    ("pkts", "packets"),
    ("dur", "age"),
    ("duration", "age"),
    ("risks", "risk"),
    ("tunnel", "carrier"),
];

fn canonical(name: &str) -> Option<&'static str> {
    let same = |known: &str| known.eq_ignore_ascii_case(name);
    let alias = ALIASES.iter().find(|(alias, _)| same(alias)).map(|(_, field)| *field);
    alias.or_else(|| FIELDS.iter().map(|(field, _)| *field).find(|field| same(field)))
}

pub(super) fn is_field(name: &str) -> bool {
    canonical(name).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Has,
    Is,
    IsNot,
    Like,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

impl Op {
    /// How they are written; longer ones first.
    pub(super) const SIGNS: &[(&'static str, Self)] = &[
        ("<=", Self::LessOrEqual),
        (">=", Self::MoreOrEqual),
        ("!=", Self::IsNot),
        ("==", Self::Is),
        (":", Self::Has),
        ("=", Self::Is),
        ("~", Self::Like),
        ("<", Self::Less),
        (">", Self::More),
    ];

    fn orders(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual | Self::More | Self::MoreOrEqual)
    }

    fn compares(self, left: u64, right: u64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::More => left > right,
            Self::MoreOrEqual => left >= right,
            Self::IsNot => left != right,
            Self::Has | Self::Is | Self::Like => left == right,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Term {
    /// Text anywhere.
    Anywhere(Pattern),
    /// Text of a field.
    Text(TextField, bool, Vec<Pattern>),
    /// Address or prefix, or the beginning of its text.
    Address(Side, bool, Vec<Place>),
    Port(Op, Vec<(u16, u16)>),
    Number(NumberField, Op, u64),
    Flag(FlagField, bool),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum TextField {
    App,
    Proto,
    Host,
    Category,
    State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Side {
    Client,
    Server,
    Either,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Net(IpAddr, u8),
    Text(Pattern),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum NumberField {
    Bytes,
    Up,
    Down,
    Packets,
    Rate,
    Age,
    Risk,
    Rule,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum FlagField {
    Blocked,
    Guess,
    Carrier,
    Risky,
}

impl Term {
    pub(super) fn from_token(token: &Token) -> Result<Self, FilterError> {
        match &token.kind {
            Kind::Word { text, quoted: false } => Ok(word(text)),
            Kind::Word { text, .. } => Ok(Self::Anywhere(Pattern::new(text, Fit::Within))),
            Kind::Test { field, op, op_at, value, value_at } => {
                test(field, *op, value, Places { field: token.at, op: *op_at, value: *value_at })
            }
            _ => Err(FilterError { at: token.at, message: "here something to look for is missing".into() }),
        }
    }

    pub(super) fn matches(&self, row: &FlowRow) -> bool {
        match self {
            Self::Anywhere(pattern) => anywhere(pattern, row),
            Self::Text(field, not, patterns) => *not != patterns.iter().any(|p| text_of(*field, row, p)),
            Self::Address(side, not, places) => *not != places.iter().any(|p| place_of(*side, row, p)),
            Self::Port(op, ranges) => port_of(*op, ranges, row),
            Self::Number(field, op, value) => number_of(*field, row).is_some_and(|n| op.compares(n, *value)),
            Self::Flag(field, wanted) => flag_of(*field, row) == *wanted,
        }
    }
}

/// Offsets that errors point at.
struct Places {
    field: usize,
    op: usize,
    value: usize,
}

fn fail<T>(at: usize, message: impl Into<String>) -> Result<T, FilterError> {
    Err(FilterError { at, message: message.into() })
}

fn word(text: &str) -> Term {
    match canonical(text) {
        Some("blocked") => Term::Flag(FlagField::Blocked, true),
        Some("guess") => Term::Flag(FlagField::Guess, true),
        Some("carrier") => Term::Flag(FlagField::Carrier, true),
        _ => Term::Anywhere(Pattern::new(text, Fit::Within)),
    }
}

fn test(name: &str, op: Op, value: &str, at: Places) -> Result<Term, FilterError> {
    let Some(field) = canonical(name) else {
        let known: Vec<_> = FIELDS.iter().map(|(field, _)| *field).collect();
        return fail(at.field, format!("there is no field `{name}`; there are {}", known.join(", ")));
    };
    match field {
        "app" => text(field, TextField::App, op, value, &at),
        "proto" => text(field, TextField::Proto, op, value, &at),
        "host" => text(field, TextField::Host, op, value, &at),
        "category" => text(field, TextField::Category, op, value, &at),
        "state" => text(field, TextField::State, op, value, &at),
        "ip" => address(field, Side::Either, op, value, &at),
        "src" => address(field, Side::Client, op, value, &at),
        "dst" => address(field, Side::Server, op, value, &at),
        "port" => port(op, value, at.value),
        "bytes" => Ok(Term::Number(NumberField::Bytes, op, size(value, at.value)?)),
        "up" => Ok(Term::Number(NumberField::Up, op, size(value, at.value)?)),
        "down" => Ok(Term::Number(NumberField::Down, op, size(value, at.value)?)),
        "packets" => Ok(Term::Number(NumberField::Packets, op, size(value, at.value)?)),
        "rate" => Ok(Term::Number(NumberField::Rate, op, size(value, at.value)?)),
        "age" => Ok(Term::Number(NumberField::Age, op, duration(value, at.value)?)),
        "rule" => Ok(Term::Number(NumberField::Rule, op, size(value, at.value)?)),
        "risk" if value == "*" => Ok(Term::Flag(FlagField::Risky, op != Op::IsNot)),
        "risk" => match value.parse() {
            Ok(number) => Ok(Term::Number(NumberField::Risk, op, number)),
            Err(_) => fail(at.value, "write risk:* for flows with any risk, or risk>1 for several"),
        },
        "blocked" => flag(FlagField::Blocked, op, value, &at),
        "guess" => flag(FlagField::Guess, op, value, &at),
        _ => flag(FlagField::Carrier, op, value, &at),
    }
}

fn text(name: &str, field: TextField, op: Op, value: &str, at: &Places) -> Result<Term, FilterError> {
    if op.orders() {
        return fail(at.op, format!("`{name}` is a text: write {name}:, {name}= or {name}~"));
    }
    let fit = match (op, field) {
        (Op::Is | Op::IsNot, _) => Fit::Whole,
        (Op::Like, _) | (Op::Has, TextField::Host) => Fit::Within,
        _ => Fit::Start,
    };
    let patterns = values(value).map(|v| Pattern::new(v, fit)).collect();
    Ok(Term::Text(field, op == Op::IsNot, patterns))
}

fn address(name: &str, side: Side, op: Op, value: &str, at: &Places) -> Result<Term, FilterError> {
    if op.orders() {
        return fail(at.op, format!("`{name}` is an address: write {name}: or {name}="));
    }
    let mut places = Vec::new();
    for value in values(value) {
        let (ip, bits) = value.split_once('/').map_or((value, None), |(ip, bits)| (ip, Some(bits)));
        let net = ip.parse::<IpAddr>().ok();
        let most = if ip.contains(':') { 128 } else { 32 };
        match (net, bits.map(str::parse::<u8>)) {
            (Some(ip), None) => places.push(Place::Net(ip, most)),
            (Some(ip), Some(Ok(bits))) if bits <= most => places.push(Place::Net(ip, bits)),
            (_, Some(_)) => return fail(at.value, "write an address or a prefix such as 10.0.0.0/8"),
            // What is being typed, and names for servers.
            (None, None) if op == Op::Like => places.push(Place::Text(Pattern::new(value, Fit::Within))),
            (None, None) => places.push(Place::Text(Pattern::new(value, Fit::Start))),
        }
    }
    Ok(Term::Address(side, op == Op::IsNot, places))
}

fn port(op: Op, value: &str, at: usize) -> Result<Term, FilterError> {
    let number = |text: &str| {
        text.parse::<u16>()
            .map_err(|_| FilterError { at, message: "write a port from 0 to 65535, 80,443 or 6000-6010".into() })
    };
    let mut ranges = Vec::new();
    for value in values(value) {
        let (low, high) = value.split_once('-').unwrap_or((value, value));
        ranges.push((number(low)?, number(high)?));
    }
    Ok(Term::Port(op, ranges))
}

fn flag(field: FlagField, op: Op, value: &str, at: &Places) -> Result<Term, FilterError> {
    let wanted = match value.to_ascii_lowercase().as_str() {
        "yes" | "true" | "*" | "1" => true,
        "no" | "false" | "0" => false,
        _ => return fail(at.value, "write yes or no"),
    };
    Ok(Term::Flag(field, wanted != (op == Op::IsNot)))
}

fn anywhere(pattern: &Pattern, row: &FlowRow) -> bool {
    names(row).chain(labels(row)).any(|text| pattern.fits(text))
        || pattern.fits(transport(row.proto))
        || (pattern.may_be_address()
            && (pattern.fits(Buffer::of(row.client, Some(row.client_port)).text())
                || pattern.fits(Buffer::of(row.server, Some(row.server_port)).text())))
}

fn names(row: &FlowRow) -> impl Iterator<Item = &str> {
    [&row.domain, &row.registrable, &row.server_name].into_iter().filter_map(|name| name.as_deref())
}

fn labels(row: &FlowRow) -> impl Iterator<Item = &str> {
    [&row.app, &row.protocol, &row.category].into_iter().filter_map(|label| label.as_deref())
}

fn text_of(field: TextField, row: &FlowRow, pattern: &Pattern) -> bool {
    let fits = |text: &Option<std::sync::Arc<str>>| text.as_deref().is_some_and(|text| pattern.fits(text));
    match field {
        TextField::App if row.app.is_some() => fits(&row.app),
        // What has no name at all is listed among the apps too, and can be asked for.
        TextField::App if row.protocol.is_none() => pattern.fits("unknown"),
        TextField::App => fits(&row.protocol),
        TextField::Proto if row.protocol.is_none() => pattern.fits("unknown") || pattern.fits(transport(row.proto)),
        TextField::Proto => fits(&row.protocol) || pattern.fits(transport(row.proto)),
        TextField::Host => names(row).any(|name| pattern.fits(name)),
        TextField::Category => fits(&row.category),
        TextField::State => pattern.fits(row.state),
    }
}

fn place_of(side: Side, row: &FlowRow, place: &Place) -> bool {
    let holds = |ip: IpAddr| match place {
        Place::Net(net, bits) => inside(ip, *net, *bits),
        Place::Text(pattern) => pattern.fits(Buffer::of(ip, None).text()),
    };
    let named = || matches!(place, Place::Text(pattern) if names(row).any(|n| pattern.clone().within().fits(n)));
    match side {
        Side::Client => holds(row.client),
        Side::Server => holds(row.server) || named(),
        Side::Either => holds(row.client) || holds(row.server),
    }
}

fn inside(ip: IpAddr, net: IpAddr, bits: u8) -> bool {
    match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => {
            (ip.to_bits() ^ net.to_bits()).checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(net)) => {
            (ip.to_bits() ^ net.to_bits()).checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn port_of(op: Op, ranges: &[(u16, u16)], row: &FlowRow) -> bool {
    let ports = [row.server_port, row.client_port];
    let inside = |port: u16| ranges.iter().any(|(low, high)| (*low..=*high).contains(&port));
    match op {
        Op::IsNot => !ports.into_iter().any(inside),
        _ if op.orders() => ports.iter().any(|p| ranges.iter().any(|(low, _)| op.compares((*p).into(), (*low).into()))),
        _ => ports.into_iter().any(inside),
    }
}

fn number_of(field: NumberField, row: &FlowRow) -> Option<u64> {
    Some(match field {
        NumberField::Bytes => row.bytes_up.saturating_add(row.bytes_down),
        NumberField::Up => row.bytes_up,
        NumberField::Down => row.bytes_down,
        NumberField::Packets => row.packets_up.saturating_add(row.packets_down),
        NumberField::Rate => row.rate_up.saturating_add(row.rate_down),
        NumberField::Age => u64::try_from(row.end.saturating_sub(row.start)).unwrap_or(0),
        NumberField::Risk => row.risks.into(),
        NumberField::Rule => row.rule?.into(),
    })
}

fn flag_of(field: FlagField, row: &FlowRow) -> bool {
    match field {
        FlagField::Blocked => row.rule.is_some(),
        FlagField::Guess => row.guess,
        FlagField::Carrier => row.carrier,
        FlagField::Risky => row.risks > 0,
    }
}

fn transport(proto: u8) -> &'static str {
    match proto {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPv6",
        89 => "OSPF",
        132 => "SCTP",
        _ => "",
    }
}

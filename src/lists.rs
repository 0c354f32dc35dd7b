//! What the program can tell of itself: the protocols and apps it names, interfaces, what a rules file means.

use std::io::{self, Write};
use std::path::Path;

use crate::classify::Knowledge;
use crate::dissect::{Protocol, Transport};
use crate::engine::source::device;
use crate::headless::Failure;
use crate::rules::Loader;

/// Output that cannot be written.
#[must_use]
pub fn failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::ClosedPipe
    } else {
        Failure::Failed(format!("standard output: cannot write: {error}"))
    }
}

/// One line a protocol: name, category, transports, usual ports, how it is recognised.
///
/// # Errors
/// What the output says.
pub fn protocols(out: &mut impl Write) -> Result<(), Failure> {
    let knowledge = Knowledge::builtin();
    let mut all: Vec<&Protocol> = knowledge.registry.iter().collect();
    all.sort_by_key(|p| p.name.to_ascii_lowercase());
    for p in all {
        let over: Vec<String> = p.over.iter().map(|t| transport(*t)).collect();
        let ports: Vec<String> = p.ports.iter().map(u16::to_string).collect();
        let line = format!("{}\t{}\t{}\t{}\t{}", p.name, p.category, over.join(","), ports.join(","), p.how);
        writeln!(out, "{line}").map_err(failure)?;
    }
    Ok(())
}

fn transport(transport: Transport) -> String {
    match transport {
        Transport::Tcp => "tcp".to_owned(),
        Transport::Udp => "udp".to_owned(),
        Transport::Sctp => "sctp".to_owned(),
        Transport::Ip(number) => format!("ip/{number}"),
    }
}

/// One line an app: name, category, host suffixes.
///
/// # Errors
/// What the output says.
pub fn apps(out: &mut impl Write) -> Result<(), Failure> {
    let table = crate::classify::apps::AppTable::builtin();
    let mut suffixes = vec![Vec::new(); table.len()];
    for (app, suffix) in table.suffixes() {
        if let Some(list) = suffixes.get_mut(usize::from(app.0)) {
            list.push(if suffix.exact { format!("={}", suffix.name) } else { suffix.name.to_owned() });
        }
    }
    let mut all: Vec<_> = table.iter().collect();
    all.sort_by_key(|(_, name, _)| name.to_ascii_lowercase());
    for (id, name, category) in all {
        let hosts = suffixes.get(usize::from(id.0)).map(|l| l.join(" ")).unwrap_or_default();
        writeln!(out, "{name}\t{category}\t{hosts}").map_err(failure)?;
    }
    Ok(())
}

/// One line an interface: name, state, addresses.
///
/// # Errors
/// What libpcap says.
pub fn interfaces(out: &mut impl Write) -> Result<(), Failure> {
    for device in device::list().map_err(|e| Failure::Failed(e.to_string()))? {
        let addresses: Vec<String> = device.addresses.iter().map(ToString::to_string).collect();
        let state = if device.up { "up" } else { "down" };
        writeln!(out, "{}\t{state}\t{}", crate::text::harmless(&device.name), addresses.join(" ")).map_err(failure)?;
    }
    Ok(())
}

/// What each rule of a file says, or everything that is wrong with it.
///
/// # Errors
/// The errors of the file.
pub fn check_rules(out: &mut impl Write, file: &Path) -> Result<(), Failure> {
    let knowledge = Knowledge::builtin();
    let mut loader = Loader::new(&knowledge);
    loader.file(file);
    let rules = loader.finish().map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::Failed(lines.join("\n"))
    })?;
    for rule in rules.rules() {
        writeln!(
            out,
            "{}\t{}",
            crate::text::harmless(&rule.origin.to_string()),
            crate::text::harmless(&rule.to_string())
        )
        .map_err(failure)?;
    }
    writeln!(out, "{} rules, no errors", rules.rules().count()).map_err(failure)
}

//! One entry of a rules file, understood.

use super::address::Addresses;
use super::domain::Domain;
use super::error::Wrong;
use super::name::{self, KnownNames};
use super::port::Ports;
use super::rule::{Kind, Section};

/// What an entry matches. Equal patterns match the same, however they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Pattern {
    Address(Addresses),
    Port(Ports),
    /// Lower case.
    App(Box<str>),
    Domain(Domain),
}

impl Pattern {
    /// Understands an entry, trimmed and without comment. Names are checked if what is known is given.
    pub(super) fn parse(section: Section, entry: &str, known: Option<&dyn KnownNames>) -> Result<Self, Wrong> {
        match section.kind() {
            Kind::Address => Addresses::parse(entry).map(Self::Address),
            Kind::Port => Ports::parse(entry).map(Self::Port),
            Kind::App => name::parse(entry, known).map(Self::App),
            Kind::Domain => Domain::parse(entry).map(Self::Domain),
        }
    }
}

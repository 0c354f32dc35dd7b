//! Facts: what a dissector learned, as an ordered, capped list of (field, value).
//!
//! Upper floors read facts by their [`Field`] descriptor (its object, name and [`Role`]) and never by protocol.

use std::net::IpAddr;

use crate::limits;

/// What a fact means to the floors above, whatever its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Just a fact.
    Plain,
    /// A name that the client asked for: SNI, Host without port, DNS question. Tested by rules, gives the app.
    Asked,
    /// A name in the server's certificate: gives the app where nothing was asked.
    Certificate,
    /// What the client says it is (User-Agent, banner).
    Agent,
}

/// A field that a dissector can give: declared once, as a `static`, in the file of its protocol.
#[derive(Debug)]
pub struct Field {
    /// JSON object that it goes to: `"tls"`, `"http"` ... (EVE's name where EVE has one).
    pub object: &'static str,
    /// Key in that object: `"sni"`.
    pub name: &'static str,
    /// What it means to the floors above.
    pub role: Role,
    /// Whether several values are kept (a JSON array); otherwise the first stays.
    pub many: bool,
}

impl Field {
    /// A plain field with one value.
    #[must_use]
    pub const fn new(object: &'static str, name: &'static str) -> Self {
        Self { object, name, role: Role::Plain, many: false }
    }

    /// A plain field with several values.
    #[must_use]
    pub const fn list(object: &'static str, name: &'static str) -> Self {
        Self { object, name, role: Role::Plain, many: true }
    }

    /// The same field with a role.
    #[must_use]
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, valid UTF-8, at most [`limits::FACT_TEXT`] bytes. May hold control characters: make it harmless when shown.
    Text(Box<str>),
    /// Text of the program's own (a version's name, a method): costs nothing to keep.
    Word(&'static str),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// An address.
    Address(IpAddr),
}

/// One fact.
pub type Fact = (&'static Field, Value);

/// The facts of one flow, in the order in which they were learned.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    list: Vec<Fact>,
    dropped: u32,
}

impl Facts {
    /// All facts in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Fact> + ExactSizeIterator {
        self.list.iter()
    }

    /// The first value of `field`.
    #[must_use]
    pub fn get(&self, field: &'static Field) -> Option<&Value> {
        self.list.iter().find(|(f, _)| std::ptr::eq(*f, field)).map(|(_, v)| v)
    }

    /// The fact at a place, as evidence refers to it.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Fact> {
        self.list.get(place)
    }

    /// Number of facts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing was learned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many facts did not find room.
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Adds a fact, unless it is already there, the field has its one value, or the list is full. Whether it was added.
    pub fn add(&mut self, field: &'static Field, value: Value) -> bool {
        let known = |(f, v): &Fact| std::ptr::eq(*f, field) && (!field.many || *v == value);
        if self.list.iter().any(known) {
            return false;
        }
        if self.list.len() >= limits::FACTS_PER_FLOW {
            self.dropped += 1;
            return false;
        }
        self.list.push((field, value));
        true
    }

    /// Adds text from the wire: bytes that are not UTF-8 become U+FFFD, what is too long is cut.
    pub fn text(&mut self, field: &'static Field, bytes: &[u8]) -> bool {
        let bytes = bytes.get(..limits::FACT_TEXT).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let end = (0..=limits::FACT_TEXT.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        self.add(field, Value::Text(text.get(..end).unwrap_or_default().into()))
    }

    /// Adds a number.
    pub fn number(&mut self, field: &'static Field, number: impl Into<u64>) -> bool {
        self.add(field, Value::Number(number.into()))
    }

    /// Adds a word of the program's own.
    pub fn word(&mut self, field: &'static Field, word: &'static str) -> bool {
        self.add(field, Value::Word(word))
    }

    /// Bytes of memory it holds besides itself.
    #[must_use]
    pub fn held(&self) -> usize {
        let text = |(_, value): &Fact| if let Value::Text(text) = value { text.len() } else { 0 };
        self.list.capacity() * size_of::<Fact>() + self.list.iter().map(text).sum::<usize>()
    }

    /// Gives back memory that growth left over; called when a flow's inspection ends.
    pub fn shrink(&mut self) {
        self.list.shrink_to_fit();
    }
}

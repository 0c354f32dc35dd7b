//! Icecast and SHOUTcast: audio over HTTP/1 with the server's own status line or headers (`ICY 200 OK`, `icy-*`).
//!
//! A layer of HTTP; nothing of its own is extracted.

use crate::dissect::{Protocol, Transport};

/// Icecast and SHOUTcast.
pub static ICECAST: Protocol = Protocol {
    name: "IceCast",
    category: "Media",
    how: "the status line ICY or headers icy-* in HTTP",
    over: &[Transport::Tcp],
    ..Protocol::NEW
};

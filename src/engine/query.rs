//! The filter language of the screen and of `--filter`.
//!
//! Words without a field search everything; `field:value`, `field=value`, `field~value` and, for numbers, `<`, `<=`,
//! `>`, `>=` test one thing. Terms side by side must all hold; `or`, `not` and parentheses do the rest:
//!
//! ```text
//! app:youtube and bytes>1M and not port:443
//! host~"*.tiktok.*" or (proto:tls ip:10.0.0.0/8)
//! blocked or risk:* or guess
//! ```
//!
//! `:` finds what begins with the value (names: what contains it), `=` only what equals it, `~` what contains it. Case
//! does not matter; `*` and `?` stand for any characters and for one. A comma separates values of which one must hold.

mod lex;
mod parse;
mod pattern;
mod term;
mod value;

use super::snapshot::FlowRow;
use parse::Node;

pub use term::FIELDS;

/// A parsed filter.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    root: Node,
}

/// Why a filter cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Offset in bytes of what was not understood.
    pub at: usize,
    /// What would be right, in words.
    pub message: String,
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at character {})", self.message, self.at + 1)
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Parses a filter. An empty one shows everything.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned(), root: parse::parse(text)? })
    }

    /// Whether it shows this flow.
    #[must_use]
    pub fn matches(&self, row: &FlowRow) -> bool {
        self.root.matches(row)
    }

    /// As it was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value as it can stand in a filter, quoted if it must be.
    #[must_use]
    pub fn quote(value: &str) -> String {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> FlowRow {
        FlowRow {
            id: 7,
            proto: 6,
            client: "10.0.0.8".parse().unwrap(),
            client_port: 51_244,
            server: "142.250.186.46".parse().unwrap(),
            server_port: 443,
            server_name: None,
            domain: Some("rr3.sn-4g5e.googlevideo.com".into()),
            registrable: Some("googlevideo.com".into()),
            protocol: Some("TLS".into()),
            app: Some("YouTube".into()),
            category: Some("video".into()),
            guess: false,
            packets_up: 100,
            packets_down: 900,
            bytes_up: 10_000,
            bytes_down: 1_990_000,
            start: 0,
            end: 62_000_000_000,
            rate_up: 0,
            rate_down: 0,
            state: "established",
            rule: None,
            risks: 0,
            carrier: false,
        }
    }

    fn shows(text: &str, row: &FlowRow) -> bool {
        Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).matches(row)
    }

    #[test]
    fn what_shows_the_flow() {
        for text in [
            "",
            "  ",
            "youtube",
            "GoogleVideo",
            "10.0.0.8",
            "186.46:443",
            "tls",
            "tcp",
            "app:you",
            "app=youtube",
            "proto:tls",
            "proto:tcp",
            "proto:udp,tcp",
            "host:sn-4g5e",
            "domain=googlevideo.com",
            "host~*.googlevideo.*",
            "host~\"goog*com\"",
            "ip:10.0.0.0/8",
            "ip:142.250.186.46",
            "ip:10.0.0",
            "src:10.0.0.8",
            "client:10.0.0.0/24",
            "dst:142.250.0.0/16",
            "server:googlevideo",
            "port:443",
            "port:80,443",
            "port:400-500",
            "port>1024",
            "port:51244",
            "category:video",
            "bytes>1M",
            "bytes>=2M",
            "bytes > 1.5M",
            "packets=1000",
            "down>1M up<1M",
            "age>1m",
            "age<5m dur>=62s",
            "not blocked",
            "!guess",
            "not risk:*",
            "risk=0",
            "state:est",
            "app:netflix or app:youtube",
            "(app:netflix or youtube) and not (port:80 or udp)",
            "not not youtube",
            "youtube && tcp || nothing",
            "\"you\"",
        ] {
            assert!(shows(text, &flow()), "{text}");
        }
    }

    #[test]
    fn what_hides_the_flow() {
        for text in [
            "netflix",
            "not youtube",
            "app=you",
            "proto:udp",
            "proto:dtls",
            "host=googlevideo",
            "ip:10.1.0.0/16",
            "src:142.250.186.46",
            "port:44",
            "port!=443",
            "bytes<1M",
            "blocked",
            "guess",
            "carrier",
            "risk:*",
            "age<5s",
            "youtube and udp",
            "youtube -tcp",
            "app:netflix or app:tiktok",
            "not (youtube or netflix)",
            "\"not\"",
        ] {
            assert!(!shows(text, &flow()), "{text}");
        }
    }

    #[test]
    fn what_has_no_name_can_be_asked_for() {
        let row = FlowRow { app: None, protocol: None, ..flow() };
        assert!(shows("app=Unknown proto:unknown", &row) && !shows("app=Unknown", &flow()));
    }

    #[test]
    fn flags_follow_the_row() {
        let row = FlowRow { rule: Some(3), risks: 2, guess: true, carrier: true, ..flow() };
        for text in ["blocked", "guess", "tunnel", "risk:*", "risk>1", "blocked:yes", "guess=true", "rule=3"] {
            assert!(shows(text, &row), "{text}");
        }
        assert!(!shows("blocked:no", &row));
    }

    #[test]
    fn version_six_addresses_are_words_and_values() {
        let row = FlowRow { client: "2001:db8::8".parse().unwrap(), ..flow() };
        for text in ["2001:db8::8", "ip:2001:db8::/32", "db8::8", "src=2001:db8::8"] {
            assert!(shows(text, &row), "{text}");
        }
    }

    #[test]
    fn errors_say_where_and_what() {
        for (text, at, part) in [
            ("byt>1M", 0, "no field"),
            ("app:youtube and byt>1M", 16, "bytes"),
            ("bytes>lots", 6, "a number"),
            ("bytes>", 6, "value"),
            ("port:99999", 5, "65535"),
            ("ip:10.0.0.0/99", 3, "address"),
            ("age<5x", 4, "5s"),
            ("app>3", 3, "app"),
            ("(youtube", 0, "closed"),
            ("youtube)", 7, "opens"),
            ("youtube and", 11, "something"),
            ("or youtube", 0, "something"),
            ("not", 3, "something"),
            ("host~\"goog", 5, "quote"),
            ("()", 1, "something"),
            ("risk:beacon", 5, "risk:*"),
            ("blocked:maybe", 8, "yes"),
        ] {
            let error = Filter::parse(text).expect_err(text);
            assert_eq!(error.at, at, "{text}: {error}");
            assert!(error.message.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Filter::parse(&"(".repeat(100_000)).is_err());
        assert!(Filter::parse(&"not ".repeat(100_000)).is_err());
        assert!(Filter::parse(&"x ".repeat(10_000)).is_ok());
    }

    #[test]
    fn any_text_parses_or_fails_inside_itself() {
        use proptest::prelude::*;
        proptest!(|(text in "[a-z:<>=~!()\"\\\\*,. 0-9-]{0,40}|\\PC{0,20}")| {
            match Filter::parse(&text) {
                Ok(filter) => { let _ = filter.matches(&flow()); }
                Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
            }
        });
    }

    #[test]
    fn quoted_values_come_back() {
        for value in ["plain", "with space", "qu\"ote", "back\\slash", "(x)", "not"] {
            let row = FlowRow { app: Some(value.into()), ..flow() };
            assert!(shows(&format!("app={}", Filter::quote(value)), &row), "{value}");
        }
    }
}

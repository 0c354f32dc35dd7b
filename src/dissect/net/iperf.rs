//! iPerf: measuring how much a path carries. iPerf3's control and test connections begin with one cookie; iPerf2 has a
//! header that repeats the port and bytes that count digits.
//!
//! Nothing is extracted.

use crate::dissect::common::at;
use crate::dissect::{Protocol, Seen, Start, Transport, Verdict};

/// iPerf3.
pub static IPERF3: Protocol = Protocol {
    name: "iPerf3",
    category: "Network",
    how: "a cookie of 36 base32 letters and a zero, or the greeting of a UDP test",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[5201],
    starts: &[Start::Range(b'2', b'9'), Start::Range(b'a', b'z')],
    probe: |seen| if seen.datagram() { greeting(seen) } else { cookie(seen) },
    ..Protocol::NEW
};

/// iPerf2.
pub static IPERF2: Protocol = Protocol {
    name: "iPerf2",
    category: "Network",
    how: "a client's header that states the server's port, or counting digits",
    over: &[Transport::Tcp, Transport::Udp],
    ports: &[5001],
    starts: &[
        Start::Mask(4, 0xffff_ff00, 0),
        Start::Mask(20, 0xffff_ff00, 0),
        Start::At(24, DIGITS_TCP),
        Start::At(36, DIGITS_UDP),
    ],
    probe: settings,
    ..Protocol::NEW
};

fn cookie(seen: &Seen) -> Verdict {
    let letters = seen.data.iter().take(COOKIE).take_while(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')).count();
    match seen.data.get(letters) {
        None => Verdict::More,
        Some(0) if letters == COOKIE => Verdict::Yes("iPerf3 cookie"),
        Some(_) => Verdict::No,
    }
}

/// The client's word and the server's, each in the byte order of its host: "6789" and "9876" since 3.1.
fn greeting(seen: &Seen) -> Verdict {
    match seen.data {
        b"6789" | b"9876" if seen.wire == 4 => Verdict::Yes("greeting of an iPerf3 UDP test"),
        _ => Verdict::No,
    }
}

fn settings(seen: &Seen) -> Verdict {
    if !seen.from_client {
        return Verdict::No;
    }
    let (headers, digits, size) =
        if seen.datagram() { ([12, 16], (36, DIGITS_UDP), 52) } else { ([0, 0], (24, DIGITS_TCP), 40) };
    if headers.iter().any(|from| header(seen, *from)) {
        return Verdict::Yes("iPerf2 client header");
    }
    match seen.data.get(digits.0..size) {
        Some(counted) if counted == digits.1 => Verdict::Yes("iPerf2 digits"),
        None if !seen.datagram() => Verdict::More,
        _ => Verdict::No,
    }
}

/// Flags that announce the header, fewer than 256 threads, the port, and a buffer's length.
fn header(seen: &Seen, from: usize) -> bool {
    let word = |n: usize| at::u32(seen.data, from + 4 * n);
    let announced = word(0).is_some_and(|flags| flags & ANNOUNCED != 0);
    let threads = word(1).is_some_and(|n| (1..256).contains(&n));
    let buffer = word(3).is_some_and(|n| (1..1 << 24).contains(&n));
    announced && threads && word(2) == Some(u32::from(seen.server_port)) && buffer
}

/// Letters of a cookie.
const COOKIE: usize = 36;
/// A first or an extended header follows.
const ANNOUNCED: u32 = 0xc000_0000;
/// Byte n of a buffer is the digit n % 10, seen behind the headers.
const DIGITS_TCP: &[u8] = b"4567890123456789";
const DIGITS_UDP: &[u8] = b"6789012345678901";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dissect::testing::{Talk, survives};

    const COOKIE_3: &[u8] = b"wpj4l53k2ljfk7yohwlte36s2y5ifczpogku\0";
    const HEADER_2: &[u8] =
        b"\x40\x01\0\x78\0\0\0\x01\0\0\x1e\x61\0\0\x04\0\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\0\x08\0\x03";

    #[test]
    fn cookie_and_greeting() {
        assert_eq!(Talk::tcp(4000, 9999).client(COOKIE_3).run().names(), ["iPerf3"]);
        assert_eq!(Talk::tcp(4000, 9999).client(&COOKIE_3[..1]).client(&COOKIE_3[1..]).run().names(), ["iPerf3"]);
        assert_eq!(Talk::udp(4000, 9999).client(b"9876").server(b"6789").run().names(), ["iPerf3"]);
        let long = b"wpj4l53k2ljfk7yohwlte36s2y5ifcpzogkuu\0";
        assert!(Talk::tcp(4000, 9999).client(long).run().names().is_empty());
        survives(&IPERF3, &[COOKIE_3]);
    }

    #[test]
    fn header_and_digits() {
        assert_eq!(Talk::tcp(4000, 7777).client(HEADER_2).run().names(), ["iPerf2"]);
        assert!(Talk::tcp(4000, 7778).client(HEADER_2).run().names().is_empty());
        let datagram = [b"\0\0\0\x01\x6b\x01\x88\xb8\0\x0b\x59\xe1\0\0\0\0", HEADER_2].concat();
        assert_eq!(Talk::udp(4000, 7777).client(&datagram).run().names(), ["iPerf2"]);
        let old = [&[0; 24][..], DIGITS_TCP, b"0123"].concat();
        assert_eq!(Talk::tcp(4000, 7777).client(&old).run().names(), ["iPerf2"]);
        survives(&IPERF2, &[HEADER_2]);
    }
}

//! Tunnels: what stands between an outer IP or UDP header and the inner packet.
//!
//! UDP tunnels have no magic bytes, so their registered ports say what to try; entering one succeeds only if its header
//! is sound and a sound IP packet follows.

use super::decode::Walk;
use super::headers::Tunnel;
use super::link::{self, TYPE_IPV4, TYPE_IPV6};
use super::{Reader, Undecoded};

/// The tunnel that a UDP port stands for (IANA service names).
pub(super) fn over_udp(from: u16, to: u16) -> Option<Tunnel> {
    let by_port = |port| match port {
        2152 => Some(Tunnel::GtpU),
        4789 | 8472 => Some(Tunnel::Vxlan),
        6081 => Some(Tunnel::Geneve),
        3544 => Some(Tunnel::Teredo),
        5247 => Some(Tunnel::Capwap),
        1701 => Some(Tunnel::L2tp),
        _ => None,
    };
    by_port(to).or_else(|| by_port(from))
}

/// Walks through the tunnel's header into the inner packet.
pub(super) fn enter(walk: &mut Walk, tunnel: Tunnel) -> Result<(), Undecoded> {
    match tunnel {
        Tunnel::IpInIp => walk.ip(),
        Tunnel::Gre => gre(walk),
        Tunnel::GtpU => gtp_u(walk),
        Tunnel::Vxlan => vxlan(walk),
        Tunnel::Geneve => geneve(walk),
        Tunnel::Teredo => teredo(walk),
        Tunnel::Capwap => capwap(walk),
        Tunnel::L2tp => l2tp(walk),
    }
}

/// GRE (RFC 2784, 2890), PPTP's version 1 (RFC 2637), ERSPAN type II.
fn gre(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let flags = r.u16("GRE flags")?;
    let kind = r.u16("GRE protocol")?;
    let version = flags & 7;
    let words = [0x8000, 0x2000, 0x1000].iter().filter(|bit| flags & **bit != 0).count();
    r.skip(words * 4, "GRE options")?;
    if version == 1 && flags & 0x0080 != 0 {
        r.skip(4, "GRE acknowledgement")?;
    }
    if kind == 0x88be && flags & 0x1000 != 0 {
        r.skip(8, "ERSPAN header")?;
    }
    walk.at += r.position();
    match kind {
        0x88be => walk.link(link::ETHERNET),
        _ => walk.ether(kind),
    }
}

/// GTP-U version 1 (3GPP TS 29.281): only G-PDUs carry packets.
fn gtp_u(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let flags = r.u8("GTP flags")?;
    let kind = r.u8("GTP message type")?;
    r.skip(6, "GTP length and TEID")?;
    if flags >> 4 != 3 || kind != 0xff {
        return Err(Undecoded::NotIp);
    }
    if flags & 7 != 0 {
        r.skip(3, "GTP sequence and N-PDU numbers")?;
        let mut next = r.u8("GTP next extension")?;
        while next != 0 {
            let words = usize::from(r.u8("GTP extension length")?);
            let body = (words * 4).checked_sub(2).ok_or(Undecoded::NotIp)?;
            r.skip(body, "GTP extension")?;
            next = r.u8("GTP next extension")?;
        }
    }
    walk.at += r.position();
    sound_ip(walk)
}

/// VXLAN (RFC 7348) and its generic protocol extension.
fn vxlan(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let flags = r.u8("VXLAN flags")?;
    let [_, _, next] = r.array("VXLAN reserved")?;
    r.skip(4, "VXLAN identifier")?;
    if flags & 0x08 == 0 {
        return Err(Undecoded::NotIp);
    }
    walk.at += r.position();
    match (flags & 0x04, next) {
        (4, 1 | 2) => sound_ip(walk),
        _ => walk.link(link::ETHERNET),
    }
}

/// Geneve (RFC 8926).
fn geneve(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let first = r.u8("Geneve version")?;
    r.skip(1, "Geneve flags")?;
    let kind = r.u16("Geneve protocol")?;
    r.skip(4 + usize::from(first & 0x3f) * 4, "Geneve options")?;
    if first >> 6 != 0 {
        return Err(Undecoded::NotIp);
    }
    walk.at += r.position();
    walk.ether(kind)
}

/// Teredo (RFC 4380): IPv6, after optional authentication and origin indications.
fn teredo(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    if r.rest().starts_with(&[0, 1]) {
        r.skip(2, "Teredo authentication")?;
        let lengths = usize::from(r.u8("client id length")?) + usize::from(r.u8("value length")?);
        r.skip(lengths + 9, "Teredo authentication")?;
    }
    if r.rest().starts_with(&[0, 0]) {
        r.skip(8, "Teredo origin")?;
    }
    walk.at += r.position();
    match walk.bytes() {
        [first, ..] if first >> 4 == 6 => sound_ip(walk),
        _ => Err(Undecoded::NotIp),
    }
}

/// CAPWAP data channel (RFC 5415): 802.3 or 802.11 frames.
fn capwap(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let word = r.u32("CAPWAP header")?;
    let header = (word >> 19 & 0x1f) as usize * 4;
    let (preamble, native, fragment) = (word >> 24, word & 0x100 != 0, word & 0x80 != 0);
    if preamble != 0 || fragment || header < 8 {
        return Err(Undecoded::NotIp);
    }
    r.skip(header - 4, "CAPWAP header")?;
    walk.at += r.position();
    if !native {
        return walk.link(link::ETHERNET);
    }
    // Many controllers swap the two bytes of the frame control field.
    let mut inner = Reader::new(walk.bytes());
    let swapped = matches!(walk.bytes(), [flags, control, ..] if control & 0x0f == 0x08 && flags & 0x0f != 0x08);
    if swapped {
        inner.skip(24 + if walk.bytes().get(1).is_some_and(|c| c & 0x80 != 0) { 2 } else { 0 }, "802.11 header")?;
        inner.skip(6, "LLC")?;
        let kind = inner.u16("SNAP type")?;
        walk.at += inner.position();
        return walk.ether(kind);
    }
    walk.link(super::LinkType(105))
}

/// L2TP version 2 data messages (RFC 2661) carry PPP.
fn l2tp(walk: &mut Walk) -> Result<(), Undecoded> {
    let mut r = Reader::new(walk.bytes());
    let flags = r.u16("L2TP flags")?;
    if flags & 0x000f != 2 || flags & 0x8000 != 0 {
        return Err(Undecoded::NotIp);
    }
    if flags & 0x4000 != 0 {
        r.skip(2, "L2TP length")?;
    }
    r.skip(4, "L2TP tunnel and session")?;
    if flags & 0x0800 != 0 {
        r.skip(4, "L2TP sequence numbers")?;
    }
    if flags & 0x0200 != 0 {
        let pad = r.u16("L2TP offset")?;
        r.skip(usize::from(pad), "L2TP offset padding")?;
    }
    walk.at += r.position();
    walk.link(link::PPP)
}

/// IP whose lengths make sense: a tunnel without magic bytes is believed only then.
fn sound_ip(walk: &mut Walk) -> Result<(), Undecoded> {
    let bytes = walk.bytes();
    let left = walk.wire.saturating_sub(walk.at);
    let kind = match bytes {
        [first, _, a, b, ..] if first >> 4 == 4 => {
            let total = usize::from(u16::from_be_bytes([*a, *b]));
            (total >= 20 && total <= left).then_some(TYPE_IPV4)
        }
        [first, _, _, _, a, b, ..] if first >> 4 == 6 => {
            let payload = usize::from(u16::from_be_bytes([*a, *b]));
            (payload + 40 <= left).then_some(TYPE_IPV6)
        }
        _ => None,
    };
    walk.ether(kind.ok_or(Undecoded::NotIp)?)
}

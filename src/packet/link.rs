//! Link layers: what a frame of each link type says about the protocol inside, and where that starts.
//!
//! Numbers from the tcpdump.org link type registry and the IEEE EtherType registry.

use super::{Incomplete, LinkType, Reader, Undecoded};

/// What stands after a link header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// An EtherType's protocol.
    Ether(u16),
    /// IP of either version, told by its first nibble.
    Ip,
    /// Another link header.
    Link(LinkType),
}

pub(super) const ETHERNET: LinkType = LinkType(1);
pub(super) const PPP: LinkType = LinkType(9);
const WLAN: LinkType = LinkType(105);

pub(super) const TYPE_IPV4: u16 = 0x0800;
pub(super) const TYPE_IPV6: u16 = 0x86dd;

impl From<Incomplete> for Undecoded {
    fn from(_: Incomplete) -> Self {
        Self::Truncated
    }
}

/// Reads the link header; the reader then stands at what is inside.
pub(super) fn link(kind: LinkType, r: &mut Reader) -> Result<Inside, Undecoded> {
    match kind.0 {
        1 => ethernet(r),
        0 => Ok(family(r.u32_le("family")?)),
        108 => Ok(family(r.u32("family")?)),
        12 | 14 | 101 | 228 | 229 => Ok(Inside::Ip),
        9 | 50 => ppp(r),
        51 => pppoe(r),
        104 => cisco_hdlc(r),
        113 => sll(r),
        276 => sll2(r),
        105 => wlan(r),
        127 => radiotap(r),
        119 => prism_or_avs(r),
        192 => ppi(r),
        _ => Err(Undecoded::LinkType),
    }
}

fn ethernet(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(12, "MAC addresses")?;
    let kind = r.u16("EtherType")?;
    if kind >= 0x0600 {
        return Ok(Inside::Ether(kind));
    }
    llc(r)
}

/// IEEE 802.2 LLC, with or without SNAP.
fn llc(r: &mut Reader) -> Result<Inside, Undecoded> {
    match r.array("LLC")? {
        [0xaa, 0xaa, 3] => {
            r.skip(3, "SNAP organisation")?;
            Ok(Inside::Ether(r.u16("SNAP type")?))
        }
        [0x42, 0x42, _] => Err(Undecoded::Stp),
        [6, 6, 3] => Ok(Inside::Ether(TYPE_IPV4)),
        _ => Err(Undecoded::NotIp),
    }
}

/// BSD loopback: the address family in the byte order of the machine that captured, which is not known.
fn family(value: u32) -> Inside {
    let value = if value > 0xffff { value.swap_bytes() } else { value };
    match value {
        2 | 10 | 23 | 24 | 28 | 30 => Inside::Ip,
        _ => Inside::Ether(u16::try_from(value).unwrap_or(0)),
    }
}

/// PPP (RFC 1661), with or without HDLC-like framing and compressed protocol field.
pub(super) fn ppp(r: &mut Reader) -> Result<Inside, Undecoded> {
    if r.rest().starts_with(&[0xff, 3]) {
        r.skip(2, "PPP address and control")?;
    }
    let first = r.u8("PPP protocol")?;
    let protocol =
        if first & 1 == 1 { u16::from(first) } else { u16::from(first) << 8 | u16::from(r.u8("PPP protocol")?) };
    match protocol {
        0x21 => Ok(Inside::Ether(TYPE_IPV4)),
        0x57 => Ok(Inside::Ether(TYPE_IPV6)),
        0x281 => Ok(Inside::Ether(0x8847)),
        _ => Err(Undecoded::NotIp),
    }
}

/// PPPoE (RFC 2516); only sessions carry traffic.
pub(super) fn pppoe(r: &mut Reader) -> Result<Inside, Undecoded> {
    let [_, code] = r.array("PPPoE code")?;
    r.skip(4, "PPPoE session")?;
    if code == 0 { ppp(r) } else { Err(Undecoded::NotIp) }
}

fn cisco_hdlc(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(2, "HDLC address")?;
    Ok(Inside::Ether(r.u16("HDLC type")?))
}

fn sll(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(2, "SLL packet type")?;
    let hardware = r.u16("SLL hardware type")?;
    r.skip(10, "SLL address")?;
    let kind = r.u16("SLL protocol")?;
    sll_inside(hardware, kind, r)
}

fn sll2(r: &mut Reader) -> Result<Inside, Undecoded> {
    let kind = r.u16("SLL2 protocol")?;
    r.skip(6, "SLL2 interface")?;
    let hardware = r.u16("SLL2 hardware type")?;
    r.skip(10, "SLL2 address")?;
    sll_inside(hardware, kind, r)
}

fn sll_inside(hardware: u16, kind: u16, r: &mut Reader) -> Result<Inside, Undecoded> {
    match (hardware, kind) {
        (_, 4) => llc(r),
        (778, _) => Ok(Inside::Ip), // GRE device: the protocol field may hold a GRE type
        (_, k) if k < 0x0600 => Err(Undecoded::NotIp),
        (_, k) => Ok(Inside::Ether(k)),
    }
}

/// IEEE 802.11 data frames; others carry no traffic, encrypted ones cannot be read.
pub(super) fn wlan(r: &mut Reader) -> Result<Inside, Undecoded> {
    let [control, flags] = r.array("802.11 frame control")?;
    let encrypted = flags & 0x40 != 0;
    let has_data = control & 0x0c == 0x08 && control & 0x40 == 0;
    if !has_data || encrypted {
        return Err(Undecoded::Management);
    }
    r.skip(22, "802.11 addresses")?;
    if flags & 3 == 3 {
        r.skip(6, "802.11 fourth address")?;
    }
    if control & 0x80 != 0 {
        r.skip(2, "802.11 QoS")?;
        if flags & 0x80 != 0 {
            r.skip(4, "802.11 HT control")?;
        }
    }
    llc(r)
}

fn radiotap(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(2, "radiotap version")?;
    let length = r.u16_le("radiotap length")?;
    r.skip(usize::from(length).checked_sub(4).ok_or(Undecoded::Truncated)?, "radiotap fields")?;
    Ok(Inside::Link(WLAN))
}

fn prism_or_avs(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(144, "Prism header")?;
    Ok(Inside::Link(WLAN))
}

/// CACE per-packet information.
fn ppi(r: &mut Reader) -> Result<Inside, Undecoded> {
    r.skip(2, "PPI version")?;
    let length = r.u16_le("PPI length")?;
    let inner = r.u32_le("PPI link type")?;
    r.skip(usize::from(length).checked_sub(8).ok_or(Undecoded::Truncated)?, "PPI fields")?;
    Ok(Inside::Link(LinkType(inner)))
}

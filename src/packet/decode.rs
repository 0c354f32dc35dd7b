//! The walk from the link layer to the innermost transport payload.

use etherparse::{TcpHeaderSlice, UdpHeaderSlice};

use super::headers::{Addr, Carrier, Fragment, Headers, Key, Tcp, TcpFlags, Undecoded};
use super::link::{self, Inside, TYPE_IPV4, TYPE_IPV6};
use super::{LinkType, Reader, ip, tunnel};

/// IP protocol numbers that decoding looks into.
pub(super) mod proto {
    pub const IPIP: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const GRE: u8 = 47;
    pub const AH: u8 = 51;
    pub const SCTP: u8 = 132;
    pub const UDPLITE: u8 = 136;
}

/// Decodes one frame of `wire` bytes, of which `data` were captured. Carriers are appended, outermost first. A fragment
/// of a datagram comes with its place in it; its headers are whole only if it is the first.
///
/// # Errors
/// Why the frame belongs to no flow; it is to be counted and let through.
pub fn decode(
    link: LinkType,
    data: &[u8],
    wire: u32,
    carriers: &mut Vec<Carrier>,
) -> Result<(Headers, Option<Fragment>), Undecoded> {
    let mut walk = Walk::new(data, wire as usize, carriers);
    walk.link(link)?;
    Ok((walk.headers, walk.fragment))
}

/// Decodes a datagram that was put together from fragments.
///
/// # Errors
/// As [`decode`].
pub fn decode_ip_payload(of: &Fragment, data: &[u8], carriers: &mut Vec<Carrier>) -> Result<Headers, Undecoded> {
    let mut walk = Walk::new(data, data.len(), carriers);
    walk.vlan = of.vlan;
    walk.transport(of.source, of.target, of.proto)?;
    Ok(walk.headers)
}

/// The state of one walk. `at..end` is what was captured of the current layer, `at..wire` what was sent.
pub(super) struct Walk<'a> {
    pub data: &'a [u8],
    pub at: usize,
    pub end: usize,
    pub wire: usize,
    vlan: u32,
    depth: u8,
    headers: Headers,
    fragment: Option<Fragment>,
    carriers: &'a mut Vec<Carrier>,
}

const MAX_DEPTH: u8 = 16;

impl<'a> Walk<'a> {
    fn new(data: &'a [u8], wire: usize, carriers: &'a mut Vec<Carrier>) -> Self {
        let headers = Headers::default();
        Self {
            data,
            at: 0,
            end: data.len(),
            wire: wire.max(data.len()),
            vlan: 0,
            depth: 0,
            headers,
            fragment: None,
            carriers,
        }
    }

    /// What was captured of the current layer.
    pub fn bytes(&self) -> &'a [u8] {
        self.data.get(self.at..self.end).unwrap_or_default()
    }

    fn deeper(&mut self) -> Result<(), Undecoded> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Undecoded::TooDeep) } else { Ok(()) }
    }

    /// Decodes from a link header on.
    pub fn link(&mut self, kind: LinkType) -> Result<(), Undecoded> {
        self.deeper()?;
        let mut r = Reader::new(self.bytes());
        let inside = link::link(kind, &mut r)?;
        self.at += r.position();
        self.inside(inside)
    }

    fn inside(&mut self, inside: Inside) -> Result<(), Undecoded> {
        match inside {
            Inside::Ip => self.ip(),
            Inside::Ether(kind) => self.ether(kind),
            Inside::Link(kind) => self.link(kind),
        }
    }

    /// Decodes what an EtherType announces.
    pub fn ether(&mut self, kind: u16) -> Result<(), Undecoded> {
        self.deeper()?;
        match kind {
            TYPE_IPV4 | TYPE_IPV6 => self.ip(),
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => self.vlan(),
            0x8847 | 0x8848 => self.mpls(),
            0x8864 => self.after(link::pppoe),
            0x880b => self.after(link::ppp),
            0x6558 => self.link(link::ETHERNET),
            0x0806 | 0x8035 => Err(Undecoded::Arp),
            0x88cc => Err(Undecoded::Lldp),
            _ => Err(Undecoded::NotIp),
        }
    }

    fn after(&mut self, header: fn(&mut Reader) -> Result<Inside, Undecoded>) -> Result<(), Undecoded> {
        let mut r = Reader::new(self.bytes());
        let inside = header(&mut r)?;
        self.at += r.position();
        self.inside(inside)
    }

    fn vlan(&mut self) -> Result<(), Undecoded> {
        let mut r = Reader::new(self.bytes());
        let tag = u32::from(r.u16("VLAN tag")? & 0xfff);
        let kind = r.u16("EtherType")?;
        self.vlan = (self.vlan << 12 | tag) & 0xff_ffff;
        self.at += 4;
        if kind >= 0x0600 {
            return self.ether(kind);
        }
        Err(if self.bytes().starts_with(&[0x42, 0x42]) { Undecoded::Stp } else { Undecoded::NotIp })
    }

    /// MPLS (RFC 3032) says nothing of what is inside: IP by its first nibble, or an Ethernet pseudowire (RFC 4448).
    fn mpls(&mut self) -> Result<(), Undecoded> {
        loop {
            let entry = Reader::new(self.bytes()).u32("MPLS label")?;
            self.at += 4;
            if entry & 0x100 != 0 {
                break;
            }
        }
        match self.bytes() {
            [first, ..] if matches!(first >> 4, 4 | 6) => self.ip(),
            [0, _, _, _, ..] => {
                self.at += 4;
                self.link(link::ETHERNET)
            }
            _ => Err(Undecoded::NotIp),
        }
    }

    /// Decodes from an IP header on.
    pub fn ip(&mut self) -> Result<(), Undecoded> {
        self.deeper()?;
        let ip = ip::ip(self.bytes(), self.wire.saturating_sub(self.at))?;
        self.headers.bad_checksum |= ip.bad_checksum;
        self.at += ip.header;
        // What lies behind the datagram is padding or a trailer of the link layer.
        self.wire = self.at.saturating_add(ip.payload);
        self.end = self.end.min(self.wire);
        if let Some((id, offset, more)) = ip.fragment {
            return self.fragment(&ip, id, offset, more);
        }
        self.transport(ip.source, ip.target, ip.proto)
    }

    /// The first fragment has the transport header; a later one is told by its fragment fields alone.
    fn fragment(&mut self, ip: &ip::Ip, id: u32, offset: u32, more: bool) -> Result<(), Undecoded> {
        let len = self.bytes().len();
        self.fragment = Some(Fragment {
            source: ip.source,
            target: ip.target,
            id,
            proto: ip.proto,
            vlan: self.vlan,
            offset,
            more,
            at: narrow(self.at),
            len: narrow(len),
        });
        let tunnels = self.carriers.len();
        if offset == 0 && self.transport(ip.source, ip.target, ip.proto).is_ok() {
            return Ok(());
        }
        self.carriers.truncate(tunnels);
        self.portless(ip.source, ip.target, ip.proto);
        self.headers.payload_len = 0;
        self.headers.payload_wire = 0;
        Ok(())
    }

    /// Decodes from a transport header on.
    fn transport(&mut self, source: Addr, target: Addr, proto: u8) -> Result<(), Undecoded> {
        match proto {
            proto::TCP => self.tcp(source, target),
            proto::UDP | proto::UDPLITE => self.udp(source, target, proto),
            proto::SCTP => self.sctp(source, target),
            proto::IPIP | proto::IPV6 | proto::GRE => self.ip_tunnel(source, target, proto),
            proto::AH => self.authentication(source, target),
            _ => {
                self.portless(source, target, proto);
                Ok(())
            }
        }
    }

    fn tcp(&mut self, source: Addr, target: Addr) -> Result<(), Undecoded> {
        let Ok(tcp) = TcpHeaderSlice::from_slice(self.bytes()) else {
            return self.cut_ports(source, target, proto::TCP);
        };
        self.headers.tcp = Tcp {
            seq: tcp.sequence_number(),
            ack: tcp.acknowledgment_number(),
            window: tcp.window_size(),
            flags: TcpFlags(tcp.slice().get(13).copied().unwrap_or(0)),
        };
        let (from, to) = (tcp.source_port(), tcp.destination_port());
        self.at += tcp.slice().len();
        self.found((source, from), (target, to), proto::TCP);
        Ok(())
    }

    fn udp(&mut self, source: Addr, target: Addr, proto: u8) -> Result<(), Undecoded> {
        let Ok(udp) = UdpHeaderSlice::from_slice(self.bytes()) else {
            return self.cut_ports(source, target, proto);
        };
        let (from, to, length) = (udp.source_port(), udp.destination_port(), usize::from(udp.length()));
        if length >= 8 && proto == proto::UDP {
            self.wire = self.wire.min(self.at + length);
            self.end = self.end.min(self.at + length);
        }
        self.at += 8;
        let (key, from_low) = Key::new((source, from), (target, to), proto, self.vlan);
        if let Some(kind) = tunnel::over_udp(from, to)
            && self.try_tunnel(Carrier { key, from_low, tunnel: kind })
        {
            return Ok(());
        }
        self.found((source, from), (target, to), proto);
        Ok(())
    }

    fn sctp(&mut self, source: Addr, target: Addr) -> Result<(), Undecoded> {
        let mut r = Reader::new(self.bytes());
        let (from, to) = (r.u16("source port")?, r.u16("destination port")?);
        self.at += self.bytes().len().min(12);
        self.found((source, from), (target, to), proto::SCTP);
        Ok(())
    }

    /// A header cut by the snap length behind its ports still tells the flow.
    fn cut_ports(&mut self, source: Addr, target: Addr, proto: u8) -> Result<(), Undecoded> {
        let mut r = Reader::new(self.bytes());
        let (from, to) = (r.u16("source port")?, r.u16("destination port")?);
        let whole_header = self.bytes().len() >= 20;
        self.at = self.end;
        self.found((source, from), (target, to), proto);
        if whole_header || self.wire <= self.end {
            self.headers.payload_wire = 0; // malformed rather than cut: there is no payload to miss
        }
        Ok(())
    }

    fn ip_tunnel(&mut self, source: Addr, target: Addr, proto: u8) -> Result<(), Undecoded> {
        let (key, from_low) = Key::new((source, 0), (target, 0), proto, self.vlan);
        let tunnel = if proto == proto::GRE { super::Tunnel::Gre } else { super::Tunnel::IpInIp };
        if !self.try_tunnel(Carrier { key, from_low, tunnel }) {
            self.portless(source, target, proto);
        }
        Ok(())
    }

    /// Looks inside a tunnel; if there is no sound packet inside, everything is as before and false is returned.
    fn try_tunnel(&mut self, carrier: Carrier) -> bool {
        let before = (self.at, self.end, self.wire, self.vlan, self.depth, self.headers, self.fragment);
        let outside = self.carriers.len();
        self.carriers.push(carrier);
        self.vlan = 0;
        if tunnel::enter(self, carrier.tunnel).is_ok() {
            return true;
        }
        self.carriers.truncate(outside);
        (self.at, self.end, self.wire, self.vlan, self.depth, self.headers, self.fragment) = before;
        false
    }

    /// IP Authentication Header (RFC 4302) leaves its payload readable.
    fn authentication(&mut self, source: Addr, target: Addr) -> Result<(), Undecoded> {
        let mut r = Reader::new(self.bytes());
        let header = r.u8("next header").and_then(|next| Ok((next, r.u8("AH length")?)));
        self.portless(source, target, proto::AH);
        if let Ok((next, words)) = header
            && matches!(next, proto::TCP | proto::UDP)
        {
            self.at = (self.at + (usize::from(words) + 2) * 4).min(self.end);
            return self.transport(source, target, next);
        }
        Ok(())
    }

    fn portless(&mut self, source: Addr, target: Addr, proto: u8) {
        self.found((source, 0), (target, 0), proto);
    }

    fn found(&mut self, source: (Addr, u16), target: (Addr, u16), proto: u8) {
        let h = &mut self.headers;
        (h.key, h.from_low) = Key::new(source, target, proto, self.vlan);
        h.payload_at = narrow(self.at);
        h.payload_len = narrow(self.end.saturating_sub(self.at));
        h.payload_wire = narrow(self.wire.saturating_sub(self.at)).max(h.payload_len);
    }
}

/// Frames are at most some megabytes: the readers see to that.
fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

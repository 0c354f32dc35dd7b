//! Names, addresses, time and other services of the network itself.

pub mod dhcp;
pub mod dhcp6;
pub mod dns;
pub mod flowexport;
pub mod ip;
pub mod iperf;
pub mod monitoring;
pub mod netbios;
pub mod ntp;
pub mod routing;
pub mod sctp;
pub mod services;
pub mod snmp;
pub mod syslog;
pub mod tunnels;

use super::Protocol;

/// The family.
pub(super) static PROTOCOLS: &[&Protocol] = &[
    &netbios::NETBIOS,
    &dns::crypt::DNSCRYPT,
    &dns::crypt::AVAST,
    &dns::DNS,
    &dns::MDNS,
    &dns::LLMNR,
    &dhcp::DHCP,
    &dhcp6::DHCPV6,
    &ntp::NTP,
    &snmp::SNMP,
    &syslog::SYSLOG,
    &ip::ICMP,
    &ip::ICMPV6,
    &ip::IGMP,
    &ip::EGP,
    &ip::OSPF,
    &ip::PIM,
    &ip::VRRP,
    &ip::PGM,
    &ip::GRE,
    &ip::IP_IN_IP,
    &sctp::SCTP,
    &flowexport::NETFLOW,
    &flowexport::SFLOW,
    &tunnels::VXLAN,
    &tunnels::GENEVE,
    &tunnels::GTP_U,
    &tunnels::GTP_C,
    &tunnels::GTP_PRIME,
    &tunnels::TEREDO,
    &tunnels::CAPWAP,
    &tunnels::L2TP,
    &routing::BGP,
    &routing::LDP,
    &routing::RIP,
    &routing::HSRP,
    &routing::BFD,
    &routing::LISP,
    &services::SLP,
    &services::NAT_PMP,
    &services::PTP,
    &services::PFCP,
    &services::UBNT,
    &services::ROUGHTIME,
    &services::COLLECTD,
    &services::DROPBOX,
    &monitoring::ZABBIX,
    &monitoring::MUNIN,
    &monitoring::CHECKMK,
    &monitoring::WHOIS,
    &monitoring::FINGER,
    &monitoring::RAFT,
    &monitoring::HP_VIRTGRP,
    &iperf::IPERF3,
    &iperf::IPERF2,
];

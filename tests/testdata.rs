//! The captures that come with the project: real clients and servers on usual and unusual ports (`testdata/make/`).
//! What is expected is what the bytes are; a capture that is not listed fails.

mod common;

use std::collections::BTreeSet;

use common::{json, testdata};

/// A capture, the server's port, the protocols of its flows there from outside to inside, and a name that was asked for.
type Row = (&'static str, u64, &'static [&'static str], &'static str);

const ROWS: &[Row] = &[
    ("ads-48898", 48898, &["BeckhoffADS"], ""),
    ("bacnet-47810", 47810, &["BACnet"], ""),
    ("bgp-1790", 1790, &["BGP"], ""),
    ("coap-56830", 56830, &["COAP"], ""),
    ("collectd-25900", 25900, &["collectd"], ""),
    ("dhcp-67", 67, &["DHCP"], ""),
    ("dicom-11113", 11113, &["DICOM"], ""),
    ("dns-5300", 5300, &["DNS"], "www.example.org"),
    ("dot-8853", 8853, &["TLS/DoH_DoT"], ""),
    ("dtls-5000", 5000, &["DTLS"], "www.example.org"),
    ("enip-44900", 44900, &["EthernetIP"], ""),
    ("ftp-2121", 2121, &["FTP_CONTROL"], ""),
    ("ftp-2121", DATA, &["FTP_DATA"], ""),
    ("ftps-4021", 4021, &["FTP_CONTROL/TLS"], ""),
    ("ftps-4021", DATA, &["TLS"], ""),
    ("gearman-4800", 4800, &["Gearman"], ""),
    ("git-9000", 9000, &["Git"], ""),
    ("grpc-50123", 50123, &["HTTP2/gRPC"], ""),
    ("haproxy-143", 143, &["HAProxy/HTTP"], "www.example.org"),
    ("hl7-2600", 2600, &["HL7"], ""),
    ("http-22", 22, &["HTTP"], "shop.example.org"),
    ("http2-9999", 9999, &["HTTP2"], "www.example.org"),
    ("icecast-8005", 8005, &["HTTP/IceCast"], ""),
    ("iec104-2410", 2410, &["IEC60870"], ""),
    ("imap-10143", 10143, &["IMAP"], ""),
    ("imap-starttls-8080", 8080, &["IMAP/TLS"], ""),
    ("iperf2-7777", 7777, &["iPerf2"], ""),
    ("iperf3-5201", 5201, &["iPerf3"], ""),
    ("iperf3-5999", 5999, &["iPerf3"], ""),
    ("irc-7001", 7001, &["IRC"], ""),
    ("kerberos-8800", 8800, &["Kerberos"], ""),
    ("ldap-3890", 3890, &["LDAP", "LDAP/TLS"], ""),
    ("mdns-5353", 5353, &["MDNS"], ""),
    ("memcached-8082", 8082, &["Memcached"], ""),
    ("modbus-5020", 5020, &["Modbus"], ""),
    ("mqtt-8090", 8090, &["MQTT"], ""),
    ("mqtt-websocket-8091", 8091, &["HTTP/WebSocket/MQTT"], ""),
    ("mumble-6480", 6480, &["Mumble"], ""),
    ("mysql-3310", 3310, &["MySQL", "MySQL/TLS"], ""),
    ("nats-4333", 4333, &["Nats"], ""),
    ("ntp-1123", 1123, &["NTP"], ""),
    ("opcua-48400", 48400, &["OPC-UA"], ""),
    ("openvpn-tcp-993", 993, &["OpenVPN"], ""),
    ("openvpn-udp-4430", 4430, &["OpenVPN"], ""),
    ("pop3-21", 21, &["POP3"], ""),
    ("pop3-stls-10110", 10110, &["POP3/TLS"], ""),
    ("postgresql-15432", 15432, &["PostgreSQL", "PostgreSQL/TLS"], ""),
    ("proxy-2222", 2222, &["HTTP/HTTP_Connect/TLS", "HTTP/HTTP_Proxy"], ""),
    ("ptp-320", 320, &["PTPv2"], ""),
    ("quic-853", 853, &["QUIC/HTTP3"], "www.example.org"),
    ("radius-18120", 18120, &["Radius"], ""),
    ("rdp-3390", 3390, &["RDP/TLS"], ""),
    ("resp-6379", 6379, &["RESP"], ""),
    ("resp-80", 80, &["RESP"], ""),
    ("routing", 520, &["RIP"], ""),
    ("routing", 3784, &["BFD"], ""),
    ("routing", PORTLESS, &["ICMP", "IGMP", "OSPF"], ""),
    ("rpc-111", 111, &["RPC"], ""),
    ("rsync-8730", 8730, &["RSYNC"], ""),
    ("rtps-7400", 7400, &["RTPS"], ""),
    ("s7comm-1102", 1102, &["S7Comm"], ""),
    ("sip-5099", 5099, &["SIP"], ""),
    ("smb-4450", 4450, &["SMBv23"], ""),
    ("smtp-2500", 2500, &["SMTP"], ""),
    ("smtp-starttls-443", 443, &["SMTP/TLS"], ""),
    ("snmp-1610", 1610, &["SNMP"], ""),
    ("socks-8081", 8081, &["SOCKS/HTTP"], ""),
    ("ssh-443", 443, &["SSH"], ""),
    ("ssh-first-80", 80, &["SSH"], ""),
    ("stomp-61700", 61700, &["STOMP"], ""),
    ("stun-3500", 3500, &["STUN"], ""),
    ("syslog-5514", 5514, &["Syslog"], ""),
    ("telnet-2323", 2323, &["Telnet"], ""),
    ("tftp-6969", 6969, &["TFTP"], ""),
    ("tftp-6969", DATA, &["TFTP"], ""),
    ("thrift-9191", 9191, &["Thrift"], ""),
    ("tls-25", 25, &["TLS"], "www.example.org"),
    ("vnc-5999", 5999, &["VNC"], ""),
    ("vrrp-0", PORTLESS, &["IGMP", "VRRP"], ""),
    ("websocket-8023", 8023, &["HTTP/WebSocket"], "www.example.org"),
    ("wireguard-443", 443, &["WireGuard"], ""),
    ("x11-6007", 6007, &["X11"], ""),
    ("xmpp-8443", 8443, &["Jabber/TLS"], ""),
    ("youtube", 443, &["TLS", "QUIC/HTTP3"], "rr3---sn-4g5e.googlevideo.com"),
    ("zabbix-10060", 10060, &["Zabbix"], ""),
    ("zeromq-5600", 5600, &["ZeroMQ"], ""),
];

/// What has no ports.
const PORTLESS: u64 = 0;
/// Ports that two hosts agreed upon.
const DATA: u64 = 1 << 16;

#[test]
fn services_on_any_port() {
    let mut wrong = Vec::new();
    for (capture, port, expected, name) in ROWS {
        let records = json(&["-r", testdata(&format!("{capture}.pcap")).to_str().unwrap()]);
        let mut stacks = BTreeSet::new();
        for flow in records.iter().filter(|r| r["event_type"] == "flow") {
            let dpi = &flow["dpi"];
            let stack: Vec<_> = dpi["stack"].as_array().into_iter().flatten().filter_map(|s| s.as_str()).collect();
            let server = flow["dest_port"].as_u64().unwrap_or(0);
            if dpi["confidence"] != "payload" {
                wrong.push(format!("{capture}: {} on {server} has no evidence", dpi["protocol"]));
            } else if server == *port || *port == DATA && server > 30_000 {
                stacks.insert(stack.join("/"));
            }
        }
        if stacks != expected.iter().map(|&s| s.to_owned()).collect() {
            wrong.push(format!("{capture}: {stacks:?}, not {expected:?}"));
        }
        if !name.is_empty() && !records.iter().any(|r| r["dpi"]["domain"] == *name) {
            wrong.push(format!("{capture}: nobody asked for {name}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_capture_is_listed() {
    let listed: BTreeSet<_> = ROWS.iter().map(|(capture, ..)| format!("{capture}.pcap")).collect();
    let files = std::fs::read_dir(testdata("")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<_> = files.filter(|name| name.ends_with(".pcap")).collect();
    assert_eq!(listed, there);
}

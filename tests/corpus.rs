//! go-dpi's example captures: at least these flows of these names, on evidence.

mod common;

use common::{count, json, shared};

#[test]
fn go_dpis_captures_are_named() {
    let Some(folder) = shared("corpus/godpi") else { return };
    let wanted: &[(&str, &[(&str, usize)])] = &[
        ("http.cap", &[("HTTP", 2), ("DNS", 1)]),
        ("dns+icmp.pcapng", &[("DNS", 5), ("ICMP", 4)]),
        ("icmpv6.pcap", &[("ICMPV6", 10), ("DNS", 18), ("SSH", 1)]),
        ("netbios.pcap", &[("NetBIOS", 12), ("DNS", 5), ("MDNS", 1), ("SSDP", 1)]),
        ("rdp.pcap", &[("RDP", 2)]),
        ("dcerpc01.pcap", &[("DCERPC", 3)]),
        ("dcerpc02.pcap", &[("DCERPC", 1), ("Kerberos", 7)]),
        ("https.cap", &[("TLS", 2)]),
        ("ssh.pcap", &[("SSH", 1), ("GRE", 1)]),
        ("smtp.pcap", &[("SMTP", 1), ("DNS", 1)]),
        ("ftp.pcap", &[("FTP_CONTROL", 1), ("FTP_DATA", 1)]),
        ("jabber.pcap", &[("Jabber", 1)]),
        ("mqtt.pcap", &[("MQTT", 2)]),
        ("bittorrent.pcap", &[("BitTorrent", 24)]),
    ];
    let mut missing = Vec::new();
    for (capture, names) in wanted {
        let records = json(&["-r", folder.join(capture).to_str().unwrap()]);
        for (name, least) in *names {
            let n = count(&records, name);
            if n < *least {
                missing.push(format!("{capture}: {n} of {least} {name}"));
            }
        }
        if *capture == "netbios.pcap" {
            let smb = count(&records, "SMBv1") + count(&records, "SMBv23");
            if smb < 2 {
                missing.push(format!("{capture}: {smb} of 2 SMB"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

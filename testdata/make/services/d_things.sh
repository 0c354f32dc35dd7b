# Network management, calls, private networks, plants.
if try ntp-1123 chronyd; then
    printf 'local stratum 3\nallow all\nport 1123\ncmdport 0\nbindaddress %s\npidfile %s/chrony.pid\ndriftfile %s/drift\n' $s "$work" "$work" >"$work/chrony.conf"
    serve chronyd -x -d -u root -f "$work/chrony.conf"; ready 1123
    ask "$python" "$here/services.py" ask ntp $s 1123 "$work"
    save
fi
if try snmp-1610 snmpd; then
    printf 'rocommunity public\ncreateUser jo SHA secretsecret AES secretsecret\nrouser jo\n' >"$work/snmpd.conf"
    serve snmpd -f -Lf "$work/snmpd.log" -C -c "$work/snmpd.conf" -p "$work/snmpd.pid" "udp:$s:1610"; ready 1610; sleep 0.5
    ask snmpget -v2c -c public $s:1610 1.3.6.1.2.1.1.5.0
    ask snmpget -v1 -c public $s:1610 1.3.6.1.2.1.1.5.0
    ask snmpget -v3 -u jo -l authPriv -a SHA -A secretsecret -x AES -X secretsecret $s:1610 1.3.6.1.2.1.1.5.0
    save
fi
if try syslog-5514 logger; then
    serve "$python" "$here/services.py" serve sink $s 5514 "$work"; ready 5514
    ask logger -n $s -P 5514 -d --rfc5424 "session opened for user jo"
    ask logger -n $s -P 5514 -d --rfc3164 "session opened for user jo"
    ask logger -n $s -P 5514 -T --octet-count "session opened for user jo"
    save
fi
if try radius-18120 radclient; then
    serve "$python" "$here/services.py" serve radius $s 18120 "$work"; ready 18120
    ask bash -c "echo 'User-Name=jo,User-Password=secret,NAS-Port=1' | radclient -r 1 -t 3 $s:18120 auth secret"
    save
fi
if try stun-3500 turnserver; then
    serve turnserver -n -L $s -p 3500 -u jo:secret -r example.org --no-tls --no-dtls --no-cli -l "$work/turn.log" --pidfile "$work/turn.pid" --userdb "$work/turn.db"; ready 3500
    ask turnutils_stunclient -p 3500 $s
    ask turnutils_uclient -p 3500 -u jo -w secret -y -m 1 -n 2 -l 100 $s
    save
fi
if try sip-5099 sipp; then
    serve "$python" "$here/services.py" pty sipp -sn uas -i $s -p 5099; ready 5099
    ask "$python" "$here/services.py" pty sipp -sn uac -i 10.78.0.2 -m 1 -d 200 -s jo $s:5099
    save
fi
openvpn_pki() {
    [[ -f $work/ta.key ]] || openvpn --genkey tls-auth "$work/ta.key"
}
for mode in udp:4430 tcp:993; do
    proto=${mode%:*} port=${mode#*:}
    if try openvpn-$proto-$port openvpn; then
        openvpn_pki
        fingerprint=$(openssl x509 -in "$work/cert.pem" -noout -fingerprint -sha256 | cut -d= -f2)
        common=(--dev null --dev-type tun --ca "$work/cert.pem" --cert "$work/cert.pem" --key "$work/key.pem" --port "$port" --verb 3)
        [[ $proto == tcp ]] && crypt=(--tls-crypt "$work/ta.key") || crypt=()
        serve openvpn "${common[@]}" "${crypt[@]}" --proto "${proto/tcp/tcp-server}" --tls-server --dh none --local $s --peer-fingerprint "$fingerprint"; ready "$port"
        in_client timeout 4 openvpn "${common[@]}" "${crypt[@]}" --nobind --proto "${proto/tcp/tcp-client}" --tls-client --remote $s --peer-fingerprint "$fingerprint" >"$work/openvpn.client" 2>&1
        save
    fi
done
if try wireguard-443 wireguard-go; then
    wg genkey >"$work/wg1"; wg genkey >"$work/wg2"
    serve env WG_PROCESS_FOREGROUND=1 wireguard-go dqs$$
    ip netns exec "$client" env WG_PROCESS_FOREGROUND=1 wireguard-go dqc$$ >/dev/null 2>&1 & pids+=($!)
    sleep 1
    in_server wg set dqs$$ listen-port 443 private-key "$work/wg1" peer "$(wg pubkey <"$work/wg2")" allowed-ips 10.79.0.2/32
    in_client wg set dqc$$ private-key "$work/wg2" peer "$(wg pubkey <"$work/wg1")" allowed-ips 10.79.0.1/32 endpoint $s:443
    ip -n "$server" addr add 10.79.0.1/24 dev dqs$$; ip -n "$server" link set dqs$$ up
    ip -n "$client" addr add 10.79.0.2/24 dev dqc$$; ip -n "$client" link set dqc$$ up
    ask ping -c 3 -i 0.2 -W 2 10.79.0.1
    save
fi
if try zabbix-10060 zabbix_agentd; then
    printf 'PidFile=%s/z.pid\nLogType=console\nServer=10.78.0.2\nListenPort=10060\nListenIP=%s\nHostname=test\nAllowRoot=1\nStartAgents=1\n' "$work" $s >"$work/zabbix.conf"
    serve zabbix_agentd -f -c "$work/zabbix.conf"; ready 10060
    ask "$python" "$here/services.py" ask zabbix $s 10060 "$work"
    save
fi
if try bgp-1790 bird; then
    for side in 1:2 2:1; do
        me=${side%:*} other=${side#*:}
        printf 'router id 10.78.0.%s;\nprotocol device {}\nprotocol static { ipv4; route 10.9%s.0.0/16 blackhole; }\nprotocol bgp { local 10.78.0.%s port 1790 as 6500%s; neighbor 10.78.0.%s port 1790 as 6500%s; connect delay time 1; ipv4 { import all; export all; }; }\n' $me $me $me $me $other $other >"$work/bird$me.conf"
    done
    serve bird -f -c "$work/bird1.conf" -s "$work/bird1.ctl" -P "$work/bird1.pid"
    ip netns exec "$client" timeout 8 bird -f -c "$work/bird2.conf" -s "$work/bird2.ctl" -P "$work/bird2.pid" >/dev/null 2>&1
    save
fi
if try mumble-6480 murmurd; then
    install -d -m 777 "$work/mumble"
    printf 'database=%s/mumble/db\nport=6480\nhost=%s\nlogfile=%s/mumble.log\npidfile=%s/mumble.pid\nsslCert=%s/cert.pem\nsslKey=%s/key.pem\n' "$work" $s "$work" "$work" "$work" "$work" >"$work/mumble.ini"
    serve murmurd -fg -ini "$work/mumble.ini"; ready 6480
    ask "$python" "$here/services.py" ask mumble $s 6480 "$work"
    save
fi
both modbus-5020 5020
both opcua-48400 48400
both coap-56830 56830
both dicom-11113 11113
both hl7-2600 2600
both iec104-2410 2410
both s7comm-1102 1102
both bacnet-47810 47810
both enip-44900 44900
both ads-48898 48898

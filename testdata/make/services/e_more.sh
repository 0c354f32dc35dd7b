# Neighbours' and plain services, brokers, names without a server.
if try icecast-8005 icecast2; then
    mkdir -p "$work/ice/web" "$work/ice/admin"
    printf '<icecast><limits><sources>2</sources></limits><authentication><source-password>p</source-password><admin-user>a</admin-user><admin-password>p</admin-password></authentication><hostname>radio.example.org</hostname><listen-socket><port>8005</port></listen-socket><paths><logdir>%s/ice</logdir><webroot>%s/ice/web</webroot><adminroot>%s/ice/admin</adminroot></paths><logging><loglevel>1</loglevel></logging><security><changeowner><user>nobody</user><group>nogroup</group></changeowner></security></icecast>\n' "$work" "$work" "$work" >"$work/icecast.xml"
    chmod -R 777 "$work/ice"
    serve icecast2 -c "$work/icecast.xml"; ready 8005
    in_client bash -c "(printf 'SOURCE /live HTTP/1.0\r\nAuthorization: Basic c291cmNlOnA=\r\nContent-Type: audio/mpeg\r\nice-name: Test\r\n\r\n'; sleep 0.3; head -c 3000 /dev/urandom; sleep 2) | socat -t2 - tcp:$s:8005" >/dev/null 2>&1 &
    local_source=$!
    sleep 1
    in_client curl -s -m 1 -H 'Icy-MetaData: 1' http://$s:8005/live -o /dev/null
    wait $local_source
    save
fi
if try rpc-111 rpcbind; then
    serve rpcbind -f -h $s; ready 111
    ask rpcinfo -T udp $s 100000
    ask rpcinfo -p $s
    save
fi
if try dhcp-67 udhcpc; then
    serve dnsmasq -k -p 0 -C /dev/null --no-ping --dhcp-range=10.78.0.50,10.78.0.60,1h --interface=s0 --dhcp-leasefile="$work/leases" -u root; sleep 0.7
    ask udhcpc -i c0 -n -q -t 2 -T 1 -s /bin/true -x hostname:laptop
    save
fi
if try vrrp-0 keepalived; then
    printf 'vrrp_instance one {\n state MASTER\n interface s0\n virtual_router_id 7\n priority 100\n advert_int 1\n virtual_ipaddress { 10.78.0.77/24 }\n}\n' >"$work/keepalived.conf"
    serve keepalived -n -l -P -f "$work/keepalived.conf" -p "$work/k.pid" -r "$work/kv.pid"; sleep 6
    save
fi
if try ptp-320 ptp4l; then
    serve ptp4l -i s0 -S -4 -m -q --priority1 10
    in_client timeout 7 ptp4l -i c0 -S -4 -m -q -s --free_running 1 >/dev/null 2>&1
    save
fi
if try collectd-25900 collectd; then
    printf 'BaseDir "%s"\nPIDFile "%s/collectd.pid"\nInterval 1\nHostname "test"\nLoadPlugin network\nLoadPlugin load\n<Plugin network>\n Server "%s" "25900"\n</Plugin>\n' "$work" "$work" $s >"$work/collectd.conf"
    ip netns exec "$client" timeout 4 collectd -f -C "$work/collectd.conf" >/dev/null 2>&1
    save
fi
if try routing bird; then
    for me in 1 2; do
        printf 'router id 10.78.0.%s;\nprotocol device {}\nprotocol bfd { interface "*" { interval 300 ms; }; }\nprotocol ospf v2 { ipv4 { import all; export all; }; area 0 { interface "?0" { hello 1; wait 2; bfd yes; }; }; }\nprotocol rip { ipv4 { import all; export all; }; interface "?0" { update time 2; }; }\n' $me >"$work/ospf$me.conf"
    done
    serve bird -f -c "$work/ospf1.conf" -s "$work/bird1.ctl" -P "$work/bird1.pid"
    ip netns exec "$client" timeout 9 bird -f -c "$work/ospf2.conf" -s "$work/bird2.ctl" -P "$work/bird2.pid" >/dev/null 2>&1
    save
fi
if try mdns-5353 "$python"; then
    ip -n "$server" route add 224.0.0.0/4 dev s0 2>/dev/null; ip -n "$client" route add 224.0.0.0/4 dev c0 2>/dev/null
    serve "$python" "$here/services.py" serve mdns $s 5353 "$work"; sleep 1.5
    ask "$python" "$here/services.py" ask mdns 10.78.0.2 5353 "$work"
    save
fi
if try rtps-7400 "$python"; then
    ip -n "$server" route add 224.0.0.0/4 dev s0 2>/dev/null; ip -n "$client" route add 224.0.0.0/4 dev c0 2>/dev/null
    serve "$python" "$here/services.py" serve rtps $s 0 "$work"
    ask "$python" "$here/services.py" ask rtps $s 0 "$work"
    save
fi
both stomp-61700 61700

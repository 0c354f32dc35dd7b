#!/usr/bin/env bash
# Makes testdata/youtube.pcap: a real client (curl, aioquic) asks real local servers (nginx, dnsmasq, aioquic) for the
# names of a video service and its neighbours, inside two network namespaces of its own. Nothing leaves the machine.
#
# Needs root, and from Debian: nginx-light dnsmasq-base curl openssl iproute2 tcpdump ethtool; from PyPI: aioquic.
set -euo pipefail
out=$(realpath "${1:-$(dirname "$0")/../youtube.pcap}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
client="dpc$$" server="dps$$"
pids=()

cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    ip netns del "$client" 2>/dev/null || true
    ip netns del "$server" 2>/dev/null || true
    rm -rf "$work" "/etc/netns/$client"
}
trap cleanup EXIT

ip netns add "$client"
ip netns add "$server"
ip link add c0 netns "$client" type veth peer name s0 netns "$server"
ip -n "$client" addr add 10.77.0.2/24 dev c0
ip -n "$client" link set c0 up
ip -n "$client" link set lo up
for last in 1 10 11 12 13; do ip -n "$server" addr add "10.77.0.$last/24" dev s0; done
ip -n "$server" link set s0 up
ip -n "$server" link set lo up
ip netns exec "$client" ethtool -K c0 tso off gso off gro off tx off >/dev/null
ip netns exec "$server" ethtool -K s0 tso off gso off gro off tx off >/dev/null
mkdir -p "/etc/netns/$client"
echo "nameserver 10.77.0.1" >"/etc/netns/$client/resolv.conf"

names=www.youtube.com,i.ytimg.com,rr3---sn-4g5e.googlevideo.com,github.com,www.wikipedia.org
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=localtest" -keyout "$work/key.pem" -out "$work/cert.pem" \
    -addext "subjectAltName=$(sed 's/[^,]*/DNS:&/g' <<<"$names")" 2>/dev/null

mkdir -p "$work/www"
head -c 60000 /dev/urandom >"$work/www/videoplayback"
head -c 9000 /dev/urandom >"$work/www/thumb.jpg"
echo "<html><body>hello</body></html>" >"$work/www/index.html"
cat >"$work/nginx.conf" <<CONF
worker_processes 1; daemon off; pid $work/nginx.pid; error_log $work/error.log;
events { worker_connections 64; }
http {
    access_log off; root $work/www; default_type text/html;
    client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work; uwsgi_temp_path $work; scgi_temp_path $work;
    server { listen 80; }
    server { listen 443 ssl http2; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.2 TLSv1.3; }
}
CONF
chmod -R a+rX "$work"
ip netns exec "$server" nginx -c "$work/nginx.conf" & pids+=($!)
ip netns exec "$server" dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --listen-address=10.77.0.1 --bind-interfaces \
    --address=/youtube.com/10.77.0.10 --address=/ytimg.com/10.77.0.10 --address=/googlevideo.com/10.77.0.11 \
    --address=/github.com/10.77.0.12 --address=/wikipedia.org/10.77.0.13 --address=/example.org/10.77.0.13 >/dev/null 2>&1 & pids+=($!)
ip netns exec "$server" python3 "$here/quic.py" server 10.77.0.11 443 "$work/cert.pem" "$work/key.pem" & pids+=($!)
ip netns exec "$client" tcpdump -i c0 -s 0 -U -w "$work/out.pcap" 'not arp and not icmp6' 2>/dev/null & dump=$!
sleep 2

get() { ip netns exec "$client" curl -sk4 --max-time 10 -o /dev/null "$@"; }
get https://www.youtube.com/
get https://i.ytimg.com/thumb.jpg
get --tls-max 1.2 https://rr3---sn-4g5e.googlevideo.com/videoplayback
ip netns exec "$client" timeout 10 python3 "$here/quic.py" client rr3---sn-4g5e.googlevideo.com 443
get https://github.com/
get http://example.org/ -o /dev/null http://example.org/thumb.jpg
get --http1.1 https://www.wikipedia.org/
sleep 1
kill -INT "$dump"; wait "$dump" || true
mv "$work/out.pcap" "$out"
chmod 644 "$out"
echo "$out: $(tcpdump -r "$out" 2>/dev/null | wc -l) packets"

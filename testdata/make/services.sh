#!/usr/bin/env bash
# Makes the captures of real services on usual and unusual ports: each real server is started inside a network namespace
# of its own, asked by a real client in another, and stopped. Nothing leaves the machine.
#
#     services.sh [CAPTURE...]      all of them, or those named (ssh-443 ...), into testdata/
#
# Needs root and the Debian and PyPI packages that `services.packages` lists; what is not installed is said and left out.
# PYTHON names the interpreter that has the PyPI packages.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "$here/..")
python=${PYTHON:-python3}
work=$(mktemp -d)
client="dqc$$" server="dqs$$"
s=10.78.0.1
pids=() dump="" only=("$@")

cleanup() {
    stop
    ip netns del "$client" 2>/dev/null
    ip netns del "$server" 2>/dev/null
    rm -rf "$work" "/etc/netns/$client"
}

# Ends what the last service started, each by its own id.
stop() {
    local pid
    for pid in $dump "${pids[@]}"; do kill -INT "$pid" 2>/dev/null; done
    for pid in $dump "${pids[@]}"; do
        for _ in 1 2 3 4 5 6 7 8; do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
        kill -TERM "$pid" 2>/dev/null && sleep 0.3 && kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    pids=() dump=""
}
trap cleanup EXIT

# in_server COMMAND..., in_client COMMAND...: bounded in time.
in_server() { ip netns exec "$server" timeout 60 "$@"; }
in_client() { ip netns exec "$client" timeout 12 "$@"; }

# try CAPTURE NEEDED_COMMAND: whether this one is to be made; starts its capture.
try() {
    local name=$1 needs=$2
    if ((${#only[@]})) && [[ " ${only[*]} " != *" $name "* ]]; then return 1; fi
    command -v "$needs" >/dev/null || { echo "$name: no $needs, left out"; return 1; }
    stop
    current=$name
    ip netns exec "$client" tcpdump -i c0 -s 0 -U --immediate-mode -w "$work/$name.pcap" 'not arp and not ip6' 2>"$work/tcpdump" & dump=$!
    for _ in $(seq 40); do grep -q listening "$work/tcpdump" && break; sleep 0.05; done
    return 0
}

# serve COMMAND...: starts a server of the current capture.
serve() { setsid ip netns exec "$server" "$@" >"$work/$current.server" 2>&1 & pids+=($!); }

# ready PORT: waits until the server listens there.
ready() {
    for _ in $(seq 80); do
        ip netns exec "$server" ss -Hlntu "sport = :$1" | grep -q . && return 0
        sleep 0.1
    done
    echo "$current: nobody listens on $1: $(tail -3 "$work/$current.server")"
}

# ask COMMAND...: runs a client of the current capture.
ask() { in_client "$@" >>"$work/$current.client" 2>&1 </dev/null || echo "$current: client says $? $(tail -2 "$work/$current.client")"; }

# save: keeps the current capture.
save() {
    sleep 0.3
    stop
    local packets size
    packets=$(tcpdump -r "$work/$current.pcap" 2>/dev/null | wc -l)
    size=$(stat -c %s "$work/$current.pcap")
    ((packets)) || { echo "$current: NO PACKETS"; return; }
    ((size < 62000)) || { echo "$current: TOO BIG $size"; return; }
    install -m 644 "$work/$current.pcap" "$out/$current.pcap"
    echo "$current: $packets packets, $size bytes"
}

# both CAPTURE PORT [FUNCTION]: server and client are a pair of functions in services.py.
both() {
    try "$1" "$python" || return
    serve "$python" "$here/services.py" serve "${3:-${1%-*}}" "$s" "$2" "$work"
    ready "$2"
    ask "$python" "$here/services.py" ask "${3:-${1%-*}}" "$s" "$2" "$work"
    save
}

ip netns add "$client"
ip netns add "$server"
ip link add c0 netns "$client" type veth peer name s0 netns "$server"
ip -n "$client" addr add 10.78.0.2/24 dev c0
ip -n "$server" addr add $s/24 dev s0
for n in "$client" "$server"; do
    ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv4.ip_unprivileged_port_start=0 2>/dev/null
    ip -n "$n" link set lo up
done
ip -n "$client" link set c0 up
ip -n "$server" link set s0 up
ip netns exec "$client" ethtool -K c0 tso off gso off gro off tx off >/dev/null
ip netns exec "$server" ethtool -K s0 tso off gso off gro off tx off >/dev/null
mkdir -p "/etc/netns/$client"
echo "$s mail.example.org www.example.org shop.example.org" >"/etc/netns/$client/hosts"
echo "nameserver $s" >"/etc/netns/$client/resolv.conf"
chmod 755 "$work"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=mail.example.org" \
    -keyout "$work/key.pem" -out "$work/cert.pem" -addext "subjectAltName=DNS:mail.example.org,DNS:www.example.org" 2>/dev/null
chmod 644 "$work/key.pem"
mkdir -p "$work/www" "$work/tmp"
echo "<html><body>hello</body></html>" >"$work/www/index.html"
head -c 1500 /dev/urandom >"$work/www/file.bin"
chmod -R a+rX "$work"

for part in "$here"/services/*.sh; do
    # shellcheck source=/dev/null
    source "$part"
done

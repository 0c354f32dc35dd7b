#!/usr/bin/env bash
# dpimon beside its peers on one capture, in turn in one run; medians of five. Prints CPU seconds, wall seconds, peak
# memory, and the ratios to ndpiReader. Needs root or sudo once, for Debian's libndpi-bin, tshark and tcpdump.
#
#     benches/peers.sh target/mix.pcap
set -euo pipefail
capture=${1:?usage: benches/peers.sh CAPTURE}
cd "$(dirname "$0")/.."
S=$(command -v sudo || true)
for tool in ndpiReader:libndpi-bin tcpdump:tcpdump /usr/bin/time:time; do
    command -v "${tool%%:*}" >/dev/null || $S apt-get install -qy "${tool##*:}"
done
cargo build --release -q
python3 - "$capture" <<'PY'
import os, resource, statistics, subprocess, sys, time
capture = sys.argv[1]
tools = {
    "dpimon, 1 worker": ["target/release/dpimon", "-r", capture, "--headless", "-q", "--workers", "1"],
    "dpimon, 2 workers": ["target/release/dpimon", "-r", capture, "--headless", "-q", "--workers", "2"],
    "dpimon -w everything": ["target/release/dpimon", "-r", capture, "-q", "--workers", "1", "-w", "/dev/null"],
    "dpimon --json": ["target/release/dpimon", "-r", capture, "--json=/dev/null", "--workers", "1"],
    "ndpiReader -q -t": ["ndpiReader", "-q", "-t", "-i", capture],
    "tcpdump -r -w": ["tcpdump", "-r", capture, "-w", "/dev/null"],
}
figures = {name: [] for name in tools}
for turn in range(5):
    for name, command in tools.items():
        begun = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        assert status == 0, (name, status)
        figures[name].append((used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss / 1024))
middle = {name: [statistics.median(x) for x in zip(*runs)] for name, runs in figures.items()}
peer = middle["ndpiReader -q -t"]
print(f"{'':24}{'CPU s':>8}{'wall s':>8}{'MiB':>7}   times faster than ndpiReader by CPU, share of its memory")
for name, (cpu, wall, mib) in middle.items():
    print(f"{name:24}{cpu:8.2f}{wall:8.2f}{mib:7.0f}   {peer[0] / cpu:6.1f} x {mib / peer[2]:6.0%}")
PY

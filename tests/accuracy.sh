#!/usr/bin/env bash
# Holds the release build to tests/accuracy.floor on the shared corpora: no figure may fall below, no capture be in
# trouble. Lines of the floor: corpus, flags of `score`, figure, micro, macro (in per cent).
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${DPIMON_SHARED:-../shared}
if [ ! -x "$shared/tools/score" ]; then
    printf '\n!!! NO CORPUS: %s is not there, so accuracy was NOT measured. Only the tests on testdata/ speak.\n\n' "$shared"
    exit 0
fi
failed=0
while read -r corpus flags figure micro macro; do
    case "$corpus" in ''|\#*) continue ;; esac
    [ "$flags" = - ] && flags=
    out=$("$shared/tools/score" "$shared/corpus/$corpus" --bin target/release/dpimon $flags)
    line=$(grep "^$figure " <<<"$out") || { echo "$corpus: no figure $figure"; failed=1; continue; }
    trouble=$(sed -n 's/.*in trouble \([0-9]*\).*/\1/p' <<<"$out")
    verdict=$(python3 - "$line" "$micro" "$macro" <<'PY'
import re, sys
line, micro, macro = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
got = [float(x) for x in re.findall(r"([\d.]+)%", line)[:2]]
print("ok" if got[0] >= micro and got[1] >= macro else "BELOW", got[0], got[1])
PY
)
    echo "$corpus $flags $figure: $verdict (floor $micro $macro), captures in trouble: $trouble"
    [[ "$verdict" == ok* && "$trouble" = 0 ]] || failed=1
done <tests/accuracy.floor
exit "$failed"

#!/usr/bin/env bash
# Breaks disks, cuts lines and kills processes; nothing acknowledged may be lost.
# SHORT=1 looks at a part of it in about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
export ZHIGAI_BIN=$PWD/bin/zhigai
if [ -n "${SHORT:-}" ]; then
  kills=4
  tests='TestKill|TestLink|TestBroken'
  export ZHIGAI_FAULT=short
else
  kills=60
  tests='TestKill|TestLink|TestBroken|TestReplicas|TestRepair_EveryKindOfFile'
  export ZHIGAI_FAULT=all
fi
# Side by side: kills of the program itself with the demo plant, nodes, hubs and
# their replicas wait most of the time.
whole=$(mktemp)
ZHIGAI_KILLS=${KILLS:-$kills} go test ./cmd/zhigai -run "$tests" -count=1 -v -timeout 20m >"$whole" 2>&1 &
# Faults of the disk, losses of power, flipped bits and kills of a lean process.
# In memory where there is room: what a disk forgets is simulated, what a killed
# process wrote outlives it there, too, and nobody waits for the real disk.
lean=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$whole" "$lean"' EXIT
failed=0
TMPDIR=$lean go test ./faulttest -count=1 -v -parallel 4 -timeout 20m | grep --line-buffered -E '^ *(---|cycles|ok|FAIL|panic)|_test\.go' || failed=1
wait $! || failed=1
cat "$whole"
# A plant that is killed while it exchanges with a business system; alone, because
# its messages run out of time on purpose. The short form is in the Go tests.
[ -n "${SHORT:-}" ] || go test ./factory/exchange -run TestBooksAreEqual -count=1 -v -timeout 20m || failed=1
# Commands at three foreign machines, whose lines are cut, by a process that is killed.
go test ./shop/control -run TestThousands_AreAccountedFor -count=1 -v -timeout 40m 2>&1 | grep --line-buffered -E '^ *(---|ok|FAIL|panic)|_test\.go' || failed=1
exit $failed

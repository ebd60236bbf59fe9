#!/usr/bin/env bash
# Breaks disks, cuts lines and kills processes; nothing acknowledged may be lost.
# SHORT=1 looks at a part of it in about a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
export ZHIGAI_BIN=$PWD/bin/zhigai
if [ -n "${SHORT:-}" ]; then
  kills=4
  export ZHIGAI_FAULT=short
else
  kills=60
  export ZHIGAI_FAULT=all
fi
# Faults of the disk, losses of power, flipped bits and kills of a lean process.
go test ./faulttest -count=1 -v -timeout 20m | grep -E '^(---|cycles|ok|FAIL|panic)|_test\.go'
# Kills of the program itself with the demo plant; nodes and hubs.
ZHIGAI_KILLS=${KILLS:-$kills} go test ./cmd/zhigai -run 'TestKill|TestLink|TestBroken' -count=1 -v -timeout 20m

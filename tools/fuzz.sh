#!/usr/bin/env bash
# Fuzzes every decoder for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-10s}
grep -rlE '^func Fuzz' --include='*_test.go' . | grep -v node_modules | while read -r file; do
  dir=$(dirname "$file")
  grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | sed 's/^func //' | while read -r name; do
    echo "== $dir $name"
    go test "$dir" -run '^$' -fuzz "^${name}\$" -fuzztime "$time" -fuzzminimizetime 5x
  done
done

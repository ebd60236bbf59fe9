#!/usr/bin/env bash
# Benchmarks of the rooms with published limits.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchtime "${BENCHTIME:-2s}" -timeout 30m ./history ./shop/equipment ./connect/profile ./connect/modbus/... "$@"
if command -v chromium >/dev/null && [ -x bin/zhigai ]; then
	node e2e/bench.mjs
else
	echo "pages are not measured: no chromium, or bin/zhigai is not built (make build)"
fi

#!/usr/bin/env bash
# Everything that is measured of this machine, in one report: the node by
# itself, other programs on the same messages, pages in a browser, and the Go
# benchmarks of the rooms. QUICK=1 looks whether all of it works.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
peers=${BENCH_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/zhigai/bench-peers} # shared by all checkouts: they take minutes to build
args=(--peers "$peers" --parts disk,ingest,visible,sustained,query,memory,start,link,nodes,edge,peers)
benchtime=${BENCHTIME:-1s}
if [ -n "${QUICK:-}" ]; then
	args+=(--quick)
	benchtime=20ms
else
	args+=(--md docs/benchmarks.md --json docs/benchmarks.json)
fi

tools/bench-peers.sh "$peers"
go test -run '^$' -bench . -benchtime "$benchtime" -timeout 30m ./history ./shop/equipment ./connect/profile ./connect/modbus/... >"$out/rooms"
args+=(--with "$out/rooms")
if command -v chromium >/dev/null && [ -z "${QUICK:-}" ]; then
	node e2e/bench.mjs "$out/pages"
	args+=(--with "$out/pages")
fi
bin/zhigai bench "${args[@]}"

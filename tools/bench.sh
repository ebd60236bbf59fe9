#!/usr/bin/env bash
# Everything that is measured of this machine, in one report: the node by
# itself, other programs on the same messages, pages in a browser, and the Go
# benchmarks of the rooms. QUICK=1 looks whether all of it works.
set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
peers=${BENCH_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/zhigai/bench-peers} # shared by all checkouts: they take minutes to build
args=(--peers "$peers" --parts disk,ingest,visible,sustained,query,memory,start,link,nodes,edge,peers,polled,province,firms,schedule,planning,genealogy,quality,rules,handshake,components)
benchtime=${BENCHTIME:-1s}
if [ -n "${QUICK:-}" ]; then
	args+=(--quick)
	benchtime=20ms
else
	args+=(--md docs/benchmarks.md --json docs/benchmarks.json)
fi

tools/bench-peers.sh "$peers"
go test -run '^$' -bench . -benchtime "$benchtime" -timeout 30m ./history ./shop/equipment ./connect/profile ./connect/modbus/... >"$out/rooms"
# Whole machines of a protocol, a number of rounds each; large servers are built
# for some.
if [ -n "${QUICK:-}" ]; then
	go test -run '^$' -bench 'Controllers|UnderLoad' -benchtime 2x -timeout 10m ./connect/s7 ./shop/control >>"$out/rooms"
else
	{
		go test -run '^$' -bench Controllers -benchtime 30x -timeout 10m ./connect/s7
		go test -run '^$' -bench UnderLoad -benchtime 300x -timeout 10m ./shop/control
		ZHIGAI_PEERS=require go test -run '^$' -bench SampleToReadBack -benchtime 300x -timeout 10m ./cmd/zhigai
		ZHIGAI_BIG=yes ZHIGAI_PEERS=require go test -run '^$' -bench 'Walk_|Monitor_' -benchtime 3x -timeout 30m ./connect/opcua
	} >>"$out/rooms"
fi
args+=(--with "$out/rooms")
if command -v chromium >/dev/null && [ -z "${QUICK:-}" ]; then
	node e2e/bench.mjs "$out/pages"
	args+=(--with "$out/pages")
fi
if [ -e docs/schedules.json ]; then # all instances; make schedules measures them for an hour
	args+=(--with docs/schedules.json)
fi
bin/zhigai bench "${args[@]}"

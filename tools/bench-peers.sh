#!/usr/bin/env bash
# Puts the programs that zhigai is measured against into a folder: Telegraf and
# VictoriaMetrics built from the Go modules that are pinned in tools/peers,
# Node-RED from npm; Mosquitto, InfluxDB and PostgreSQL come from Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(realpath -m "${1:?folder}")
mkdir -p "$dir/node-red"

packages=(mosquitto influxdb postgresql)
missing=()
for p in "${packages[@]}"; do
	dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	else
		echo "not installed, left out of the comparison: ${missing[*]}" >&2
	fi
fi

# Telegraf's full build needs modules that the others do not: only what is used.
tags=custom,inputs.mqtt_consumer,inputs.modbus,outputs.influxdb,outputs.postgresql,parsers.influx,parsers.json
[ -x "$dir/telegraf" ] || (cd tools/peers/telegraf && go build -tags "$tags" -o "$dir/telegraf" github.com/influxdata/telegraf/cmd/telegraf)
[ -x "$dir/victoria-metrics" ] || (cd tools/peers/victoriametrics && go build -o "$dir/victoria-metrics" github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics)
if [ ! -e "$dir/node-red/node_modules/node-red/red.js" ]; then
	cp tools/peers/node-red/package.json tools/peers/node-red/package-lock.json "$dir/node-red/"
	npm ci --prefix "$dir/node-red" --no-audit --no-fund --loglevel=error
fi

#!/usr/bin/env bash
# The whole test run, part by part, with the time each part took. Installs the
# foreign parties (Debian packages, npm packages) that are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

# As the program is built: what was compiled for one is there for the other.
export GOFLAGS=-trimpath CGO_ENABLED=0

packages=(poppler-utils python3-pymodbus python3-serial python3-serial-asyncio mbpoll mosquitto mosquitto-clients socat tshark chromium fonts-noto-cjk postgresql clickhouse-server curl adduser snmpd snmp libxml2-utils python3-openpyxl python3-docx g++ make python3)
times=()

part() { # name, command...
  local name=$1 start=$SECONDS
  shift
  echo "== $name"
  "$@"
  times+=("$(printf '%-10s %3d:%02d' "$name" $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60)))")
}

# beside runs a part while others go on; await waits for it, and shows what it said.
beside() { # name, command...
  local name=$1 start=$SECONDS
  shift
  {
    "$@" >"$beside/$name" 2>&1
    echo $((SECONDS - start)) >"$beside/$name.took"
  } &
}
await() { # name
  echo "== $1"
  wait || true # how it went stands in its file
  cat "$beside/$1"
  local took
  took=$(cat "$beside/$1.took" 2>/dev/null) || { echo "$1 failed" >&2; exit 1; }
  times+=("$(printf '%-10s %3d:%02d, beside others' "$1" $((took / 60)) $((took % 60)))")
}

debian() {
  local missing=() p
  for p in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]}; install them, or run as root on Debian" >&2
    exit 1
  fi
  # Tests make servers of their own; Debian need not make and start one.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then # no service starts while we install, and no longer
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
    trap "rm -f $policy" EXIT
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  case " ${missing[*]} " in # nor at the next boot
    *" clickhouse-server "*) systemctl disable clickhouse-server >/dev/null 2>&1 || true ;;
  esac
  case " ${missing[*]} " in
    *" snmpd "*) systemctl disable snmpd >/dev/null 2>&1 || true ;;
  esac
  case " ${missing[*]} " in
    *" mosquitto "*) systemctl disable mosquitto >/dev/null 2>&1 || true ;;
  esac
}

peers() {
  debian
  if [ ! e2e/peers/node_modules/.package-lock.json -nt e2e/peers/package-lock.json ]; then
    # node-snap7 is compiled where no binary can be had; the headers of this Node
    # are beside it.
    local node
    node=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
    [ ! -e "$node/include/node/node.h" ] || export npm_config_nodedir=$node
    npm ci --prefix e2e/peers --no-audit --no-fund --loglevel=error
    touch e2e/peers/node_modules/.package-lock.json
  fi
  go mod download
}

# Vet has run over all of it, and what is left out of the test programs only a
# debugger wants: a third of their linking.
gotest() { ZHIGAI_PEERS=require go test -vet=off -ldflags='-s -w' -timeout 15m ./...; }
pages() { make --no-print-directory ui && npm test --silent --prefix ui; }
generated() {
  make --no-print-directory gen
  git diff --exit-code --stat -- web/openapi.json ui/src/api || { echo "generated files are stale: run make gen and commit" >&2; exit 1; }
}
# The walks that fit into its minutes; make e2e has all of them.
browser() { make --no-print-directory build e2e/node_modules/.package-lock.json && ZHIGAI_BIN=$PWD/bin/zhigai npm test --silent --prefix e2e; }
faults() { make --no-print-directory fault SHORT=1; }

case ${1:-all} in
  peers) part install peers ;;
  all)
    [ -n "${ZHIGAI_REFDATA:-}" ] || echo "ZHIGAI_REFDATA is not set: tests against reference data are skipped and say so"
    beside=$(mktemp -d)
    trap 'rm -rf "$beside"' EXIT
    beside install peers # waits for the network and the disk
    part vet make --no-print-directory vet
    part pages pages
    await install
    part go gotest
    part generated generated
    part browser browser
    part faults faults
    ;;
  *) echo "usage: $0 [all|peers]" >&2; exit 2 ;;
esac
echo "minutes per part"
printf '  %s\n' "${times[@]}"

# zhigai: every task of a developer. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
DATA ?= .demo
PROVINCE ?= .province
PROVINCE_PORT ?= 8690
LISTEN ?= 127.0.0.1:8680
TOOL := go tool -modfile=tools/go.mod

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## the demo plant on real protocols; prints the address of the page
	bin/zhigai run --demo --stories --orders --data $(DATA) --listen $(LISTEN)

province: build ## five nodes from a plant to the province, with 2,000 synthetic firms and 30 live plants; prints their pages (two minutes)
	bin/zhigai province --data $(PROVINCE) --port $(PROVINCE_PORT)

build: ui bin ## pages and program

bin: ## the program alone (works without Node)
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o bin/zhigai ./cmd/zhigai

ui: ui/dist/index.html ## build the pages

ui/node_modules/.package-lock.json: ui/package-lock.json
	npm ci --prefix ui --no-audit --no-fund --loglevel=error
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(shell find ui/src ui/public ui/*.html ui/*.ts ui/*.json -type f 2>/dev/null)
	npm run --silent build --prefix ui

test: ## everything, with the real peers it needs; prints minutes per part
	tools/test.sh all

test-go: ## Go tests only, with whatever peers are installed
	go test ./...

peers: ## install the foreign parties of the tests
	tools/test.sh peers

race: ## Go tests with the race detector
	go test -race ./...

check: vet ## vet, gofumpt, go fix, and staticcheck, which takes minutes the first time; before every landing
	$(TOOL) staticcheck ./...

vet: ## vet, gofumpt, go fix
	go vet ./...
	@test -z "$$($(TOOL) gofumpt -l $$(git ls-files '*.go'))" || { $(TOOL) gofumpt -l $$(git ls-files '*.go'); echo "run: make fmt"; exit 1; }
	@test -z "$$(go fix -diff ./... 2>&1)" || { go fix -diff ./...; echo "run: go fix ./..."; exit 1; }

dead: ## code that nothing reaches, not even a test (a minute)
	@found=$$($(TOOL) deadcode -test ./...); test -z "$$found" || { echo "$$found"; exit 1; }

fmt: ## format the Go sources
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

bench: build e2e/node_modules/.package-lock.json ## this machine's limits beside other programs'; writes docs/benchmarks.md (QUICK=1: two minutes, writes nothing)
	tools/bench.sh

truth: bin ## what is computed here beside the references under ZHIGAI_REFDATA, quantity by quantity
	@bin/zhigai truth

schedules: bin ## all published job shops, 3 seeds of 10 s of a core; writes docs/schedules.json for make bench (an hour; goes on where it was stopped)
	bin/zhigai bench --parts schedule-all --searches docs/schedules.tsv --json docs/schedules.json

soak: bin ## memory of a node over 20 minutes at 100,000 samples/s
	bin/zhigai bench --parts soak

dist: build ## the Debian package and the container image, the same bytes for the same commit, into dist/
	go run ./pack -bin bin/zhigai -version $(VERSION) -arch $(shell go env GOARCH) -time $(shell git log -1 --format=%ct) -out dist

fuzz: ## every decoder for FUZZTIME each (default 10s)
	tools/fuzz.sh $${FUZZTIME:-10s}

fault: bin ## every injected fault, losses of power and 520 kills (20 minutes; SHORT=1: a minute); nothing acknowledged may be lost
	tools/fault.sh

e2e: build e2e/node_modules/.package-lock.json ## the pages in a real browser; renews docs/screens
	RENEW_SCREENS=yes ZHIGAI_BIN=$(CURDIR)/bin/zhigai npm run all --silent --prefix e2e

e2e/node_modules/.package-lock.json: e2e/package-lock.json
	npm ci --prefix e2e --no-audit --no-fund --loglevel=error
	@touch $@

gen: ## OpenAPI document and the client's types
	go run ./cmd/zhigai openapi > web/openapi.json
	npm run --silent gen --prefix ui

dev: ui/node_modules/.package-lock.json ## pages with hot reload against a demo node
	(go run ./cmd/zhigai run --demo --data .dev --listen 127.0.0.1:8680 & trap 'kill %1' EXIT; npm run dev --prefix ui)

golden: ## rewrite the expected outputs of golden tests; review the diff
	go test ./... -run Golden -update

clean: ## remove what was built
	rm -rf bin dist ui/dist/assets ui/dist/*.html .demo .dev

.PHONY: help run build bin ui test test-go peers race check vet dead fmt bench schedules truth soak dist fuzz fault e2e gen dev golden clean

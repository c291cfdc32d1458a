# The manual of this repository: `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CONFIGURATION ?= Release
MANIFESTS ?= config/samples
PORT ?= 4000
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

##@ Help

.PHONY: help
help: ## Print this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Build

.PHONY: build clean
build: ## Build everything, warnings are errors
	dotnet build GatewayOperator.sln -c $(CONFIGURATION) -v quiet

clean: ## Remove what was built
	rm -rf artifacts

.PHONY: crds check
crds: ## Generate crds/ from operator/Api
	@dotnet build operator -c $(CONFIGURATION) -v quiet >&2
	@configuration=$(CONFIGURATION); artifacts/bin/Operator/$${configuration,,}/operator crds --output crds

check: ## Fail when crds/ is not what `make crds` makes
	@dotnet build operator -c $(CONFIGURATION) -v quiet >&2
	@configuration=$(CONFIGURATION); fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	artifacts/bin/Operator/$${configuration,,}/operator crds --output "$$fresh"; \
	diff -ru --exclude kustomization.yaml crds "$$fresh" || { echo 'crds/ is stale: run `make crds`' >&2; exit 1; }

##@ Run

.PHONY: run
run: ## Serve the manifests of MANIFESTS on this machine, without a cluster
	@dotnet build operator -c $(CONFIGURATION) -v quiet >&2
	@dotnet build gateway/Server -c $(CONFIGURATION) -v quiet >&2
	@configuration=$(CONFIGURATION); exec artifacts/bin/Operator/$${configuration,,}/operator standalone --manifests $(MANIFESTS) --port $(PORT)

##@ Test

.PHONY: test test-fast golden
test: build ## All tests; the last line counts them
	tests/run.sh $(CONFIGURATION) Contract.Tests Gateway.Tests Operator.Tests Integration.Tests

test-fast: build ## The inner loop: everything but whole processes
	tests/run.sh $(CONFIGURATION) Contract.Tests Gateway.Tests Operator.Tests

golden: build ## Write the golden files anew; read the difference before you commit it
	GOLDEN=rewrite tests/run.sh $(CONFIGURATION) Gateway.Tests Operator.Tests

##@ Measure

.PHONY: bench bench-operator
bench: ## Figures beside nginx, as a table and in artifacts/bench.json; BENCH="quick small large" chooses
	@command -v nginx >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends nginx-light; } >&2
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	@dotnet build gateway/Server -c Release -v quiet >&2
	artifacts/bin/Benchmarks/release/Benchmarks $(BENCH)

bench-operator: ## Figures on a real API server, as a table and in artifacts/bench-operator.json; BENCH="ack bulk" chooses
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	@dotnet build gateway/Server -c Release -v quiet >&2
	@dotnet publish operator -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o artifacts/bench/operator -v quiet >&2
	OPERATOR_PROGRAM=artifacts/bench/operator/operator artifacts/bin/Benchmarks/release/Benchmarks operator $(BENCH)

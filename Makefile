# The manual of this repository: `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CONFIGURATION ?= Release
MANIFESTS ?= config/samples
PORT ?= 4000
VERSION := $(shell sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
TAG ?= $(VERSION)
PLATFORM ?= linux/$(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(shell uname -m)))
CHART := charts/llm-gateway-operator
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export BUILDAH_LAYERS ?= true

##@ Help

.PHONY: help
help: ## Print this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Build

.PHONY: build clean
build: ## Build everything, warnings are errors
	dotnet build GatewayOperator.sln -c $(CONFIGURATION) -v quiet

clean: ## Remove what was built
	rm -rf artifacts dist

.PHONY: crds check
crds: ## Generate crds/ from operator/Api, and what the chart has of it
	@dotnet build operator -c $(CONFIGURATION) -v quiet >&2
	@configuration=$(CONFIGURATION); artifacts/bin/Operator/$${configuration,,}/operator crds --output crds \
	  --values-schema $(CHART)/values.schema.json
	@cp crds/*.llmgateway.dev.yaml $(CHART)/files/crds

check: ## Fail when crds/, or what the chart has of it, is not what `make crds` makes
	@dotnet build operator -c $(CONFIGURATION) -v quiet >&2
	@configuration=$(CONFIGURATION); fresh=$$(mktemp -d); \
	schema=$$(mktemp); cp $(CHART)/values.schema.json "$$schema"; trap 'rm -rf "$$fresh" "$$schema"' EXIT; \
	artifacts/bin/Operator/$${configuration,,}/operator crds --output "$$fresh" --values-schema "$$schema"; \
	diff -ru --exclude kustomization.yaml crds "$$fresh" && diff -ru --exclude README.md $(CHART)/files/crds "$$fresh" \
	  && diff -u $(CHART)/values.schema.json "$$schema" \
	  || { echo 'crds/, or what the chart has of it, is stale: run `make crds`' >&2; exit 1; }

##@ Ship

.PHONY: images dist
images: ## Build both images, say their sizes and how soon a gateway is ready; REGISTRY=registry/path TAG=1.2.3 PLATFORM=linux/arm64 ENGINE=docker|podman|buildah
	@engine=$(ENGINE); for one in docker podman buildah; do [[ $$engine ]] || ! $$one info >/dev/null 2>&1 || engine=$$one; done; \
	[[ $$engine ]] || { echo 'make images: neither docker, podman nor buildah works here' >&2; exit 1; }; \
	for image in operator=llm-gateway-operator gateway=llm-gateway; do \
	  name=$(if $(REGISTRY),$(REGISTRY)/)$${image#*=}:$(TAG); \
	  $$engine build --target $${image%=*} --platform $(PLATFORM) --build-arg VERSION=$(VERSION) \
	    --build-arg REVISION=$$(git rev-parse HEAD) --tag $$name . >&2; \
	  echo "$$name $$($$engine images --format '{{.Size}}' $$name | head -1)"; \
	done; \
	tests/Benchmarks/image-start.sh $$engine $$name

dist: ## Write dist/install.yaml and, where helm is on PATH, the chart as a package; REGISTRY=registry/path has the images
	@rm -rf dist && mkdir -p dist/chart
	kubectl kustomize config/default | sed -E 's#^( +(image|value): )(llm-gateway(-operator)?:)#\1$(if $(REGISTRY),$(REGISTRY)/)\3#' > dist/install.yaml
	@if command -v helm >/dev/null; then \
	  cp -R $(CHART)/. dist/chart && sed -i 's#^registry: .*#registry: "$(REGISTRY)"#' dist/chart/values.yaml && helm package dist/chart --destination dist; \
	else echo 'no helm on PATH: no package of the chart'; fi
	@rm -r dist/chart

.PHONY: version set-version
version: ## Print the version
	@echo $(VERSION)

set-version: ## Give everything another version: make set-version TO=1.2.3
	sed -i 's/\b$(subst .,\.,$(VERSION))\b/$(TO)/g' Directory.Build.props Dockerfile README.md $(CHART)/Chart.yaml config/manager/*.yaml

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

.PHONY: soak
soak: ## Whole gateways through every outage of Postgres, Redis and replicas at full length, then an audit; SOAK_MINUTES=15
	tests/provision.sh
	@dotnet build tests/Integration.Tests -c Release -v quiet >&2
	artifacts/bin/Integration.Tests/release/Integration.Tests -noLogo -noColor -explicit only -class Integration.Tests.Soak.SoakTests

golden: build ## Write the golden files anew; read the difference before you commit it
	GOLDEN=rewrite tests/run.sh $(CONFIGURATION) Gateway.Tests Operator.Tests

##@ Measure

.PHONY: bench bench-start bench-operator bench-money
bench: ## Figures beside nginx, as a table and in artifacts/bench.json; BENCH="quick small large" chooses
	@command -v nginx >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends nginx-light; } >&2
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	@dotnet build gateway/Server -c Release -v quiet >&2
	artifacts/bin/Benchmarks/release/Benchmarks $(BENCH)

bench-start: ## From the start of the gateway to ready, compiled ahead of time as in its image
	@dotnet publish gateway/Server -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o artifacts/bench/gateway -v quiet >&2
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	GATEWAY_PROGRAM=artifacts/bench/gateway/gateway artifacts/bin/Benchmarks/release/Benchmarks start

bench-operator: ## Figures on a real API server, as a table and in artifacts/bench-operator.json; BENCH="ack bulk" chooses
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	@dotnet build gateway/Server -c Release -v quiet >&2
	@dotnet publish operator -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o artifacts/bench/operator -v quiet >&2
	OPERATOR_PROGRAM=artifacts/bench/operator/operator artifacts/bin/Benchmarks/release/Benchmarks operator $(BENCH)

bench-money: ## Figures of budgets, limits and ledger with Postgres and Redis, as a table and in artifacts/bench-money.json; BENCH="check report" chooses
	tests/provision.sh
	@dotnet build tests/Benchmarks -c Release -v quiet >&2
	@dotnet publish gateway/Server -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -o artifacts/bench/gateway -v quiet >&2
	GATEWAY_PROGRAM=artifacts/bench/gateway/gateway artifacts/bin/Benchmarks/release/Benchmarks money $(BENCH)

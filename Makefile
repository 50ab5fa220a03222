GO      ?= go
TAGS    := synctests
PKGS    ?= ./...

.DEFAULT_GOAL := help

.PHONY: help build test race check vuln fmt

help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Compile everything.
	$(GO) build ./...

test: ## Run all tests that this machine has servers for; MILLRACE_REQUIRE_SERVERS=1 lets a missing one fail.
	$(GO) vet -tags $(TAGS) $(PKGS)
	$(GO) test -tags $(TAGS) -timeout 20m $(ARGS) $(PKGS)

.PHONY: integration image
integration: ## Run the tests against real servers; MILLRACE_SERVERS=environment, docker or process takes them from there alone.
	@$(MAKE) --no-print-directory test PKGS=./integration/...

image: ## Make the image of the test servers for Docker, where the official ones cannot be pulled.
	@integration/image/build.sh

race: ## Run all tests under the race detector.
	$(GO) test -tags $(TAGS) -race -timeout 40m $(PKGS)

check: ## Everything a change must pass: format, go fix, vet, race.
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run: make fmt"; exit 1; }
	@test -z "$$($(GO) fix -diff ./... 2>&1)" || { $(GO) fix -diff ./...; exit 1; }
	$(MAKE) race

vuln: ## Look for known vulnerabilities in what the code calls; a database out of reach is an error.
	$(GO) tool -modfile=tools/go.mod govulncheck -tags $(TAGS) ./...

fmt: ## Format the tree.
	gofmt -w .

.PHONY: bench
bench: ## Measure beside other libraries, on a broker that it starts.
	$(GO) run -C bench . bus

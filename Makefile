GO      ?= go
TAGS    := synctests
PKGS    ?= ./...
TOOL    := $(GO) tool -modfile=tools/go.mod
LINT    := $(TOOL) golangci-lint

.DEFAULT_GOAL := help

.PHONY: help build test race lint check vuln fmt

help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Compile everything.
	$(GO) build ./...

test: ## Run all tests that this machine has servers for, the simulations of partitions and what runs on real servers by themselves; MILLRACE_REQUIRE_SERVERS=1 lets a missing one fail.
	$(GO) vet -tags $(TAGS) $(PKGS)
	@all=$$($(GO) list -tags $(TAGS) $(PKGS)) || exit 1; \
	busy=$$(echo "$$all" | grep -E '/(partitions|integration|integration/debezium|integration/soak)$$'); others=$$(echo "$$all" | grep -vE '/(partitions|integration|integration/debezium|integration/soak)$$'); \
	if [ -n "$$others" ]; then $(GO) test -tags $(TAGS) -timeout 30m $(ARGS) $$others || exit 1; fi; \
	if [ -n "$$busy" ]; then $(GO) test -tags $(TAGS) -timeout 30m -p 1 $(ARGS) $$busy || exit 1; fi

.PHONY: integration image
integration: ## Run the tests against real servers; MILLRACE_SERVERS=environment, docker or process takes them from there alone.
	@$(MAKE) --no-print-directory test PKGS=./integration/...

.PHONY: soak
DURATION ?= 2h
WAITING ?= 10000000
soak: ## Kill and stop five processes and three brokers at random for DURATION, two hours by default, and count; MILLRACE_SEED repeats the choices. Before that, WAITING jobs wait, ten million.
	MILLRACE_SERVERS=process MILLRACE_REQUIRE_SERVERS=1 MILLRACE_SOAK=$(DURATION) MILLRACE_SOAK_WAITING=$(WAITING) \
		$(GO) test -tags $(TAGS) -count=1 -timeout 0 -v -run '^Test(ManyWaiting|Soak)$$' ./integration/soak

.PHONY: deploy
deploy: ## Hold manifests, rules, dashboards and runbooks against what they are for, in a module of its own.
	cd deploy/check && $(GO) test $(ARGS) .

image: ## Make the image of the test servers for Docker, where the official ones cannot be pulled.
	@integration/image/build.sh

race: ## Run all tests under the race detector.
	$(GO) test -tags $(TAGS) -race -timeout 40m $(PKGS)

lint: ## Lint and check the format, as .golangci.yml says; the first run builds the linter and takes minutes.
	$(LINT) run
	cd bench && $(GO) tool -modfile=../tools/go.mod golangci-lint run -c ../.golangci.yml
	for side in bench/flows bench/dbos bench/temporal bench/river bench/asynq deploy/check; do (cd $$side && $(GO) tool -modfile=../../tools/go.mod golangci-lint run -c ../../.golangci.yml) || exit 1; done

check: lint ## Everything a change must pass: format, linters, go fix, race, known vulnerabilities.
	@diff=$$($(GO) fix -tags $(TAGS) -diff ./... 2>&1); test -z "$$diff" || { echo "$$diff"; echo "run: go fix ./..."; exit 1; }
	$(MAKE) race
	$(MAKE) vuln

vuln: ## Look for known vulnerabilities in what the code calls; out of reach is loud, and a failure with MILLRACE_REQUIRE_SERVERS=1.
	@output=$$($(TOOL) govulncheck -tags $(TAGS) ./... 2>&1); code=$$?; echo "$$output"; \
	case "$$code $$output $${MILLRACE_REQUIRE_SERVERS:-optional}" in \
	*"fetching vulnerabilities:"*optional) echo "NOT CHECKED: the vulnerability database https://vuln.go.dev cannot be reached from here." ;; \
	*) exit $$code ;; esac

fmt: ## Format the tree.
	$(LINT) fmt
	cd bench && $(GO) tool -modfile=../tools/go.mod golangci-lint fmt -c ../.golangci.yml
	for side in flows dbos temporal river asynq; do (cd bench/$$side && $(GO) tool -modfile=../../tools/go.mod golangci-lint fmt -c ../../.golangci.yml) || exit 1; done

.PHONY: bench
bench: ## Measure beside other libraries, on a broker that it starts.
	$(GO) run -C bench . bus

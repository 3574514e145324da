# Parley's two commands for a fresh machine are `make demo` and `make test`;
# each does its own set-up. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

# Where the machine's Node is too old, make deps puts a newer one here.
export PATH := $(CURDIR)/bin/node/node_modules/node/bin:$(PATH)

RESULTS := bin/results
CHROMIUM := $(or $(PARLEY_CHROMIUM),$(shell command -v chromium || command -v chromium-browser || command -v google-chrome))
OPENAPI := $(wildcard internal/api/openapi.yaml)
# How long `make fuzz` stays on one target, and how many seeds a soak runs.
FUZZTIME ?= 20s
SEEDS ?=
GOTEST ?= ./...

.PHONY: help build console demo deps test lint gofmt vet clean-results test-gofmt test-vet test-go test-types test-e2e soak fuzz screenshot generate generate-map generate-api check-generated clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: console ## build bin/parley, with the console where Node and npm are there
	@go build -o bin/parley ./cmd/parley
	@echo "built bin/parley"

console: ## build the console into web/dist; without npm its placeholder page stays
	@if command -v npm >/dev/null 2>&1; then tools/deps.sh npm; fi
	@if [ -d web/node_modules/preact ]; then go run ./tools/webbuild; \
	else echo "console: no Node and npm here, so bin/parley carries a placeholder page; everything else works" >&2; fi

demo: build ## build, then run the main job: three nodes replay 17 September 2018
	@bin/parley demo $(ARGS)

deps: ## fetch what the tests need: Debian packages when root, npm packages
	@tools/deps.sh

test: clean-results deps build bin/testrun ## all tests: gofmt, vet, Go, the console's types, the console in a browser
	@$(MAKE) -k -s test-gofmt test-vet test-go test-types test-e2e || true
	@bin/testrun sum $(if $(filter 1,$(PARLEY_CI)),-strict) $(RESULTS) gofmt vet go types e2e

lint: gofmt vet ## gofmt and go vet

gofmt:
	@bad=$$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './bin/*' -print0 | xargs -0 gofmt -l); \
	  if [ -n "$$bad" ]; then echo "not gofmt-ed:"; echo "$$bad"; exit 1; fi

vet:
	@go vet ./...

clean-results:
	@rm -rf $(RESULTS) && mkdir -p $(RESULTS)

# The parts of `make test`. Each leaves a file in bin/results, also when
# it could not run, so that nothing is missing from the closing count.
test-gofmt: bin/testrun
	@bin/testrun check -out $(RESULTS)/gofmt.json -name "gofmt" -- $(MAKE) -s gofmt

test-vet: bin/testrun
	@bin/testrun check -out $(RESULTS)/vet.json -name "go vet" -- $(MAKE) -s vet

test-go: bin/testrun
	@bin/testrun go -out $(RESULTS)/go.json -- -count=1 -timeout 12m $(GOTEST)

test-types: bin/testrun
	@if [ -x web/node_modules/.bin/tsc ]; then \
	  bin/testrun check -out $(RESULTS)/types.json -name "console: types" -- web/node_modules/.bin/tsc --noEmit -p web; \
	else bin/testrun skip -out $(RESULTS)/types.json -name "console: types" -reason "no npm packages: run make deps"; fi

test-e2e: bin/testrun
	@if [ ! -x web/node_modules/.bin/playwright ]; then \
	  bin/testrun skip -out $(RESULTS)/e2e.json -name "console: browser tests" -reason "no npm packages: run make deps"; \
	elif [ -z "$(CHROMIUM)" ]; then \
	  bin/testrun skip -out $(RESULTS)/e2e.json -name "console: browser tests" -reason "no Chromium: run make deps, or set PARLEY_CHROMIUM"; \
	elif [ -z "$$(find web/e2e -name '*.spec.ts' 2>/dev/null)" ]; then \
	  bin/testrun skip -out $(RESULTS)/e2e.json -name "console: browser tests" -reason "web/e2e holds none"; \
	else bin/testrun playwright -out $(RESULTS)/e2e.json -- env PARLEY_CHROMIUM="$(CHROMIUM)" PARLEY_BIN="$(CURDIR)/bin/parley" PLAYWRIGHT_JSON_OUTPUT_NAME= node_modules/.bin/playwright test; fi

bin/testrun: $(wildcard tools/testrun/*.go)
	@go build -o bin/testrun ./tools/testrun

soak: build ## the long tests (files with the build tag soak); SEEDS=n is passed on
	@PARLEY_SOAK=1 SEEDS=$(SEEDS) PARLEY_BIN="$(CURDIR)/bin/parley" go test -tags soak -run Soak -count=1 -timeout 80m -v $(GOTEST) \
	  | { grep -v -e 'no test files' -e 'no tests to run' || true; }

fuzz: ## each fuzz target for FUZZTIME (20s)
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -r -n1 dirname | sort -u | while read -r dir; do \
	  grep -rh --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | sed 's/func //' | sort -u | while read -r f; do \
	    echo "fuzz $$dir $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$dir"; done; done

screenshot: build ## write docs/console.png anew, in Chromium
	@cd web && PARLEY_CHROMIUM="$(CHROMIUM)" PARLEY_BIN="$(CURDIR)/bin/parley" node_modules/.bin/playwright test -c e2e/screenshot.config.ts

generate: generate-map generate-api ## write the generated files anew: base map, API types, go generate
	@go generate ./...

generate-map:
	@if [ -d web/node_modules/world-atlas ]; then go run ./tools/basemap; \
	else echo "generate: no web/node_modules/world-atlas (make deps): web/assets/basemap.json left as it is" >&2; exit 1; fi

generate-api:
	@if [ -n "$(OPENAPI)" ]; then tools/openapi/node_modules/.bin/openapi-typescript $(OPENAPI) -o web/src/api.gen.ts; fi

# Compares the tree before and after, so it also works with changes at hand.
check-generated: ## fail when a generated file is not what `make generate` writes
	@state() { git status --porcelain; git diff; }; \
	  before=$$(state | sha256sum); $(MAKE) -s generate; after=$$(state | sha256sum); \
	  if [ "$$before" != "$$after" ]; then echo "generated files are not current: run make generate and commit"; git status --short; exit 1; fi; \
	  echo "generated files are current"

clean: ## remove what was built; leaves npm packages
	@rm -rf bin web/test-results && find web/dist -mindepth 1 ! -name placeholder.html -delete

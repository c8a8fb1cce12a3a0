# What one does with this repository. `make` says what there is.
# The first target is the default. Everything works in a fresh clone with Go installed; `make test` installs the servers it lacks (Debian, as root).

SHELL      := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Packages whose concurrency is worth the race detector, played at small sizes (-short). Those that take longest come first, here and below, lest one of them
# is played alone at the end while a core has nothing to do.
RACE := ./internal/engine ./internal/store ./internal/server/... ./internal/source/ldap/... ./internal/access ./internal/app ./internal/connector/memory \
        ./internal/httpclient ./internal/ingest ./internal/scim/scimtest
LONG := ./internal/e2e ./internal/server/console ./internal/engine ./internal/e2e/browser ./internal/demo ./internal/connector/scim ./internal/store

# Long histories and counts on one goroutine, and pages that one person opens in a browser, one after the other: played above, and nothing for the race detector.
HISTORIES := ^TestCrash|History|^TestOrderSurvivesACrash$$|^TestCostOf|^TestEachLimitTripsAndReleases$$|^TestRemovalsOfOneReadAreOneWave$$|^TestRivals|^TestOrderIsNeverDropped$$|^TestOneRefusedMemberKeepsNobodyOut$$|^TestWhatBecomesOfAGroupThatIsGone$$|^TestLostReplyMakesNoSecondAccount$$|^TestHowItIsReadDoesNotCount|^TestNobodyIsGoneWithoutEvidence|^TestGallery$$|^TestDoor$$|InABrowser$$|^TestInvitationPage$$|^TestFocus$$|^TestNoMotion$$|^TestPalette|^TestKeysDo$$|^TestThemeAndTime$$

# SQLite, translated from C, is not watched itself: it would take four times as long, and what is ours is watched all the same.
UNWATCHED := -gcflags='modernc.org/...=-race=false'

# Muster needs no C, and is built without: so that what is compiled before the C compiler of the race detector is installed is not compiled again after.
export CGO_ENABLED := 0

# How long each fuzz target runs in `make fuzz`.
FUZZTIME ?= 20s

LINT := .cache/golangci-lint

.PHONY: help
help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## show the main job: a sample company, a sandbox, and what Muster does (needs nothing but Go)
	go run ./cmd/muster demo

.PHONY: test
test: ## install the test servers that are missing, check, and run every test once; what .ci/run calls
	$(MAKE) --jobs=2 servers check
	$(MAKE) --jobs=2 --keep-going plain race

# Most of what tests start lives for a moment, and spent up to a quarter of that on collecting garbage.
plain race: export GOGC := 400

# Tests wait for servers, clocks and disks: two halves at a time keep the cores busy.
.PHONY: plain
plain: ## run every test once
	MUSTER_TEST_SERVERS=required go test -vet=off $(LONG) ./...

.PHONY: race
race: ## run the concurrent packages with the race detector
	CGO_ENABLED=1 MUSTER_TEST_SERVERS=required go test -vet=off -race -short $(UNWATCHED) -skip='$(HISTORIES)' $(RACE)

.PHONY: servers
servers: ## install what the tests run against: OpenLDAP, Samba AD DC, PostgreSQL, Chromium, SCIMMY
	scripts/install-test-servers.sh
	scripts/install-scimmy.sh

.PHONY: check
check: lint ## lint, vet, and see that modules and generated files are as they should be
	go vet ./...
	go mod tidy -diff
	scripts/check-generated.sh

.PHONY: lint
lint: $(LINT) ## lint, formatting included (build errors hide most findings)
	go build ./...
	GOLANGCI_LINT_CACHE=$(CURDIR)/.cache/lint $(LINT) run --allow-parallel-runners

# The linter is pinned in a module of its own and kept until that changes.
$(LINT): tools/go.mod tools/go.sum
	@mkdir -p .cache
	go build -modfile=tools/go.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: torture
torture: servers ## the long counts: 10,000 people, kill -9 200 times, both databases; 200 loads cut off (seeds are printed; MUSTER_SEED replays one)
	MUSTER_TORTURE=1 MUSTER_TEST_SERVERS=required go test -count=1 -timeout=120m -v -run='Torture|Survives' ./internal/e2e

.PHONY: bench
bench: servers ## measure, as ratios to floors that are taken in the same run (MUSTER_BENCH_PEOPLE=10000 for a tenth of the size)
	MUSTER_TEST_SERVERS=required go test -run='^$$' -bench=. -benchtime=1x -timeout=60m ./internal/bench

.PHONY: fuzz
fuzz: ## fuzz every parser for FUZZTIME each (20s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: pictures
pictures: ## take the pictures of the documentation anew, from the sample company in Chromium
	MUSTER_PICTURES=1 MUSTER_TEST_SERVERS=required go test -count=1 -run='^Test(FirstDay|FirstRun|Tutorial)$$' ./internal/e2e/browser

.PHONY: generate
generate: ## write the generated files anew (needs Node only where class names of the console have changed)
	go generate ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf .cache muster
	go clean -testcache

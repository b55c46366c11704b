# Everything a developer or CI does. Tools are pinned here and installed under .tools.
GO_VERSION := $(shell sed -n 's/^toolchain //p' go.mod)
GOLANGCI_LINT_VERSION = v2.15.0
GOLANGCI_LINT = .tools/golangci-lint-$(GOLANGCI_LINT_VERSION)-$(GO_VERSION)
CYCLONEDX_GOMOD_VERSION = v1.10.0
CYCLONEDX_GOMOD = .tools/cyclonedx-gomod-$(CYCLONEDX_GOMOD_VERSION)
ACTIONLINT_VERSION = v1.7.12
ZIZMOR_VERSION = 1.32.0
ZIZMOR = .tools/zizmor-$(ZIZMOR_VERSION)/bin/zizmor
BOM = CGO_ENABLED=0 GOARCH=amd64 $(CYCLONEDX_GOMOD) app -json -licenses -short-purls -noserial -notimestamp

# The Go that go.mod names is fetched where another one is installed, be it older or newer.
export GOTOOLCHAIN = $(GO_VERSION)

FUZZTIME ?= 60s
SPEED ?= 20
SEED ?= 1
MIN_COVERAGE = 98

.PHONY: help demo test fips lint workflows cover check build sim fuzz bench e2e torture sbom release picture build-StatusFunction

help: ## list the targets
	@grep -hE '^[a-zA-Z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 24

demo: bin/xdrwait ## watch the real step follow a simulated action of 24 endpoints to its verdict
	@echo 'xdrwait --simulate mixed --speed $(SPEED)'; echo
	@bin/xdrwait --simulate mixed --speed $(SPEED); code=$$?; echo; \
	echo "exit code $$code: the action failed on 3 of its 24 endpoints, so 1 is right"; test $$code -eq 1

test: ## run all tests with the race detector, in random order
	go test -race -shuffle=on -count=1 -timeout 20m ./... # a release is built for ten targets, at first without a cache
	cd test/torture && go test -race -shuffle=on -count=1 ./...

fips: ## run the tests of pkg/ and cmd/ in FIPS mode, with the module that the FIPS zips are built with
	GOFIPS140=v1.0.0 go test -shuffle=on -count=1 ./pkg/... ./cmd/...

lint: $(GOLANGCI_LINT) ## run the linters, and check formatting and modules
	$(GOLANGCI_LINT) run ./...
	go mod tidy -diff
	go mod verify
	cd test/torture && $(CURDIR)/$(GOLANGCI_LINT) run ./... && go mod tidy -diff && go mod verify

cover: ## run the tests of pkg/ and check their coverage
	go test -count=1 -coverpkg=./pkg/... -coverprofile=coverage.out ./pkg/...
	@go tool cover -func=coverage.out | awk '/^total:/ { print "coverage of pkg/: " $$3; exit ($$3+0 < $(MIN_COVERAGE)) }'

check: lint cover demo test ## lint, cover, demo and test

workflows: $(ZIZMOR) ## check .github; ONLINE=1 asks GitHub too, and needs GH_TOKEN
	go run github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)
	$(ZIZMOR) $(if $(ONLINE),,--offline) --no-progress .github

build: ## build the bootstrap and the commands into bin/
	CGO_ENABLED=0 go build -trimpath -tags lambda.norpc,nethttpomithttp2 -ldflags '-s -w' -o bin/bootstrap ./cmd/lambda
	go build -trimpath -o bin/ ./cmd/xdrwait ./cmd/xdrsim

bin/xdrwait: FORCE
	@mkdir -p bin && go build -o $@ ./cmd/xdrwait

sim: ## serve the simulated tenant and its secret where events/env.json expects them
	go run ./cmd/xdrsim -addr 127.0.0.1:8480

fuzz: ## run each fuzz target for FUZZTIME
	@set -e; for pkg in ./pkg/xdr ./pkg/handler ./cmd/lambda; do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s $$pkg; \
	  done; \
	done

e2e: ## deploy the template into a local AWS and run the workflow on third-party engines
	test/e2e/run

torture: ## all campaigns in their long form, at most 15 minutes; SEED=2 draws another run
	cd test/torture && TORTURE=long bash -o pipefail -c 'go test -count=1 -v -timeout 15m . -seed=$(SEED) | grep -vE "^ *(===|--- PASS)"'

sbom: $(CYCLONEDX_GOMOD) ## write the bills of materials of the function and of xdrwait to bin/
	@mkdir -p bin
	GOOS=linux GOFLAGS=-tags=lambda.norpc,nethttpomithttp2 $(BOM) -main cmd/lambda -output bin/xdr-action-status.cdx.json
	GOOS=windows $(BOM) -main cmd/xdrwait -output bin/xdrwait.cdx.json # it has one module more than the others

release: $(CYCLONEDX_GOMOD) ## write the artefacts of VERSION=1.2.3 to dist/; see docs/releasing.md
	@scripts/release "$$VERSION"

picture: bin/xdrwait ## draw docs/demo.svg again
	test -x .tools/picture/bin/python || python3 -m venv .tools/picture
	.tools/picture/bin/pip install -q --disable-pip-version-check rich==15.0.0
	.tools/picture/bin/python scripts/picture.py 'bin/xdrwait --simulate mixed --speed $(SPEED)' docs/demo.svg

bench: ## measure the step against its rivals, and rewrite the tables and plots of docs/performance.md
	test -x .tools/bench/bin/python || python3 -m venv .tools/bench
	.tools/bench/bin/pip install -q --disable-pip-version-check -r test/bench/requirements.txt
	go test -run '^$$' -bench Rivals -timeout 1h ./test/bench -update
	.tools/bench/bin/python scripts/plot.py docs

build-StatusFunction: ## called by sam build, which does not pass on Architecture: set GOARCH=amd64 for x86_64
	GOOS=linux GOARCH=$${GOARCH:-arm64} CGO_ENABLED=0 go build -trimpath -tags lambda.norpc,nethttpomithttp2 -ldflags '-s -w' -o $(ARTIFACTS_DIR)/bootstrap ./cmd/lambda

$(GOLANGCI_LINT):
	@mkdir -p .tools
	GOTOOLCHAIN=$(GO_VERSION) GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv .tools/golangci-lint $@

$(ZIZMOR):
	python3 -m venv .tools/zizmor-$(ZIZMOR_VERSION)
	.tools/zizmor-$(ZIZMOR_VERSION)/bin/pip install -q --disable-pip-version-check zizmor==$(ZIZMOR_VERSION)

$(CYCLONEDX_GOMOD):
	@mkdir -p .tools
	GOBIN=$(CURDIR)/.tools go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_GOMOD_VERSION)
	mv .tools/cyclonedx-gomod $@

.PHONY: FORCE
FORCE:

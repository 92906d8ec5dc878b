# Everything one needs to try npcsim and to work on it. `make` alone lists the targets.
# A first `make demo` or `make test` creates .venv; later ones start at once.

PYTHON ?= python3
BIN := .venv/bin
NPCSIM := $(BIN)/npcsim

# `make CORE=1 demo` does without llama.cpp: nothing is compiled, only the reflex tier answers.
ifdef CORE
EXTRAS := cloud,bench,test,dev
STAMP := .venv/.installed-core
MODELS := --models off
else
EXTRAS := local,cloud,bench,test,dev
STAMP := .venv/.installed
MODELS :=
endif

# The village morning as `make demo` shows it. DEMO_TICKS= (empty) runs the whole morning.
DEMO_SCENARIO ?= scenarios/03_village_morning.yaml
DEMO_TICKS ?= 120
DEMO_RUN = $(NPCSIM) run $(DEMO_SCENARIO) $(DEMO_TICKS:%=--ticks %) $(MODELS) --out runs
NEWEST_RUN = $$(ls -1dt runs/*/ | head -n 1)

.PHONY: help demo test soak lint bench clean .venv
.DEFAULT_GOAL := help

help:  ## list the targets
	@awk -F ':.*## ' '/^[.a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' Makefile
	@echo "  CORE=1 in front of any of them: no compiler needed, no local model"

.venv: $(STAMP)  ## create .venv with all that tests and benches need

demo: $(STAMP)  ## a village lives through its morning; report; window if there is a display
	@echo "The village morning, shortened to $(or $(DEMO_TICKS),all its) ticks (DEMO_TICKS= runs it whole)"
	$(DEMO_RUN)
	$(NPCSIM) report "$(NEWEST_RUN)"
	@run="$(NEWEST_RUN)"; \
	if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || { [ "$$(uname)" = Darwin ] && [ -z "$$SSH_CONNECTION" ]; }; then \
	    echo "$(NPCSIM) watch $$run --speed 12"; $(NPCSIM) watch "$$run" --speed 12; \
	else \
	    echo "No display here. Where there is one: $(NPCSIM) watch $$run"; \
	fi

test: $(STAMP)  ## the test suite, on two cores
	$(BIN)/pytest -n 2 --dist loadscope

# `make PART=killed soak` runs those with a word in their name: killed, delayed, another_answer, ...
soak: $(STAMP)  ## the long tests: whole scenarios, hundreds of kills (PART=killed: some of them)
	$(BIN)/pytest -m soak $(PART:%=-k %)

lint: $(STAMP)  ## ruff, mypy --strict, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(STAMP)  ## the state machines against Mesa and against bare NumPy
	$(NPCSIM) bench reflex

clean:  ## remove .venv and caches; runs/ stays
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- installation ---------------------------------------------------------------------------

# Only libllama is wanted. llama-cpp-python switches llama.cpp's `common` library on by force,
# which is half of the compilation; the included file switches it off again. What you give as
# CMAKE_ARGS comes last and wins: make CMAKE_ARGS=-DGGML_CUDA=ON .venv
CMAKE_ARGS ?=
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WITHOUT_COMMON := .venv/without-common.cmake
SHORT_BUILD := -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF \
    '-DCMAKE_PROJECT_llama.cpp_INCLUDE=$(CURDIR)/$(WITHOUT_COMMON)'

PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
INSTALL_LLAMA = CMAKE_ARGS="$(SHORT_BUILD) $(CMAKE_ARGS)" CMAKE_BUILD_PARALLEL_LEVEL=$(CORES) \
    $(PIP_INSTALL) -v llama-cpp-python
INSTALL_ALL = $(PIP_INSTALL) -e '.[$(EXTRAS)]'

# $(call patiently,log,$(COMMAND)) runs a long command with its output in .venv/log and a line of
# progress every ten seconds: the time, and the compiler's last [done/all] where there is one.
define patiently
log='.venv/$(1)'; : > "$$log"; begin=$$(date +%s); \
( nap=; trap 'kill $$nap; exit 0' TERM; while :; do \
    sleep 10 & nap=$$!; wait $$nap; \
    echo "  $$(( $$(date +%s) - begin )) s $$(grep -o '\[ *[0-9]*[/%][0-9]*\]' "$$log" | tail -n 1)"; \
done ) & beat=$$!; \
trap 'kill $$beat 2>/dev/null' EXIT INT TERM; \
$(2) > "$$log" 2>&1 || { tail -n 30 "$$log"; echo "Failed. The whole output is in $$log"; exit 1; }
endef

define NO_PYTHON
npcsim needs Python 3.11 or newer with its venv module; '$(PYTHON)' is not that.
  Debian, Ubuntu   sudo apt-get install python3 python3-venv
  Fedora           sudo dnf install python3
  macOS            brew install python
  anywhere         https://www.python.org/downloads/
Another interpreter: make PYTHON=/path/to/python3.12 .venv
endef
export NO_PYTHON

define NO_COMPILER
The local tier is llama.cpp, which is compiled here, and there is no C++ compiler.
  Debian, Ubuntu   sudo apt-get install build-essential cmake
  Fedora           sudo dnf install gcc-c++ cmake
  Arch             sudo pacman -S base-devel cmake
  macOS            xcode-select --install
  Windows          Visual Studio Build Tools, "Desktop development with C++" (see README.md)
Without it there is still the reflex tier: make CORE=1 demo
endef
export NO_COMPILER

HAS_COMPILER = command -v "$${CXX:-c++}" || command -v g++ || command -v clang++
HAS_LLAMA = $(BIN)/python -m pip show -q llama-cpp-python

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    || { echo "$$NO_PYTHON"; exit 1; }
	@test -x $(BIN)/pip || { echo "Creating .venv"; $(PYTHON) -m venv .venv; }
ifndef CORE
	@{ $(HAS_LLAMA) || $(HAS_COMPILER); } >/dev/null 2>&1 || { echo "$$NO_COMPILER"; exit 1; }
	@echo 'set(LLAMA_BUILD_COMMON OFF)' > $(WITHOUT_COMMON)
	@$(HAS_LLAMA) 2>/dev/null || echo "Building llama.cpp on $(CORES) cores:" \
	    "about 4 minutes on two, once (pip keeps what it built)"
	@$(call patiently,install-llama.log,$(INSTALL_LLAMA))
endif
	@echo "Installing npcsim[$(EXTRAS)], the versions in constraints.txt: about a minute"
	@$(call patiently,install.log,$(INSTALL_ALL))
	@touch $@
	@echo "Ready: $(NPCSIM) --help"

# Everything is set up on demand: `make demo` and `make test` work from a bare checkout and a second call installs nothing.
#
#   make demo PYTHON=python3.13     chooses the interpreter; naming another one later makes the environment anew

PYTHON ?= python3
JOBS ?= 2
DEMO := results/runs/demo

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
TOOLS := $(VENV)/.tools-$(notdir $(PYTHON))
KERNELS := $(VENV)/.kernels
INSTALLED := $(VENV)/.installed
READY := $(INSTALLED) $(KERNELS)
SOURCES := setup.py $(wildcard cext/*.pyx cext/*.pxd cext/*.h)

.PHONY: help demo test validate check bench coverage golden figures clean FORCE
.DELETE_ON_ERROR:

help:
	@echo "make demo      three policies meet the same main bursts; which is better, and how sure are we (minutes)"
	@echo "make figures   the pictures and the notebook in results/, from the demo's run"
	@echo "make test      the tests"
	@echo "make validate  the long agreement runs (minutes)"
	@echo "make check     ruff, mypy --strict, cython-lint"
	@echo "make bench     speed against named rivals"
	@echo "make coverage  lines of Python and Cython that the tests reach"
	@echo "make golden    refresh the recorded digests of the shipped scenarios (explain it in the commit)"
	@echo "make clean     remove what was built, keep results"

# --- setting up ---------------------------------------------------------------------------------------------------

# The old environment stays where its interpreter is the wanted one, else it is made anew.
$(TOOLS): pyproject.toml tools/preflight.sh
	@sh tools/preflight.sh $(PYTHON)
	@wanted=$$($(PYTHON) -c 'import sys; print(sys.version)') && \
	if [ "$$($(PY) -c 'import sys; print(sys.version)' 2>/dev/null)" != "$$wanted" ]; then \
		echo "making $(VENV) with $$($(PYTHON) --version)" && $(PYTHON) -m venv --clear $(VENV); \
	fi
	@echo "installing the tools that pyproject.toml names"
	@$(PIP) 'pip>=25.1'
	@$(PIP) --group dev
	@rm -f $(VENV)/.tools-* && touch $@

# An edited kernel would otherwise silently run as its old binary. Missing binaries are noticed too, and where the flags
# may have changed everything is built again.
ifneq ($(words $(wildcard cext/*.pyx)),$(words $(wildcard cext/*.so)))
$(KERNELS): FORCE
endif
$(KERNELS): $(TOOLS) $(SOURCES)
	@echo "building the kernels"
	@$(if $(filter setup.py,$?),CYTHON_FORCE_REGEN=1) $(PY) setup.py -q build_ext --inplace -j $(JOBS) \
		$(if $(filter setup.py,$?),--force) >$(VENV)/kernels.log 2>&1 || { cat $(VENV)/kernels.log; exit 1; }
	@touch $@

# After the kernels, which the installation would otherwise build again, one after the other.
$(INSTALLED): $(TOOLS) | $(KERNELS)
	@echo "installing cityops and what it needs (a minute, the first time)"
	@CITYOPS_PREBUILT=1 $(PIP) --no-build-isolation -e '.[examples,gis,notebooks,swmm]'
	@touch $@

# --- what one asks for --------------------------------------------------------------------------------------------

demo: $(READY)
	@$(VENV)/bin/cityops compare scenarios/main-bursts.yaml -j $(JOBS) -o $(DEMO)
	@echo "The pictures are in $(DEMO)/figures"

figures: demo
	@$(PY) -m sim.report.notebook $(DEMO) results/main-bursts.py

test: $(READY)
	@$(PY) -m pytest

validate: $(READY)
	@$(PY) -m pytest -m validation

check: $(READY)
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" cython-lint cext

bench: $(READY)
	@$(VENV)/bin/cityops bench

coverage: $(READY)
	@bash tools/coverage.sh $(PY)

golden: $(READY)
	@$(PY) -m pytest tests/golden --update-golden
	@git --no-pager diff --stat -- tests/golden

clean:
	rm -rf build dist *.egg-info htmlcov .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f cext/*.so cext/*.c cext/*.html
	find sim cext tests -name __pycache__ -type d -prune -exec rm -rf {} +

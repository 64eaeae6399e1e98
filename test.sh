#!/usr/bin/env bash
# The test command: lint, format, types, the direction of dependencies, tests. Arguments go to pytest, which has two
# workers, each with its files for itself and torch on one thread; `-n 0` runs in one process, as a debugger wants.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 2
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
. ./path.sh || exit 2

status=0
check() {
  echo "== $1"
  shift
  "$@" || status=1
}
check "ruff check" ruff check plugins tests recipes
check "ruff format" ruff format --check plugins tests recipes
# Types take a minute where nothing is cached: beside the tests, which wait for servers and programs now and then.
said=$(mktemp)
trap 'rm -f -- "$said"' EXIT
(check "mypy" mypy; check "import-linter" lint-imports; exit "$status") >"$said" 2>&1 &
check "pytest" "$MYNA_PYTHON" -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
wait "$!" || status=1
cat -- "$said"
((status == 0)) && echo "all checks passed" || echo "some checks failed: see above"
exit "$status"

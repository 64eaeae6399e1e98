#!/usr/bin/env bash
# The test command: lint, format, types, the direction of dependencies, tests. Arguments go to pytest.
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 2
. ./path.sh || exit 2

status=0
check() {
  echo "== $1"
  shift
  "$@" || status=1
}
check "ruff check" ruff check plugins tests recipes
check "ruff format" ruff format --check plugins tests recipes
check "mypy" mypy
check "import-linter" lint-imports
check "pytest" "$MYNA_PYTHON" -m pytest "$@"
((status == 0)) && echo "all checks passed" || echo "some checks failed: see above"
exit "$status"

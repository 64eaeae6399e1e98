#!/usr/bin/env bash
# Sort the tables of a Kaldi data directory, make them agree, drop what is broken: local/fix_data_dir.sh DIR
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../path.sh"
exec "$MYNA_PYTHON" -m myna.kaldi.cli fix "$@"

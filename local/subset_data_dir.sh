#!/usr/bin/env bash
# Copy a part of a Kaldi data directory: local/subset_data_dir.sh SOURCE TARGET --first 10
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../path.sh"
exec "$MYNA_PYTHON" -m myna.kaldi.cli subset "$@"

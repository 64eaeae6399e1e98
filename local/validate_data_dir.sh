#!/usr/bin/env bash
# Check Kaldi data directories: local/validate_data_dir.sh [--no-audio] recipes/mini_voices/data/target_train …
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../path.sh"
exec "$MYNA_PYTHON" -m myna.kaldi.cli validate "$@"

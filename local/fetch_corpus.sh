#!/usr/bin/env bash
# Fetch a corpus without preparing it, for machines that lose their network later: local/fetch_corpus.sh mini_voices
set -euo pipefail
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../path.sh"
exec "$MYNA_PYTHON" -m myna.corpora.cli "$@"

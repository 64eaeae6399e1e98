#!/usr/bin/env bash
# libritts: 2456 English readers. Same options as the top-level run.sh.
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../run.sh" --recipe libritts "$@"

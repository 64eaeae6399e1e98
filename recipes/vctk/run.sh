#!/usr/bin/env bash
# vctk: 110 English speakers. Same options as the top-level run.sh.
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../run.sh" --recipe vctk "$@"

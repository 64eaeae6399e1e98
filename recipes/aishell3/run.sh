#!/usr/bin/env bash
# aishell3: 218 Mandarin speakers. Same options as the top-level run.sh.
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../run.sh" --recipe aishell3 "$@"

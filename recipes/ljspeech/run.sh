#!/usr/bin/env bash
# ljspeech: one English reader, 24 hours. Same options as the top-level run.sh.
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../run.sh" --recipe ljspeech "$@"

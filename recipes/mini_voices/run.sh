#!/usr/bin/env bash
# mini_voices: the embedded default. Same options as the top-level run.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/../../run.sh" --recipe mini_voices "$@"

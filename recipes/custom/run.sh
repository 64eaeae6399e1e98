#!/usr/bin/env bash
# custom: a person's own folder. Same options as the top-level run.sh; needs --target and --name.
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../../run.sh" --recipe custom "$@"

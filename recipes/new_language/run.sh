#!/usr/bin/env bash
# Same options as the top-level run.sh; the recipe is the folder this file lies in.
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
exec "$here/../../run.sh" --recipe "$(basename -- "$here")" "$@"

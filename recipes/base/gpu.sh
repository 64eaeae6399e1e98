#!/usr/bin/env bash
# Train the base on a machine with a GPU for a number of minutes, from packed pieces, and leave checkpoints in small files.
#
#   recipes/base/gpu.sh PIECES OUT MINUTES [vits_mel|vocoder] [options of the training]
#
# PIECES holds piece*.tar of carry.py pack; OUT the checkpoints of the last call, if any, as carry.py split wrote them.
# Without one, training goes on from the shipped weights. A pool that was unpacked into POOL (default: /tmp/myna_pool) before
# is used again unless the pieces changed. Set PYTHON and DEVICE where they are not python3 and cuda.
set -euo pipefail

(($# >= 3)) || { sed -n '2,9p' "$0" | cut -c3- >&2; exit 2; }
pieces=$1 out=$2 minutes=$3 name=${4:-vits_mel}
shift $(($# < 4 ? 3 : 4))
case $name in
  vits_mel) settings=(--batch 64 --rate 8e-4 --warmup 200 --gan-from 5000) ;; # the shipped flow has learned from a discriminator already
  vocoder) settings=(--batch 64 --rate 4e-4 --gan-from 0) ;;
  *) echo "gpu.sh: $name: choose vits_mel or vocoder" >&2; exit 2 ;;
esac

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PYTHON:-python3} pool=${POOL:-/tmp/myna_pool} work=${WORK:-/tmp/myna_base}
export PYTHONPATH=$root/plugins:$root/recipes/base/local${PYTHONPATH:+:$PYTHONPATH}
carry=$root/recipes/base/local/carry.py

mark=$(cd -- "$pieces" && stat -c '%n %s' piece*.tar | sha256sum)
if [[ ! -f $pool/.pieces || $(<"$pool/.pieces") != "$mark" ]]; then
  "$python" "$carry" unpack "$pieces" "$pool"
  echo "$mark" >"$pool/.pieces"
fi
mkdir -p "$work" "$out"
[[ ! -f $out/$name.ckpt.sha256.tsv ]] || "$python" "$carry" join "$out" "$work/$name.ckpt"
"$python" "$root/recipes/base/local/train_$name.py" "$pool" "$work" --start "$root/plugins/myna/pretrained" \
  --minutes "$minutes" --device "${DEVICE:-cuda}" --bf16 "${settings[@]}" "$@"
"$python" "$carry" split "$work/$name.ckpt" "$out"
[[ ! -f $work/$name.jsonl ]] || cp "$work/$name.jsonl" "$out/"

#!/usr/bin/env bash
# The driver: maps numbered stages to the system's stages. The only place that knows the numbers.
set -euo pipefail

MYNA_ROOT=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)

# Line n holds the system's stages that make up stage n.
STAGES=(
  "create_dataset"
  "extract_features"
  "train_encoder"
  "train_vits"
  "train_hifigan"
  "fine_tune"
  "decode measure"
  "pack upload"
)
last=$((${#STAGES[@]} - 1))

usage() {
  cat <<'HELP'
Usage: ./run.sh [--stage N] [--stop_stage M] [--recipe NAME] [options] [-- hydra overrides]
       ./run.sh --compare [GROUPS] [--recipe NAME] [options] [-- hydra overrides]

Stages
  0  create_dataset     corpus -> Kaldi data directories, validated
  1  extract_features   data -> augmented copies, phonemes, mel, MFCC, F0, energy, statistics
  2  train_encoder      features -> speaker encoder, an embedding for each utterance and speaker
  3  train_vits         features + embeddings -> base text-to-speech model
  4  train_hifigan      mel -> vocoder
  5  fine_tune          base + a few minutes of the target -> the cloned voice
  6  decode, measure    text -> labelled audio, scores, one page of results
  7  pack, upload       voice -> model card and packs; upload when a repository is named

Options
  --stage N        first stage (default 0)
  --stop_stage M   last stage (default 7)
  --recipe NAME    a folder in recipes/ (default mini_voices)
  --target DIR     recordings of the person to clone (recipe custom)
  --name NAME      that person's name (recipe custom)
  --conf-dir DIR   a folder of your own members, searched before conf/ (repeatable; docs/members.md)
  --compare [GROUPS]  train every member of encoder,tts,vocoder (default: all three) for the same small budget, after
                   stages 0 and 1, and put them side by side on exp/compare/index.html
  --help           this text

What follows -- goes to Hydra:  ./run.sh --stage 3 --stop_stage 3 -- tts=vits trainer.max_steps=500
A stage that is complete is skipped; a run that was stopped or killed goes on when started again.
HELP
}

die() {
  echo "run.sh: $*" >&2
  exit 2
}

stage=0 stop_stage=$last recipe=mini_voices compare=""
extra=()
overrides=()
while (($#)); do
  case $1 in
    --*=*) # --stage=3 reads as --stage 3
      option=$1
      shift
      set -- "${option%%=*}" "${option#*=}" "$@"
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    --compare)
      compare=encoder,tts,vocoder
      shift
      if (($#)) && [[ $1 != --* ]]; then
        compare=$1
        shift
      fi
      ;;
    --stage | --stop_stage | --stop-stage | --recipe | --target | --name | --conf-dir)
      (($# >= 2)) || die "$1 needs a value; see ./run.sh --help"
      case $1 in
        --stage) stage=$2 ;;
        --stop*) stop_stage=$2 ;;
        --recipe) recipe=$2 ;;
        --target) [[ -d $2 ]] || die "--target: no folder $2; name the folder that holds the recordings"
          extra+=(--target "$(cd -- "$2" && pwd)") ;;
        --conf-dir) [[ -d $2 ]] || die "--conf-dir: no folder $2; name the folder that holds encoder/, tts/ or vocoder/"
          MYNA_CONF_PATH=$(cd -- "$2" && pwd)${MYNA_CONF_PATH:+:$MYNA_CONF_PATH}
          export MYNA_CONF_PATH ;;
        --name) [[ -n $2 ]] || die "--name needs a name"
          extra+=("--name=$2") ;;
      esac
      shift 2
      ;;
    --)
      shift
      overrides=("$@")
      break
      ;;
    *) die "unknown option $1; see ./run.sh --help (Hydra overrides come after --)" ;;
  esac
done

for value in "$stage" "$stop_stage"; do
  [[ $value =~ ^[0-9]+$ ]] && ((10#$value <= last)) || die "unknown stage '$value'; stages are 0 to $last, see ./run.sh --help"
done
stage=$((10#$stage)) stop_stage=$((10#$stop_stage))
((stage <= stop_stage)) || die "--stage $stage comes after --stop_stage $stop_stage"
[[ $recipe != */* && -f $MYNA_ROOT/recipes/$recipe/conf/recipe.yaml ]] ||
  die "unknown recipe '$recipe'; choose one of: $(cd "$MYNA_ROOT/recipes" && for r in */conf/recipe.yaml; do echo "${r%%/*}"; done | grep -v TEMPLATE | paste -sd' ')"

((${#extra[@]} == 0)) || [[ $recipe != mini_voices ]] ||
  die "mini_voices brings its own target; for recordings of your own add --recipe custom"

if [[ -n $compare ]]; then
  [[ $stage-$stop_stage == "0-$last" ]] || die "--compare runs stages 0 and 1 itself; leave out --stage and --stop_stage"
  stop_stage=1
  extra+=(--compare "$compare")
fi

local=$MYNA_ROOT/recipes/$recipe/local # may hold the recipe's own stages
if compgen -G "$local/*.py" >/dev/null; then
  export MYNA_CONF_PATH=${MYNA_CONF_PATH:+$MYNA_CONF_PATH:}$local
fi

names=() numbers=""
for n in "${!STAGES[@]}"; do
  for name in ${STAGES[n]}; do
    numbers+="$name=$n "
    ((n < stage || n > stop_stage)) || names+=("$name")
  done
done

. "$MYNA_ROOT/path.sh" || exit 2
. "$MYNA_ROOT/cmd.sh" || exit 2

exec "$MYNA_PYTHON" -m myna.cli recipe "$recipe" --root "$MYNA_ROOT" --stages "${names[@]}" --numbers "$numbers" \
  "${extra[@]}" --overrides "${cmd_overrides[@]}" "${overrides[@]}"

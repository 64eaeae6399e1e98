# Sourced by run.sh and test.sh: finds or makes the environment, and exports MYNA_PYTHON.
# A set-up that was interrupted is taken up again: .venv/.complete is written last and holds a hash of all it follows from.
# shellcheck shell=bash

# The real folder: through a link it must be the same environment, whose mark holds the folder's name.
MYNA_ROOT=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)
MYNA_VENV=$MYNA_ROOT/.venv
MYNA_PYTHON=$MYNA_VENV/bin/python
MYNA_PYTHON_REMEDY="Install it (sudo apt-get install -y python3.12 python3.12-venv, pyenv install 3.12, or python.org), or connect to a network, and run the same command again"
UV_VERSION=$(sed -n 's/^uv==//p' "$MYNA_ROOT/constraints.txt")

export LC_ALL=C.UTF-8 LANG=C.UTF-8 PYTHONUTF8=1 PYTHONHASHSEED=0
export PYTHONWARNINGS=${PYTHONWARNINGS:-ignore::SyntaxWarning}
# Each stage and each `myna` is a process of its own: without compiled files, NeMo takes 24 s to import in place of 12 and
# ESPnet 7 in place of 4. Containers often forbid them for all their programs; here they lie in .venv and are ignored by git.
unset PYTHONDONTWRITEBYTECODE
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(nproc)} TOKENIZERS_PARALLELISM=false
export CUBLAS_WORKSPACE_CONFIG=${CUBLAS_WORKSPACE_CONFIG:-:4096:8}

myna_say() { echo "path.sh: $*" >&2; }

# sox, ffmpeg, espeak-ng and flite: by apt where that is possible, else one line with the command to type.
myna_system_tools() {
  local tool missing=() apt=()
  for tool in sox ffmpeg espeak-ng flite; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]})) || return 0
  local line="apt-get install -y ${missing[*]}"
  if command -v apt-get >/dev/null; then
    if ((EUID == 0)); then
      apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
    elif sudo -n true 2>/dev/null; then
      apt=(sudo -n env DEBIAN_FRONTEND=noninteractive apt-get)
    fi
  fi
  if ((${#apt[@]})); then
    myna_say "installing ${missing[*]}"
    "${apt[@]}" update -qq >&2 || true
    "${apt[@]}" install -y -qq --no-install-recommends "${missing[@]}" >&2 && return 0
  fi
  myna_say "missing system tools: ${missing[*]}. Install them, for example: sudo $line"
  return 1
}

# True for an interpreter that runs and is 3.12 (a pyenv shim on PATH may be neither).
myna_is_312() {
  "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' >/dev/null 2>&1
}

# Prints a Python 3.12 that can make environments.
myna_find_python() {
  local python
  for python in python3.12 python3 "$HOME"/.pyenv/versions/3.12*/bin/python3.12; do
    if myna_is_312 "$python" && "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
      command -v "$python"
      return 0
    fi
  done
  return 1
}

# Prints a uv: on PATH, or installed for the purpose beside .venv by whatever Python has pip.
myna_find_uv() {
  local python tools=$MYNA_ROOT/.venv.tools
  command -v uv && return 0
  [[ -x $tools/bin/uv ]] || for python in python3 python; do
    "$python" -m pip install -q --target "$tools" "uv==$UV_VERSION" >&2 2>/dev/null && break
  done
  [[ -x $tools/bin/uv ]] && echo "$tools/bin/uv"
}

myna_make_venv() {
  local python uv
  if ! myna_is_312 "$MYNA_PYTHON" || [[ ! -f $MYNA_VENV/pyvenv.cfg ]]; then
    rm -rf "$MYNA_VENV"
    if python=$(myna_find_python); then
      myna_say "making .venv with $python"
      "$python" -m venv "$MYNA_VENV" >&2 || { myna_say "$python could not make .venv (see above); install its venv module, or free some space"; return 1; }
    elif uv=$(myna_find_uv); then
      myna_say "no Python 3.12 here: uv fetches one"
      "$uv" venv --quiet --seed --python 3.12 "$MYNA_VENV" >&2 || {
        myna_say "no Python 3.12 found, and uv could not fetch one (see above). $MYNA_PYTHON_REMEDY"
        return 1
      }
    else
      myna_say "no Python 3.12 found, and no pip to fetch one with. $MYNA_PYTHON_REMEDY"
      return 1
    fi
  fi
  "$MYNA_VENV/bin/uv" --version >/dev/null 2>&1 || "$MYNA_PYTHON" -m pip install -q "uv==$UV_VERSION" ||
    { "$MYNA_PYTHON" -m ensurepip -q && "$MYNA_PYTHON" -m pip install -q "uv==$UV_VERSION"; } || {
      myna_say "uv $UV_VERSION could not be installed from the package index (see above); connect to a network, or name a mirror (PIP_INDEX_URL), and run the same command again"
      return 1
    }
}

# uv does not read pip's configuration: a mirror that is set for pip is used for uv as well.
myna_uv_mirrors() {
  local pip=("$MYNA_PYTHON" -m pip config get) value
  if [[ -z ${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-} ]] && value=${PIP_INDEX_URL:-$("${pip[@]}" global.index-url 2>/dev/null)} && [[ -n $value ]]; then
    export UV_DEFAULT_INDEX=$value
  fi
  if [[ -z ${UV_INDEX:-}${UV_EXTRA_INDEX_URL:-} ]] && value=${PIP_EXTRA_INDEX_URL:-$("${pip[@]}" global.extra-index-url 2>/dev/null)} && [[ -n $value ]]; then
    export UV_INDEX=${value//$'\n'/ } UV_INDEX_STRATEGY=${UV_INDEX_STRATEGY:-unsafe-best-match}
  fi
  if [[ -z ${UV_FIND_LINKS:-} ]] && value=${PIP_FIND_LINKS:-$("${pip[@]}" global.find-links 2>/dev/null)} && [[ -n $value ]]; then
    export UV_FIND_LINKS=${value//$'\n'/ }
  fi
  export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-180}
}

myna_set_up() {
  local want
  want=$({ echo "$MYNA_ROOT"; cat "$MYNA_ROOT"/{pyproject.toml,constraints.txt,overrides.txt}; } | sha256sum | cut -d' ' -f1)
  myna_system_tools || return 1
  [[ -x $MYNA_PYTHON && -f $MYNA_VENV/.complete && $(<"$MYNA_VENV/.complete") == "$want" ]] && return 0
  # One set-up at a time. Descriptor 9 is closed for children that outlive the block.
  (
    flock 9
    [[ -f $MYNA_VENV/.complete && $(<"$MYNA_VENV/.complete") == "$want" ]] && exit 0
    rm -f "$MYNA_VENV/.complete"
    myna_make_venv || exit 1
    (
      myna_uv_mirrors
      myna_say "installing the packages of constraints.txt (minutes, once)"
      [[ -t 2 ]] && quiet=() || quiet=(--quiet) # its progress bars are for a person
      "$MYNA_VENV/bin/uv" pip install "${quiet[@]}" --python "$MYNA_PYTHON" \
        -c "$MYNA_ROOT/constraints.txt" --overrides "$MYNA_ROOT/overrides.txt" -e "$MYNA_ROOT[train,dev]" >&2
    ) || { myna_say "the packages could not be installed; put right what is said above and run the same command again"; exit 1; }
    echo "$want" >"$MYNA_VENV/.complete.new" && mv "$MYNA_VENV/.complete.new" "$MYNA_VENV/.complete"
  ) 9>"$MYNA_ROOT/.venv.lock"
}

myna_set_up || return 1 2>/dev/null || exit 1
export MYNA_ROOT MYNA_PYTHON
export PATH=$MYNA_VENV/bin:$PATH

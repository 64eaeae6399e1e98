"""The `myna` command: finds the function that answers a sub-command and imports it only then."""

import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from myna.errors import MynaError, told
from myna.files import shown

# What a path that a person typed can have wrong with it.
_PLACES = (
    *(
        errno.ENAMETOOLONG,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.EEXIST,
    ),
    *(errno.ENOENT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENXIO),
)

EVERYTHING = "pip install 'myna[train]'"  # in a clone: pip install '.[train]', or ./run.sh

_NO_MEMORY = ("not enough memory", "out of memory", "failed to map segment", "annot allocate memory", "bad_alloc")

# sub-command: (module, leading arguments that tell the module which of its commands is meant, help)
COMMANDS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "recipe": ("myna.commands.recipe", (), "run the stages of a recipe (run.sh calls this)"),
    "clone": ("myna.commands.clone", (), "make a voice from recordings"),
    "inspect": ("myna.inspect.command", (), "say what recordings are worth for a clone"),
    "listen": ("myna.listen.command", (), "let people judge a clone blind, and read their answers"),
    "serve": ("myna.serve.command", (), "speak and clone over HTTP"),
    "say": ("myna.serve.say", (), "speak a text with a voice"),
    "scene": ("myna.serve.scene", (), "let several voices speak, each in its place"),
    "read": ("myna.serve.read", (), "show how a text will be read"),
    "export": ("myna.publish.export", (), "write a voice for transformers"),
    "doctor": ("myna.commands.doctor", (), "check this machine"),
    "schema": ("myna.settings.schema", (), "write the JSON schemas of the configuration"),
    "data": ("myna.kaldi.cli", (), "validate, fix or cut Kaldi data directories"),
    "consent": ("myna.safety.cli", ("consent",), "make, sign, verify or revoke a speaker's consent"),
    "verify": ("myna.safety.cli", ("verify",), "say whether an audio file carries Myna's labels"),
    "audit": ("myna.safety.cli", ("audit",), "list the log of what was released, and check its chain"),
}


def usage() -> str:
    """Return the text of `myna --help`."""
    lines = [f"  {name:<9} {text}" for name, (_, _, text) in COMMANDS.items()]
    return "\n".join(["usage: myna COMMAND …   (myna COMMAND --help tells more)", "", *lines])


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command.

    Returns:
        The exit status: 0 done, 1 a check found something wrong, 2 an error that a person can put right,
        130 interrupted.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    if argv is None and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name on the disk need not be UTF-8
    if not args or args[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if args else 2
    if args[0] not in COMMANDS:
        print(f"myna: unknown command {args[0]!r}; choose one of: {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    module, leading, _ = COMMANDS[args[0]]
    return _guard(lambda: import_module(module).main([*leading, *args[1:]]))


def _guard(command: Callable[[], int | None]) -> int:
    """Turn the errors that a person can put right into one line and a status."""
    try:
        return command() or 0
    except MynaError as error:
        return _fail(str(error), 2)
    except ModuleNotFoundError as error:
        if (error.name or "myna").partition(".")[0] == "myna":
            raise
        return _fail(f"{error.name} is not installed, as in a light install; {EVERYTHING} brings all of Myna", 2)
    except KeyboardInterrupt:
        return _fail("interrupted; the same command goes on where it stopped", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (MemoryError, OSError, RuntimeError, ImportError) as error:
        if _memory_is_full(error):
            return _fail("not enough memory; close other programs, or give shorter texts or smaller batches", 2)
        if isinstance(error, OSError) and error.errno in _PLACES and isinstance(error.filename, str | bytes):
            reason = (error.strerror or "").lower()
            return _fail(f"{shown(os.fsdecode(error.filename))}: {reason}; check the path and its rights", 2)
        if not _disk_is_full(error):
            raise
        name = getattr(error, "filename", None)
        where = f" while writing {name}" if name else ""
        return _fail(f"the disk is full{where}; free some space and run the same command again", 2)


def _memory_is_full(error: BaseException) -> bool:
    """Tell a lack of memory from other failures; torch reports it as a runtime error, the loader as an import's."""
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)


def _disk_is_full(error: BaseException) -> bool:
    """Tell a full disk from other failures; torch and soundfile report it as a runtime error."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return os.strerror(errno.ENOSPC) in str(error) or "PytorchStreamWriter failed writing" in str(error)


def _fail(message: str, status: int) -> int:
    print(f"myna: {told(message)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())

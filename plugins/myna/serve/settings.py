"""What the server allows: every bound in one place, each with its reason."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from myna.errors import MynaError

PORT = 8300
HOME, TOKEN = "MYNA_SERVE_HOME", "MYNA_SERVE_TOKEN"
REQUESTER = "http"  # who asked, in the log of releases
LOOPBACK = ("127.0.0.1", "localhost", "::1")

LARGEST_JSON = 1 << 20  # bytes of a body that is no upload
LARGEST_UPLOAD = 256 << 20  # bytes: half an hour of stereo at 48 kHz is 330 MB, minutes are wanted
MOST_FILES, MOST_FIELDS = 64, 24  # of a multipart body
LARGEST_FIELD = 64 << 10  # bytes of a part that is no file
HEAD_SECONDS = 10.0  # in which the head of a request has to be there
BODY_SECONDS = 20.0  # that a body may pause
LINGER_SECONDS = 5.0  # that the rest of a refused request is still taken
SEND_SECONDS = 60.0  # that a client may not take anything
MOST_CONNECTIONS = 256
MOST_CLIENTS = 4096  # addresses whose rate is remembered
FREE_BYTES = 1 << 30  # that stay free on the disk; a tuned voice needs about as much on its way
INSPECT_SECONDS = 600.0
SHORTEST_TOKEN = 16  # characters


@dataclass(frozen=True)
class Settings:
    """How a server runs.

    Attributes:
        host: Address to listen at.
        port: TCP port; 0 for a free one.
        home: Folder of the people's recordings, voices and jobs.
        token: What a client has to show; empty for none, on loopback only.
        hosts: Names beside the loopback's that `Host` may have.
        origins: Sites whose pages may ask (CORS).
        default_voice: Stands for the names of OpenAI's own voices.
        longest_text: Characters of one request.
        rate: Requests a minute and address.
        at_once: Requests for speech that are worked on or wait; more are told to come again.
        threads: That speak at the same time.
        memory: Bytes of voices that stay loaded.
        seconds: That one request may take.
        jobs: That run at the same time.
        scores: Whether a new voice is scored.
        wyoming: Port of the Wyoming protocol, or None.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    home: Path = field(default_factory=lambda: home_of(None))
    token: str = ""
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    default_voice: str = ""
    longest_text: int = 10_000
    rate: int = 600
    at_once: int = 32
    threads: int = 1
    memory: int = 2 << 30
    seconds: float = 600.0
    jobs: int = 1
    scores: bool = True
    wyoming: int | None = None

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        return self.host in LOOPBACK

    def checked(self) -> "Settings":
        """Return itself.

        Raises:
            MynaError: It could be reached by others without a token, or the token is short.
        """
        if not self.local and not self.token:
            raise MynaError(
                f"--host {self.host} can be reached by others: set a token ({TOKEN} or --token-file), or leave it out"
            )
        if self.token and len(self.token) < SHORTEST_TOKEN:
            raise MynaError(f"the token has {len(self.token)} characters; take at least {SHORTEST_TOKEN}")
        if self.wyoming is not None and not self.local:
            raise MynaError("--wyoming has no token, so it stays on loopback: leave out --host, or --wyoming")
        return self


def home_of(given: Path | None) -> Path:
    """Return the folder of the server: the one given, `MYNA_SERVE_HOME`, or `~/.local/share/myna/serve`."""
    named = given or os.environ.get(HOME)
    return Path(named).absolute() if named else Path.home() / ".local" / "share" / "myna" / "serve"


def token_of(file: Path | None) -> str:
    """Return the token: the first line of a file, or of `MYNA_SERVE_TOKEN`; empty for none.

    Raises:
        MynaError: The file cannot be read, holds nothing, or others may read it.
    """
    if file is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        token = file.read_text(encoding="utf-8").strip()
        open_to_others = file.stat().st_mode & 0o077
    except (OSError, UnicodeDecodeError) as error:
        raise MynaError(f"{file}: no token can be read ({error}); write one line of text there") from error
    if open_to_others:
        raise MynaError(f"{file}: others can read the token; chmod 600 {file}")
    if not token or any(not "!" <= c <= "~" for c in token):
        raise MynaError(
            f"{file}: a token is one line of printable ASCII without blanks; for example `openssl rand -hex 24`"
        )
    return token

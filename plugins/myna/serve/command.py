"""`myna serve`: the HTTP API, the page and, where asked for, the Wyoming protocol."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser
from myna.errors import MynaError
from myna.serve.settings import PORT, Settings, home_of, token_of

if TYPE_CHECKING:
    import socket


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is stopped.

    Raises:
        MynaError: Unsafe settings, a port that is taken, or a home that another server uses.
    """
    settings = _settings(argv)
    os.environ["TQDM_DISABLE"] = "1"  # a bar is for the person who waits; here that is another one
    import asyncio

    from myna.serve.app import run

    with _listening(settings) as listener:
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"http://{shown}:{port}  (Ctrl-C stops; voices and jobs in {settings.home})", flush=True)
        asyncio.run(run(settings, listener))
    return 0


def _settings(argv: Sequence[str] | None) -> Settings:
    given = vars(_parser().parse_args(argv))
    home, token = home_of(given.pop("home")), token_of(given.pop("token_file"))
    megabytes = given.pop("memory")
    hosts, origins = tuple(given.pop("allow_host")), tuple(given.pop("cors"))
    return Settings(home=home, token=token, memory=megabytes << 20, hosts=hosts, origins=origins, **given).checked()


def _parser() -> Parser:
    default = Settings(home=Path())
    parser = Parser(prog="myna serve", description="Speak and clone over HTTP; see docs/serve.md.", allow_abbrev=False)
    add = parser.add_argument
    add("--host", default=default.host, help="another address than the loopback's needs a token (default: %(default)s)")
    add("--port", type=int, default=PORT, help="0 for a free one (default: %(default)s)")
    add("--home", type=Path, help="folder of recordings, voices and jobs (default: MYNA_SERVE_HOME or ~/.local/share)")
    add("--token-file", type=Path, metavar="FILE", help="what clients have to show; or MYNA_SERVE_TOKEN")
    add("--allow-host", action="append", default=[], metavar="NAME", help="a name that this server is called by")
    add("--cors", action="append", default=[], metavar="ORIGIN", help="a site whose pages may ask, https://…")
    add("--default-voice", default="", metavar="NAME", help="stands for OpenAI's names, alloy and so on")
    add("--longest-text", type=int, default=default.longest_text, metavar="N", help="characters (default: %(default)s)")
    add(
        "--rate",
        type=int,
        default=default.rate,
        metavar="N",
        help="requests a minute and address (default: %(default)s)",
    )
    add("--at-once", type=int, default=default.at_once, metavar="N", help="requests for speech (default: %(default)s)")
    add("--threads", type=int, default=default.threads, metavar="N", help="that speak (default: %(default)s)")
    add(
        "--memory", type=int, default=default.memory >> 20, metavar="MB", help="of loaded voices (default: %(default)s)"
    )
    add("--seconds", type=float, default=default.seconds, metavar="S", help="a request may take (default: %(default)s)")
    add("--jobs", type=int, default=default.jobs, metavar="N", help="that run at the same time (default: %(default)s)")
    add("--no-scores", dest="scores", action="store_false", help="do not score voices after they are made")
    add("--wyoming", type=int, metavar="PORT", help="also speak Home Assistant's protocol there")
    return parser


def _listening(settings: Settings) -> "socket.socket":
    """Open the port before anything else is loaded.

    Raises:
        MynaError: It is taken or not allowed.
    """
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise MynaError(f"{settings.host}:{settings.port} cannot be opened ({error}); take another --port") from error
    return listener


if __name__ == "__main__":
    sys.exit(main())

"""`myna doctor --audit` against servers of this machine that speak the form of osv.dev: the real pip-audit asks them.

    python benchmarks/advisories.py   # pip-audit itself is fetched by uv, once

Four answers: no fault, a fault in two pins, a server that fails, and no server. Prints a row for each; the exit status
is 1 where `myna doctor --audit` ends otherwise than it should.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FAULT = {
    "id": "GHSA-test-0000-0001",
    "summary": "a fault of a benchmark",
    "details": "Nothing is wrong with this package.",
    "aliases": ["CVE-2026-0001"],
    "published": "2026-01-01T00:00:00Z",
    "modified": "2026-01-01T00:00:00Z",
}
FAULTY = ("numpy", "pyyaml")


def _fault(package: str) -> dict[str, object]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999.0"}]}]
    return {**FAULT, "affected": [{"package": {"name": package, "ecosystem": "PyPI"}, "ranges": ranges}]}


def _server(faulty: tuple[str, ...], status: int) -> ThreadingHTTPServer:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"].lower()
            body = json.dumps({"vulns": [_fault(name)]} if name in faulty else {}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _audit(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "myna.cli", "doctor", "--audit"]
    env = {**os.environ, "MYNA_OSV_URL": address}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, cwd=ROOT)


def main() -> int:
    """Ask each server."""
    wrong = 0
    print("| the advisories | status | first line |\n|---|---|---|")
    for what, faulty, answer, wanted in (
        ("know no fault", (), 200, 0),
        (f"know a fault of {' and of '.join(FAULTY)}", FAULTY, 200, 1),
        ("answer 500", (), 500, 2),
        ("are not there", None, 0, 2),
    ):
        server = None if faulty is None else _server(faulty, answer)
        address = "http://127.0.0.1:9/v1/query" if server is None else f"http://127.0.0.1:{server.server_port}/v1/query"
        done = _audit(address)
        if server is not None:
            server.shutdown()
        lines = (done.stdout + done.stderr).strip().splitlines()
        wrong += done.returncode != wanted or (wanted == 2 and len(lines) != 1)
        print(f"| {what} | {done.returncode} | {lines[0] if lines else ''} |", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())

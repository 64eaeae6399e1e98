"""A hub on this machine that understands what an upload asks of it."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub(ThreadingHTTPServer):
    """Keeps what was committed in `files`, by path; `refuse` is a status that answers every request instead."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.created: list[dict] = []
        self.refuse = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        """Answer what a client may look up: the repository, once it was made, is there and empty."""
        if self.server.refuse or not self.server.created:
            return self._answer({"error": "no"}, self.server.refuse or 404, {"X-Error-Code": "RepoNotFound"})
        return self._answer({"id": "me/ana", "sha": "0" * 40, "siblings": [], "private": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.refuse:
            return self._answer({"error": "no"}, self.server.refuse)
        if self.path.endswith("/repos/create"):
            self.server.created.append(json.loads(body))
            return self._answer({"url": f"{self.server.address}/me/ana"})
        if "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            return self._answer(
                {"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in asked]}
            )
        if "/commit/" in self.path:
            for line in map(json.loads, body.decode().splitlines()):
                if line["key"] == "file":
                    self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            facts = {"commitUrl": f"{self.server.address}/me/ana/commit/1", "commitOid": "1", "success": True}
            return self._answer(facts)
        return self._answer({})

    def _answer(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

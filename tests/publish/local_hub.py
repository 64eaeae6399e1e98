"""Hubs on this machine that speak the protocols of Hugging Face and ModelScope, as far as their clients ask."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN, REPO, COMMIT = "hub_right", "me/ana", "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """Keeps what was committed in `files`, by path, and large files in `blobs`, by SHA-256.

    Attributes:
        refuse: A status that answers every request instead.
        cut: So many of the next transfers of bodies over 1 kB break in the middle.
        sent: SHA-256 of each large file that came in whole.
    """

    daemon_threads = True

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.files: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.created: list[dict[str, Any]] = []
        self.sent: list[str] = []
        self.refuse = self.cut = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about transfers that break."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """What both have in common: routes by pattern, tokens, large files in and ranges of files out."""

    server: Hub
    protocol_version = "HTTP/1.1"
    routes: tuple[tuple[str, str, str], ...] = ()

    def log_message(self, *args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        self._route()

    do_HEAD = do_POST = do_PUT = do_GET

    def _route(self) -> None:
        method, path = self.command, unquote(urlsplit(self.path).path)
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        signed = path.startswith("/lfs/")  # by its address, as storage is
        if self.server.refuse or not (signed or f"Bearer {TOKEN}" == self.headers.get("Authorization")):
            self._read()
            return self.answer({"error": "no"}, self.server.refuse or 401)
        for wanted, pattern, name in self.routes:
            if wanted in (method, "*") and (match := re.fullmatch(pattern, path)):
                return getattr(self, name)(*match.groups())
        self._read()
        self.missing(path)

    def _read(self) -> bytes:
        size = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(size)

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def body(self) -> Any:
        return json.loads(self._read() or b"{}")

    def missing(self, path: str) -> None:
        self.answer({"error": f"no {path}"}, 404, {"X-Error-Code": "EntryNotFound"})

    def put_blob(self, oid: str) -> None:
        if self.server.cut:
            self.server.cut -= 1
            self.rfile.read(512)
            self.close_connection = True
            return self.connection.close()
        data = self._read()
        if hashlib.sha256(data).hexdigest() != oid:
            return self.answer({"error": "another hash"}, 400)
        self.server.blobs[oid] = data
        self.server.sent.append(oid)
        self.answer({})

    def send_file(self, data: bytes, headers: dict[str, str]) -> None:
        start = int((re.match(r"bytes=(\d+)-", self.headers.get("Range") or "") or ["", "0"])[1])
        self.send_response(206 if start else 200)
        headers |= {"Content-Length": str(len(data) - start), "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.server.cut and len(data) > 1024:
            self.server.cut -= 1
            self.wfile.write(data[start : start + (len(data) - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def answer(self, content: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


class HuggingFace(Handler):
    """The routes of `huggingface_hub`."""

    routes = (
        ("POST", "/api/repos/create", "create"),
        ("POST", f"/api/models/{REPO}/preupload/main", "preupload"),
        ("POST", f"/api/models/{REPO}/commit/main", "commit"),
        ("GET", f"/api/models/{REPO}(?:/revision/(.+))?", "info"),
        ("POST", rf"/{REPO}\.git/info/lfs/objects/batch", "batch"),
        ("PUT", "/lfs/([0-9a-f]+)", "put_blob"),
        ("*", f"/{REPO}/resolve/([^/]+)/(.+)", "resolve"),
        ("POST", "/(?:api/validate-yaml|verify)", "ok"),
    )

    def ok(self) -> None:
        self._read()
        self.answer({"errors": [], "warnings": []})

    def create(self) -> None:
        self.server.created.append(self.body())
        self.answer({"url": f"{self.server.address}/{REPO}"})

    def info(self, revision: str | None) -> None:
        if not self.server.created or revision not in (None, "main", "v1", COMMIT):
            return self.answer({"error": "no"}, 404, {"X-Error-Code": "RepoNotFound"})
        siblings = [{"rfilename": path, "size": len(data)} for path, data in self.server.files.items()]
        self.answer({"id": REPO, "sha": COMMIT, "siblings": siblings, "private": True})

    def preupload(self) -> None:
        asked = self.body()["files"]
        modes = [{"path": f["path"], "uploadMode": _mode(f["path"]), "shouldIgnore": False} for f in asked]
        self.answer({"files": modes})

    def batch(self) -> None:
        asked = self.body()["objects"]
        self.answer({"transfer": "basic", "objects": [self._object(each) for each in asked]})

    def _object(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["oid"] in self.server.blobs:
            return asked
        token = {"Authorization": f"Bearer {TOKEN}"}
        upload = {"href": f"{self.server.address}/lfs/{asked['oid']}", "header": token}
        return {**asked, "actions": {"upload": upload, "verify": {"href": f"{self.server.address}/verify"}}}

    def commit(self) -> None:
        for line in map(json.loads, self._read().decode().splitlines()):
            if line["key"] == "file":
                self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            elif line["key"] == "lfsFile":
                self.server.files[line["value"]["path"]] = self.server.blobs[line["value"]["oid"]]
        url = f"{self.server.address}/{REPO}/commit/{COMMIT}"
        self.answer({"commitUrl": url, "commitOid": COMMIT, "success": True})

    def resolve(self, revision: str, path: str) -> None:
        data = self.server.files[path]
        self.send_file(data, {"X-Repo-Commit": COMMIT, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'})


class ModelScope(Handler):
    """The routes of `modelscope_hub`."""

    routes = (
        ("POST", "/api/v1/models", "create"),
        ("GET", f"/(?:api|openapi)/v1/models/{REPO}", "info"),
        ("POST", f"/api/v1/repos/models/{REPO}/info/lfs/objects/batch", "batch"),
        ("PUT", "/lfs/([0-9a-f]+)", "put_blob"),
        ("POST", f"/api/v1/repos/models/{REPO}/commit/master", "commit"),
        ("GET", f"/api/v1/models/{REPO}/repo/files", "list"),
        ("*", f"/api/v1/models/{REPO}/repo", "download"),
    )

    def data(self, content: object) -> None:
        self.answer({"Code": 200, "Success": True, "Message": "", "success": True, "Data": content, "data": content})

    def missing(self, path: str) -> None:
        self.answer({"Code": 10010205001, "Success": False, "Message": f"no {path}"}, 404)

    def create(self) -> None:
        self.server.created.append(self.body())
        self.data({"Path": "me", "Name": "ana"})

    def info(self) -> None:
        self.data({"Path": "me", "Name": "ana", "Visibility": 1}) if self.server.created else self.missing(REPO)

    def batch(self) -> None:
        objects = []
        for each in self.body()["objects"]:
            href = {"upload": {"href": f"{self.server.address}/lfs/{each['oid']}"}}
            objects.append({**each, "actions": {} if each["oid"] in self.server.blobs else href})
        self.data({"objects": objects})

    def commit(self) -> None:
        for action in self.body()["actions"]:
            large = action["type"] == "lfs"
            content = self.server.blobs[action["sha256"]] if large else base64.b64decode(action["content"])
            self.server.files[action["path"]] = content
        self.data({"oid": COMMIT})

    def list(self) -> None:
        rows = [
            {"Path": path, "Name": path, "Type": "blob", "Size": len(data), "Sha256": hashlib.sha256(data).hexdigest()}
            for path, data in self.server.files.items()
        ]
        self.data({"Files": rows})

    def download(self) -> None:
        self.send_file(self.server.files[self.asked["FilePath"]], {"Content-Type": "application/octet-stream"})


def _mode(path: str) -> str:
    return "lfs" if path.endswith(".safetensors") else "regular"

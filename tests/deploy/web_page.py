"""A page of a voice, served on this machine and opened in Debian's Chromium."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from chromium import Watched
from playwright.sync_api import Browser, Page

from myna.deploy.engine import Engine
from myna.text.languages import language_number
from myna.text.piece import Piece

SAMPLES = """async ([pieces, speed]) => {
  const { Engine, runOf } = await import("./engine.js"), { load } = await import("./files.js");
  const ort = await import("./ort/ort.wasm.min.mjs"), manifest = await (await fetch("manifest.json")).json();
  Object.assign(ort.env.wasm, { numThreads: 1, wasmPaths: new URL("ort/", location).href });
  const graphs = {};
  for (const name of ["text", "frames", "pitch", "spectra"]) graphs[name] = await load(manifest, `voice/${name}.onnx`);
  const engine = new Engine(manifest.voice, await runOf(ort, graphs));
  return [...await engine.speak(pieces, { speed })];
}"""

SYLLABLES = """async (texts) => {
  const { loadHan } = await import("./han.js"), { load } = await import("./files.js");
  const manifest = await (await fetch("manifest.json")).json(), han = await loadHan((path) => load(manifest, path));
  return texts.map((text) => han.mandarin.syllables(text));
}"""

SYMBOLS = """async ([text, language, refused]) => {
  const { Reader } = await import("./phonemes.js"), { load } = await import("./files.js");
  const { loadHan } = await import("./han.js"), manifest = await (await fetch("manifest.json")).json();
  const worker = new Worker("espeak.js", { type: "module" });
  const ask = (message) => new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data.found);
    worker.postMessage(message);
  });
  await ask({ bytes: await load(manifest, "espeak/espeak-ng.wasm") });
  const han = () => loadHan((path) => load(manifest, path));
  for (const code of refused ?? []) manifest.voice.languages[code].consented = false;
  const reader = new Reader({ ...manifest.voice, language }, (text, voice) => ask({ text, voice }), han);
  const found = await reader.read(text);
  worker.terminate();
  return found.map(({ text, symbols, languages }) => ({ text, symbols, languages }));
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as `python -m http.server` does; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def opened(browser: Browser, folder: Path, **options: Any) -> Iterator[Watched]:
    """Serve a folder and open its page."""
    with served(folder) as url:
        watched = Watched(browser, url, **options)
        yield watched
        watched.page.close()


def spelled(piece: Piece) -> dict[str, list[Any]]:
    """Return the symbols of a piece and the numbers of their languages, as the page has them."""
    return {"symbols": piece.symbols, "languages": [language_number(code) for code in piece.languages]}


def samples(page: Page, engine: Engine, text: str, speed: float = 1.0) -> np.ndarray:
    """Return what the page's engine makes of Python's reading of a text."""
    pieces = [
        {"pause": pause, **(spelled(piece) if piece else {"symbols": []})}
        for pause, piece in engine.read(text).paused()
    ]
    return np.asarray(page.evaluate(SAMPLES, [pieces, speed]), np.float32)

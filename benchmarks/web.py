"""A voice in the browser: size of the page, and seconds of computing a second of speech, in both precisions.

Usage: python benchmarks/web.py VOICE [--sentences 12] [--output exp/web] [--screenshots] [--heard]

VOICE is a sealed voice directory of `tts=vits_mel` and `vocoder=istft` in a language that the page reads. Each page is
exported through its gate, served on this machine and opened in Debian's Chromium (or the one that Playwright brought),
where it speaks the sentences one after the other with one thread, as a person would have it. Writes `web.json` and
`web.md`, with `--screenshots` the page at two widths; a page that is there already is measured again, not exported.
With `--heard` a recogniser hears what the 8-bit page spoke, and what `Engine.speak` makes of the same 30 sentences.
"""

import argparse
import base64
import io
import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from myna.adapt.unseen import sentences_file
from myna.deploy.engine import Engine
from myna.deploy.export import gate_sentences
from myna.deploy.web_export import export_web
from myna.files import atomic_text
from myna.measure import wer
from myna.safety.admission import load_card
from myna.serve.exit import find_voice

PATIENCE = 180_000  # ms; a busy machine
WIDTHS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
HEADS = ("", "page, MB", "models, MB", "ready, s", "RTF of speech", "RTF with marks", "sentences")
# The worker's own answers carry the times; the page shows them rounded.
LISTEN = """
window.spoken = [];
const Plain = Worker;
window.Worker = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => data.found?.wav && window.spoken.push(data.found));
  }
};
"""
WAV = "btoa(Array.from(new Uint8Array(spoken.at(-1).wav), (byte) => String.fromCharCode(byte)).join(''))"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder; gives its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None  # type: ignore[method-assign]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=root)
        yield running
        running.close()


def speak(page: Page, text: str) -> dict[str, float]:
    """Let the page speak; returns what its worker tells."""
    before = page.evaluate("spoken.length")
    page.locator("#text").fill(text)
    page.locator("#speak").click()
    page.wait_for_selector(f"article:nth-of-type({before + 1})", timeout=PATIENCE)
    page.wait_for_selector("#speak:enabled", timeout=PATIENCE)
    return dict(page.evaluate("(({ wav, ...times }) => times)(spoken.at(-1))"))


def measured(folder: Path, sentences: list[str], chromium: Browser) -> dict[str, Any]:
    """Measure a page; the first sentence warms up and does not count."""
    with served(folder) as url:
        page = chromium.new_page(locale="en-US")
        page.add_init_script(LISTEN)
        page.goto(url)
        page.wait_for_selector("#speak:enabled", timeout=PATIENCE)
        ready = page.evaluate("performance.now()") / 1000
        found = [speak(page, text) for text in sentences][1:]
        page.close()
    speech = sum(one["speech"] for one in found)
    size = {name: sum(p.stat().st_size for p in folder.rglob(name) if p.is_file()) / 1e6 for name in ("*", "*.onnx")}
    return {
        "megabytes": size["*"],
        "models": size["*.onnx"],
        "ready": ready,
        "speech": sum(one["computed"] for one in found) / speech,
        "marked": sum(one["computed"] + one["marked"] for one in found) / speech,
        "sentences": len(found),
    }


def heard(folder: Path, chromium: Browser) -> dict[str, float]:
    """Return the share of words or toned syllables that are wrong, of the page and of the same export in Python."""
    engine = Engine.load(folder / "voice")
    language, rate = engine.config.language, engine.sample_rate
    sentences = sentences_file(language).read_text(encoding="utf-8").split("\n")[:30]
    found: dict[str, list[str]] = {"page": [], "engine": []}
    with served(folder) as url:
        page = chromium.new_page(locale="en-US")
        page.add_init_script(LISTEN)
        page.goto(url)
        page.wait_for_selector("#speak:enabled", timeout=PATIENCE)
        for text in sentences:
            length = round(speak(page, text)["speech"] * rate)  # the audible cue stands before it
            wave, _ = soundfile.read(io.BytesIO(base64.b64decode(page.evaluate(WAV))), dtype="float32")
            found["page"].append(wer.transcribe(wave[-length:], rate, language))
            found["engine"].append(wer.transcribe(engine.speak(text), rate, language))
        page.close()
    return {name: wer.wer(sentences, said, language) for name, said in found.items()}


def pictures(folder: Path, text: str, chromium: Browser, output: Path) -> None:
    """Take the page at two widths, with a sound on it."""
    with served(folder) as url:
        for name, size in WIDTHS.items():
            page = chromium.new_page(locale="en-US", viewport=size)  # type: ignore[arg-type]
            page.add_init_script(LISTEN)
            page.goto(url)
            page.wait_for_selector("#speak:enabled", timeout=PATIENCE)
            speak(page, text)
            page.wait_for_timeout(500)
            page.screenshot(path=output / f"{name}.png", full_page=True)
            page.close()


def table(found: dict[str, dict[str, Any]]) -> str:
    """Write the findings as Markdown."""
    lines = ["| " + " | ".join(HEADS) + " |", "|---" * len(HEADS) + "|"]
    for name, one in found.items():
        cells = [f"{one['megabytes']:.1f}", f"{one['models']:.1f}", f"{one['ready']:.1f}"]
        cells += [f"{one['speech']:.3f}", f"{one['marked']:.3f}", str(one["sentences"])]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voice", type=Path)
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--output", type=Path, default=Path("exp/web"))
    parser.add_argument("--screenshots", action="store_true")
    parser.add_argument("--heard", action="store_true")
    arguments = parser.parse_args()
    voice, output = find_voice(arguments.voice), arguments.output
    output.mkdir(parents=True, exist_ok=True)
    sentences = gate_sentences(load_card(voice, "evaluation").language, arguments.sentences)
    found = {}
    with browser() as chromium:
        for precision in ("fp32", "int8"):
            if not (output / precision).exists():
                export_web(voice, output / precision, precision, sentences, espeak=True)  # type: ignore[arg-type]
            found[precision] = measured(output / precision, sentences, chromium)
        if arguments.heard:
            found["int8"]["wrong"] = heard(output / "int8", chromium)
            print(found["int8"]["wrong"])
        if arguments.screenshots:
            pictures(output / "int8", sentences[0], chromium, output)
    day = datetime.now(UTC).date().isoformat()
    atomic_text(output / "web.json", json.dumps({"date": day, "forms": found}, indent=1) + "\n")
    atomic_text(output / "web.md", table(found))
    print(table(found))


if __name__ == "__main__":
    main()

"""Debian's Chromium, with a file in the place of the microphone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import debian
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright


@contextmanager
def chromium(microphone: Path, *options: str) -> Iterator[Browser]:
    """Start the browser; each page that opens the microphone hears the file from its begin, once."""
    program = debian.bring("chromium", "chromium", "fonts-droid-fallback")  # the fonts for Chinese
    said = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    heard = f"--use-file-for-fake-audio-capture={microphone}%noloop"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*said, heard, *root, *options])
        yield browser
        browser.close()


class Watched:
    """A page, with all that it complains of and asks for.

    Args:
        browser: Where it opens.
        url: Of the server; anything that is asked for elsewhere stands in `outside`.
        options: Of `Browser.new_page`.
    """

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.page: Page = browser.new_page(**options)
        self.url, self.complaints, self.outside = url, [], []
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.set_default_timeout(120_000)  # ms; a busy machine
        self.page.goto(url)

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.url}/", "blob:", "data:")):
            self.outside.append(url)

    def barriers(self) -> list[str]:
        """Return what keeps people out, as the page stands now: axe-core's findings, and what is out of the window."""
        found = Axe().run(self.page).response["violations"]
        told = [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
        return [*told, *(f"too wide: {html}" for html in self.page.evaluate(_TOO_WIDE))]


_TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect(), hidden = one.closest(".unseen, .skip, pre > *");
  return (box.right > innerWidth + 1 || box.left < -1) && !hidden;
}).map((one) => one.outerHTML.slice(0, 200))"""

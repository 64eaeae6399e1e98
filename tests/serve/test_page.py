"""The page in Debian's Chromium, from recording to hearing and deleting."""

import re
from collections.abc import Iterator
from pathlib import Path

import an4
import httpx
import pytest
from chromium import Watched, chromium
from http_server import Server
from playwright.sync_api import Browser, expect

from myna.safety.verify import LABELLED, verify

expect.set_options(timeout=30_000)  # ms; a busy machine
RECORDED = 4.0  # seconds
DONE = 180_000  # ms in which a voice is made on a busy machine


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    microphone = tmp_path_factory.mktemp("microphone") / "an4.wav"
    microphone.write_bytes(an4.wav())
    with chromium(microphone) as running:
        yield running


@pytest.fixture
def empty(server: Server) -> Iterator[Server]:
    """The server, without the people that the test takes in."""
    yield server
    for voice in server.json("/v1/audio/voices")["data"]:
        if voice["deletable"]:
            httpx.delete(f"{server.url}/v1/audio/voices/{voice['id']}", timeout=60)


class Person:
    """Who uses the page: goes by what it shows, and looks for barriers at each of its headings."""

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        self.watched = Watched(browser, url, **options)
        self.page, self.barriers = self.watched.page, []

    def sees(self, heading: str, level: int = 1) -> None:
        expect(self.page.get_by_role("heading", name=heading, level=level, exact=True)).to_be_visible()
        self.barriers += [f"{heading}: {one}" for one in self.watched.barriers()]

    def presses(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def records(self, start: str, stop: str) -> None:
        self.presses(start)
        expect(self.page.get_by_role("button", name=stop, exact=True)).to_be_visible()
        self.page.wait_for_timeout(1000 * RECORDED)
        self.presses(stop)

    def leaves(self) -> None:
        self.page.close()
        assert (self.watched.complaints, self.watched.outside, self.barriers) == ([], [], [])


def test_from_recording_to_hearing_and_forgetting(
    empty: Server, browser: Browser, of_the_server: Server, tmp_path: Path
) -> None:
    ann = Person(browser, empty.url, locale="en-US", viewport={"width": 1280, "height": 900})
    makes_a_voice(ann)
    (folder,) = (empty.home / "people").glob("voice_*")
    assert (folder / "recordings" / "001.webm").stat().st_size > 10_000
    hears_it(ann, tmp_path / "Ann.mp3")
    assert verify(tmp_path / "Ann.mp3").status == LABELLED
    deletes_it(ann)
    assert not list((empty.home / "people").iterdir())
    ann.leaves()


def makes_a_voice(ann: Person) -> None:
    ann.page.get_by_role("link", name="New voice").click()
    ann.sees("Who speaks?")
    ann.page.get_by_label("Name").fill("Ann")
    ann.presses("Next")
    ann.sees("Record yourself")
    ann.records("Record", "Stop")
    expect(ann.page.get_by_role("button", name=re.compile("^Remove: "))).to_be_visible()
    ann.presses("Next")
    ann.sees("Say that you agree")
    ann.page.get_by_label("I cannot say this sentence").check()
    ann.presses("Next")
    ann.sees("Start")
    ann.page.get_by_label("I have read the terms").check()
    ann.presses("Make the voice")
    expect(ann.page.get_by_role("heading", name="Ann is ready")).to_be_visible(timeout=DONE)
    ann.sees("Ann is ready")
    expect(ann.page.get_by_role("listitem")).to_have_text(["Make a first voice (done)"])  # what ran, no more


def hears_it(ann: Person, file: Path) -> None:
    ann.page.get_by_role("link", name="Hear it").click()
    ann.page.get_by_label("Text").fill("Good morning to all of you.")
    ann.presses("Speak")
    expect(ann.page.get_by_text("Made by AI: a synthetic voice")).to_be_visible(timeout=DONE)
    ann.sees("Let a voice speak")
    ann.page.wait_for_function("document.querySelector('article audio').currentTime > 0.2")
    assert ann.page.evaluate("document.querySelector('article audio').duration") > 2
    with ann.page.expect_download() as download:
        ann.page.get_by_role("link", name="Download Ann.mp3").click()
    download.value.save_as(file)


def deletes_it(ann: Person) -> None:
    ann.page.get_by_role("link", name="Voices").click()
    ann.sees("Voices")
    ann.presses("Delete Ann")
    ann.sees("Delete Ann?", level=2)
    ann.presses("Delete …")
    ann.presses("Yes, delete for good")
    expect(ann.page.get_by_role("heading", name="Ann", exact=True)).to_have_count(0)

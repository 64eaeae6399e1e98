"""The page in Debian's Chromium: from recording to hearing, in English at a desk, in Chinese on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import an4
import httpx
import pytest
from chromium import Watched, chromium
from http_server import Server
from playwright.sync_api import Browser, Page, expect
from toy_voice import write_voice

from myna.safety.verify import LABELLED, verify

expect.set_options(timeout=30_000)  # ms; a busy machine
RECORDED = 4.0  # seconds
DONE = 180_000  # ms in which a voice is made on a busy machine
CHINESE = re.compile("[\u4e00-\u9fff]")


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

    def __init__(self, browser: Browser, url: str, locale: str, **options: object) -> None:
        self.watched = Watched(browser, url, locale=locale, **options)
        self.page, self.locale, self.barriers = self.watched.page, locale, []

    def sees(self, heading: str, level: int = 1) -> None:
        expect(self.page.get_by_role("heading", name=heading, level=level, exact=True)).to_be_visible()
        found = self.watched.barriers() + (foreign(self.page) if self.locale == "zh-CN" else [])
        self.barriers += [f"{heading}: {one}" for one in found]

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


@pytest.fixture
def with_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that asks for it, with the voice Ana."""
    write_voice(tmp_path / "voices" / "Ana")
    monkeypatch.setenv("MYNA_SERVE_TOKEN", TOKEN)
    running = Server(tmp_path, "--no-scores", "--rate", "6000")
    yield running.start()
    running.stop()


TOKEN = "a-token-of-the-test"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}


def test_a_phone_in_chinese_by_keyboard_alone(with_a_token: Server, browser: Browser) -> None:
    """Dark, and the narrowest that is sold."""
    lin = Person(browser, with_a_token.url, locale="zh-CN", **PHONE)
    lin.sees("此服务器需要令牌", level=2)
    lin.page.keyboard.type(TOKEN)
    lin.page.keyboard.press("Enter")
    expect(lin.page.get_by_role("dialog")).to_have_count(0)
    lin.watched.complaints = [line for line in lin.watched.complaints if "401" not in line]  # Chromium's own line
    for tab, heading in (("voices", "声音"), ("hear", "让声音说话"), ("new", "谁的声音？")):
        lin.page.goto(f"{with_a_token.url}/#{tab}")
        lin.sees(heading)
    reaches(lin.page, "姓名")
    lin.page.keyboard.type("Lin")
    reaches(lin.page, "下一步")
    lin.page.keyboard.press("Enter")
    lin.sees("录制你的声音")
    reaches(lin.page, "录音")
    lin.page.keyboard.press("Space")
    expect(lin.page.get_by_role("button", name="停止", exact=True)).to_be_focused()
    lin.page.wait_for_timeout(1000 * RECORDED)
    lin.page.keyboard.press("Space")
    expect(lin.page.get_by_role("button", name=re.compile("^移除："))).to_be_visible()
    reaches(lin.page, "下一步")
    lin.page.keyboard.press("Enter")
    lin.sees("说出你的同意")
    lin.leaves()


def reaches(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(NAME_OF_FOCUS).strip() == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


NAME_OF_FOCUS = """() => { const one = document.activeElement;
  return one.labels?.[0]?.innerText ?? one.getAttribute("aria-label") ?? one.innerText ?? ""; }"""


def foreign(page: Page) -> list[str]:
    """Return what the page says in Latin letters alone, but for names and what is marked as English."""
    said = page.locator("h1, h2, legend, label, button, a, small, p, summary, th").evaluate_all(
        "all => all.filter((one) => one.checkVisibility() && !one.closest('[lang=en]')).map((one) => one.innerText)"
    )
    return [text for text in said if re.search("[A-Za-z]{2}", text) and not CHINESE.search(text) and text not in NAMES]


NAMES = ("Ana", "Myna")

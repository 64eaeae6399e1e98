"""The page in Debian's Chromium, from recording to hearing and deleting."""

import re
from pathlib import Path

from http_server import Server, wait_for
from page_users import DONE, Person
from playwright.sync_api import Browser, expect

from myna.safety.verify import LABELLED, verify


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
    # Not wait_for_function: it evaluates a string, which the page's policy forbids.
    wait_for(lambda: ann.page.evaluate("document.querySelector('article audio').currentTime") > 0.2)
    assert ann.page.evaluate("document.querySelector('article audio').duration") > 2
    with ann.page.expect_download() as download:
        ann.page.get_by_role("link", name="Download Ann.mp3").click()
    download.value.save_as(file)


def deletes_it(ann: Person) -> None:
    ann.deletes("Ann", "Voices", "Delete", "Delete …", "Yes, delete for good")

"""Voices around the head: dragged, moved by keys, and made into a labelled file for headphones."""

from pathlib import Path

from http_server import Server, wait_for
from page_users import DONE, Person
from playwright.sync_api import Browser, Locator, expect

from myna.safety import encode
from myna.safety.verify import LABELLED, verify


def test_a_voice_is_dragged_around_the_head(
    server: Server, browser: Browser, of_the_server: Server, tmp_path: Path
) -> None:
    ann = Person(browser, server.url, locale="en-US", viewport={"width": 1280, "height": 1400})
    ann.page.get_by_role("link", name="Hear", exact=True).click()
    ann.page.get_by_label("Text").fill("Good morning to all of you.")
    ann.presses("Speak")
    expect(ann.page.get_by_text("Made by AI: a synthetic voice")).to_be_visible(timeout=DONE)
    ann.presses("Hear the voices around you")
    voice = ann.page.get_by_role("slider", name="Place of Ana")
    drags_to_the_left(ann, voice)
    moves_by_keys(ann, voice)
    ann.sees("Around you", level=2)
    ann.page.locator("article audio").first.evaluate("one => one.play()")
    wait_for(lambda: ann.page.evaluate("document.querySelector('article audio').currentTime") > 0.2)
    file = makes_a_file(ann, tmp_path / "Ana.mp3")
    assert verify(file).status == LABELLED and encode.channels(file) == 2
    ann.leaves()


def drags_to_the_left(ann: Person, voice: Locator) -> None:
    circle = ann.page.locator(".around").bounding_box()
    middle = (circle["x"] + circle["width"] / 2, circle["y"] + circle["height"] / 2)
    voice.hover()
    ann.page.mouse.down()
    ann.page.mouse.move(middle[0] - circle["width"] / 4, middle[1], steps=8)
    ann.page.mouse.up()
    expect(voice).to_have_attribute("aria-valuenow", "90")
    expect(voice).to_have_attribute("aria-valuetext", "90° to the left, 1.5 m")


def moves_by_keys(ann: Person, voice: Locator) -> None:
    voice.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        ann.page.keyboard.press(key)
    expect(voice).to_have_attribute("aria-valuetext", "80° to the left, 1.6 m")


def makes_a_file(ann: Person, file: Path) -> Path:
    ann.presses("Make a file of Ana for headphones")
    link = ann.page.get_by_role("link", name="Download Ana, 80° to the left, 1.6 m.mp3")
    expect(link).to_be_visible(timeout=DONE)
    with ann.page.expect_download() as download:
        link.click()
    download.value.save_as(file)
    return file

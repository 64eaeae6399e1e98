"""The head on the page in Debian's Chromium: shut for p, b and m, open for vowels, labelled, in step with the sound."""

import base64
import io
import wave
from collections.abc import Iterator
from pathlib import Path

import an4
import numpy as np
import pytest
from chromium import chromium
from http_server import Server, wait_for
from page_users import DONE, Person
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from myna.face.face import Mood, face
from myna.face.files import as_json
from myna.networks.timing import Interval

SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--autoplay-policy=no-user-gesture-required")
DOCS = Path(__file__).parents[2] / "docs"
LATEST = 40  # ms between mouth and sound
HELPERS = Path(__file__).with_name("face_in_browser.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start Chromium with WebGL in software."""
    microphone = tmp_path_factory.mktemp("microphone") / "an4.wav"
    microphone.write_bytes(an4.wav())
    with chromium(microphone, *SOFTWARE) as running:
        yield running


@pytest.fixture
def page(drawing: Browser, server: Server) -> Iterator[Page]:
    """Open the page with the helpers among its files."""
    made = drawing.new_page()
    made.route("**/helpers.js", lambda route: route.fulfill(body=HELPERS, content_type="text/javascript"))
    made.goto(server.url)
    yield made
    made.close()


def said(symbols: str, seconds: float = 0.2) -> dict:
    """Return the face that says symbols, equally long, beginning at 0."""
    sounds = [Interval(symbol, seconds * n, seconds * (n + 1)) for n, symbol in enumerate(symbols)]
    return as_json(face(sounds, [], sounds[-1].end))


@pytest.mark.parametrize("seconds", [0.2, 0.06])  # of each sound: slow, and as in fast speech
def test_the_mouth_is_shut_for_p_b_m_and_open_for_vowels(seconds: float, page: Page) -> None:
    pictures = drawn(page, said("apabamaoa", seconds), [seconds * (n + 0.5) for n in range(8)])
    found = dict(zip("apabamao", map(inside, pictures), strict=True))
    print(f"inside of the mouth, pixels of {pictures[0].shape[:2]}: {found}")
    assert found["a"] > 800 and max(found[name] for name in "pbm") <= found["a"] / 4
    assert found["a"] / 4 < found["o"] < found["a"]
    for one in pictures:
        plate = one[-40:, :200]
        assert (plate.max(2) < 60).mean() > 0.2 and (plate.min(2) > 220).mean() > 0.03  # white words on a dark plate


def test_the_pictures_of_the_docs_are_what_is_drawn(page: Page, tmp_path: Path) -> None:
    opened, shut = drawn(page, said("apa"), [0.1, 0.3])
    named = {"face-open.png": opened, "face-shut.png": shut}
    for name, now in named.items():
        Image.fromarray(now.astype(np.uint8)).save(tmp_path / name)  # to be copied when the head is drawn otherwise
    for name, now in named.items():
        kept = np.asarray(Image.open(DOCS / name).convert("RGB")).astype(int)
        assert kept.shape == now.shape and np.abs(kept - now).mean() < 2, tmp_path / name
    changed = np.abs(opened - shut).max(2) > 40
    rows, columns = np.nonzero(changed)
    high, wide = changed.shape
    assert changed.sum() > 1000  # in the lower half, in the middle
    assert np.percentile(rows, 2) > 0.5 * high and 0.2 * wide < columns.mean() < 0.8 * wide


def test_who_asked_for_less_motion_sees_a_mouth_alone(page: Page) -> None:
    shown = as_json(face([Interval("a", 0.0, 4.0)], [Interval("So?", 0.0, 4.0)], 4.5, mood=Mood("angry", 1.0)))
    code = "async ([face, still]) => (await import('/helpers.js')).values(face, 3.8, still)"
    moving, still = (page.evaluate(code, [shown, asked]) for asked in (False, True))
    assert "browDownLeft" in moving[0] and any(moving[1])
    assert "jawOpen" in still[0] and all(name.startswith(("mouth", "jaw", "tongue")) for name in still[0])
    assert still[1] == [0, 0, 0]


def drawn(page: Page, shown: dict, times: list[float]) -> list[np.ndarray]:
    """Return pictures `(H, W, 3)` of a face at times."""
    code = "async ([face, times]) => (await import('/helpers.js')).pictures(face, times)"
    return [picture(url) for url in page.evaluate(code, [shown, times])]


def picture(url: str) -> np.ndarray:
    data = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def inside(pixels: np.ndarray) -> int:
    """Count pixels of the dark and of the teeth behind the lips, which no skin or lip has the colour of."""
    high, wide = pixels.shape[:2]
    part = pixels[int(0.54 * high) : int(0.73 * high), int(0.37 * wide) : int(0.63 * wide)]
    dark = (part[..., 0] < 120) & (part[..., 1] < 75)
    teeth = (part.min(2) > 190) & (np.ptp(part, 2) < 40)
    return int((dark | teeth).sum())


def test_the_mouth_moves_with_the_sound(page: Page) -> None:
    bursts = 6
    fps, long = 60, 0.6 * bursts + 0.3
    opened = [0.6 if t % 0.6 >= 0.3 and t < 0.6 * bursts else 0.0 for t in np.arange(int(long * fps)) / fps]
    shown = {
        "fps": fps,
        "curves": {"jawOpen": opened},
        "head": dict.fromkeys(("yaw", "pitch", "roll"), [0.0] * len(opened)),
    }
    code = "async ([wav, face]) => (await import('/helpers.js')).beside(wav, face)"
    lags = []
    while len(lags) < 5 and sum(one < LATEST for one in lags) < 2:  # other work adds to the lag: two of five count
        found = page.evaluate(code, [tone(opened, fps), shown])
        lags.append(abs(lag(np.array(found["heard"]), np.array(found["seen"]))))
        print(f"mouth off the sound: {lags[-1]} ms, {len(found['seen'])} pictures")
    assert sum(one < LATEST for one in lags) == 2


def lag(heard: np.ndarray, seen: np.ndarray) -> int:
    """Return by how many milliseconds the second row of `(time, value)` follows the first, where they agree most."""
    clock = np.arange(max(heard[0, 0], seen[0, 0]), min(heard[-1, 0], seen[-1, 0]))
    sound, mouth = (
        on[np.searchsorted(row[:, 0], clock, "right") - 1]
        for row, on in ((heard, heard[:, 1] > 0.1), (seen, seen[:, 1] > 20))
    )
    agree = {n: np.mean(sound[300:-300] == mouth[300 + n : len(mouth) - 300 + n]) for n in range(-300, 300)}
    return max(agree, key=agree.__getitem__)


def tone(opened: list[float], fps: int, rate: int = 24_000) -> str:
    """Return a wav in base64 that sounds where the mouth is open."""
    gate = np.repeat(np.array(opened) > 0, rate // fps)
    samples = 0.5 * gate * np.sin(2 * np.pi * 440 * np.arange(len(gate)) / rate)
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return base64.b64encode(data.getvalue()).decode()


def test_a_face_is_asked_for_and_speaks(server: Server, drawing: Browser) -> None:
    ann = Person(drawing, server.url, locale="en-US", viewport={"width": 1280, "height": 1200})
    ann.page.get_by_role("link", name="Hear", exact=True).click()
    ann.sees("Let a voice speak")
    ann.page.get_by_label("Show a face that speaks").check()
    ann.page.get_by_label("Text", exact=True).fill("Bob, may papa help me?")
    ann.presses("Speak")
    head = ann.page.get_by_role("img", name="A drawn head speaks as Ana, made by AI")
    expect(head).to_be_visible(timeout=DONE)
    expect(ann.page.locator("figure.face")).to_have_attribute("aria-busy", "false", timeout=DONE)
    expect(ann.page.get_by_text("Made by AI: a drawn head and a synthetic voice")).to_be_visible()
    wait_for(lambda: ann.page.evaluate("document.querySelector('article audio').ended"))
    ann.sees("Let a voice speak")
    ann.leaves()

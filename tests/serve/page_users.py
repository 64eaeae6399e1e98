"""Who uses the page: by what it shows, with a mouse or with keys alone."""

from chromium import Watched
from playwright.sync_api import Browser, Locator, expect

expect.set_options(timeout=30_000)  # ms; a busy machine
RECORDED = 4.0  # seconds
DONE = 180_000  # ms in which a voice is made on a busy machine
MOST_TABS = 80  # to reach anything of a page


class Person:
    """Who uses the page: goes by what it shows, and looks for barriers at each of its headings."""

    def __init__(self, browser: Browser, url: str, **options: object) -> None:
        self.watched = Watched(browser, url, **options)
        self.page, self.barriers = self.watched.page, []

    def sees(self, heading: str, level: int = 1) -> None:
        expect(self.page.get_by_role("heading", name=heading, level=level, exact=True)).to_be_visible()
        self.barriers += [f"{heading}: {one}" for one in self.watched.barriers()]

    def follows(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def presses(self, name: str) -> None:
        self.follows("button", name)

    def records(self, start: str, stop: str) -> None:
        self.presses(start)
        expect(self.page.get_by_role("button", name=stop, exact=True)).to_be_visible()
        self.page.wait_for_timeout(1000 * RECORDED)
        self.presses(stop)

    def deletes(self, name: str, voices: str, delete: str, opens: str, sure: str) -> None:
        """Go to the voices and take one away, after the question whether that is meant."""
        self.follows("link", voices)
        self.sees(voices)
        self.presses(f"{delete} {name}")
        self.sees(f"{delete} {name}{'?' if delete.isascii() else '？'}", level=2)
        self.presses(opens)
        self.presses(sure)
        expect(self.page.get_by_role("heading", name=name, exact=True)).to_have_count(0)

    def leaves(self) -> None:
        self.page.close()
        assert (self.watched.complaints, self.watched.outside, self.barriers) == ([], [], [])


class Typist(Person):
    """A person without a mouse: what the Tab key does not reach is not there."""

    def reaches(self, wanted: Locator) -> None:
        expect(wanted).to_be_enabled()
        for _ in range(MOST_TABS):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} tabs do not reach {wanted}")

    def follows(self, role: str, name: str) -> None:
        self.reaches(self.page.get_by_role(role, name=name, exact=True))
        self.page.keyboard.press("Enter")

    def writes(self, label: str, text: str) -> None:
        self.reaches(self.page.get_by_label(label, exact=True))
        self.page.keyboard.insert_text(text)

    def checks(self, label: str) -> None:
        self.reaches(self.page.get_by_role("checkbox", name=label))
        self.page.keyboard.press("Space")

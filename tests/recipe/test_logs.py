"""Messages on the terminal: while a recipe runs, and no longer."""

import contextlib
import io
import logging

from myna.cli import main
from myna.recipe.compose import project_root


def test_a_recipe_leaves_no_handler_on_the_stream_of_its_caller() -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    with contextlib.redirect_stderr(io.StringIO()) as first:
        assert main(["recipe", "mini_voices", "--root", str(project_root()), "--overrides", "parallel.env=moon"]) == 2
    assert "moon" in first.getvalue()
    first.close()
    assert root.handlers == before and root.level == level
    with contextlib.redirect_stderr(io.StringIO()) as second:
        logging.getLogger("myna.audio.load").warning("a file that is no recording")
    assert "Logging error" not in second.getvalue()

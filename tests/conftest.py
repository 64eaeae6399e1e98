"""What every test needs: a state folder of its own, so that a person's keys and logs stay untouched."""

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of the machine's other work than of the code; whole tests have a time limit.
settings.register_profile("myna", deadline=None)
settings.load_profile("myna")


# Files that take minutes: first, so that no worker sits idle while another is at the last of them.
LONGEST = (
    *("recipes/test_end_to_end.py", "recipes/test_base.py", "recipes/test_members_page.py", "espnet/test_vits.py"),
    *("corpora/test_custom.py", "serve/test_speech_api.py", "audio/test_feature_stage.py", "nemo/test_vocoder.py"),
    *("deploy/test_export.py", "deploy/test_web.py", "install/test_light.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files before the others."""
    rank = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(autouse=True, scope="session")
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory):
    """Point MYNA_STATE_DIR at a temporary folder for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield

"""What every test needs: a state folder of its own, so that a person's keys and logs stay untouched."""

import pytest
from hypothesis import settings

# How long an example takes says more of the machine's other work than of the code; whole tests have a time limit.
settings.register_profile("myna", deadline=None)
settings.load_profile("myna")


@pytest.fixture(autouse=True, scope="session")
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory):
    """Point MYNA_STATE_DIR at a temporary folder for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield

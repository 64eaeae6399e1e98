"""What every test needs: a state folder of its own, so that a person's keys and logs stay untouched."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory):
    """Point MYNA_STATE_DIR at a temporary folder for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYNA_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield

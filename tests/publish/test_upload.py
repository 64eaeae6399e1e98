"""Upload: only by name, only with consent, every file; and back by name, with the same bytes. On both hubs."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_packs import WEIGHTS, hashes, own_hub_state, settings_for, with_upload
from local_hub import COMMIT, REPO, Hub, HuggingFace, ModelScope
from run_stage import run_stage

from myna.cli import main
from myna.deploy.graph_parts import SUFFIXES
from myna.errors import MynaError
from myna.publish import hubs, upload
from myna.settings.recipe import Settings

KINDS = {"hf": HuggingFace, "ms": ModelScope}


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_hub_state(tmp_path, monkeypatch)


@pytest.fixture(params=["hf", "ms"])
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    server = Hub(KINDS[request.param])
    server.name = request.param  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


def settings_of(hub: Hub, folder: Path, scope: str = "publish") -> Settings:
    """The settings of an upload to a hub."""
    return settings_for(folder, scope, hub=hub.name, repo=REPO, endpoint=hub.address)  # type: ignore[attr-defined]


def address(hub: Hub, revision: str | None = None) -> hubs.Address:
    return hubs.Address(hub.name, REPO, revision)  # type: ignore[attr-defined]


def test_without_a_name_nothing_is_uploaded(tmp_path: Path) -> None:
    run_stage(upload.run, settings_for(tmp_path, "publish"))
    record = json.loads((tmp_path / "exp/upload.json").read_text())
    assert record == {"uploaded": False, "reason": "no repository is named (upload.repo)"}


def test_the_note_says_that_a_name_would_not_help(tmp_path: Path) -> None:
    run_stage(upload.run, settings_for(tmp_path, "evaluation"))
    assert "covers 'evaluation' only" in json.loads((tmp_path / "exp/upload.json").read_text())["reason"]


@pytest.mark.parametrize("scope", ["evaluation", "private"])
def test_a_voice_without_consent_to_publish_is_refused(scope: str, tmp_path: Path, hub: Hub) -> None:
    with pytest.raises(MynaError, match=f"consent of Ana covers '{scope}' only"):
        run_stage(upload.run, settings_of(hub, tmp_path, scope))
    assert not hub.created
    assert not (tmp_path / "exp/upload.json").exists()


def test_a_consent_that_was_edited_is_refused(tmp_path: Path, hub: Hub) -> None:
    settings = settings_of(hub, tmp_path, "evaluation")
    path = tmp_path / "exp/pack/voice/consent.yaml"
    path.write_text(path.read_text().replace("scope: evaluation", "scope: publish"))
    with pytest.raises(MynaError, match="changed after the voice was sealed"):
        run_stage(upload.run, settings)
    assert not hub.created


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("# Ana\n", "no header"),
        ("---\ntags: [synthetic-speech]\n---\n", "names no license"),
        ("---\nlicense: cc0-1.0\n---\n", "lacks the tag synthetic-speech"),
    ],
)
def test_a_card_without_its_marks_is_refused(card: str, why: str, tmp_path: Path, hub: Hub) -> None:
    settings = settings_of(hub, tmp_path)
    (tmp_path / "exp/pack/README.md").write_text(card)
    with pytest.raises(MynaError, match=why):
        run_stage(upload.run, settings)
    assert not hub.created


def test_every_file_arrives_and_comes_back_by_name(
    tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    """Regular and large files, private; a pinned voice that is there is not asked for again."""
    run_stage(upload.run, settings_of(hub, tmp_path))
    pack = tmp_path / "exp/pack"
    made = hub.created[0]
    assert made.get("visibility") == "private" or made.get("Visibility") == 1
    assert hub.sent == [hashlib.sha256(WEIGHTS).hexdigest()]
    assert {path: hashlib.sha256(data).hexdigest() for path, data in hub.files.items()} == hashes(pack)
    record = json.loads((tmp_path / "exp/upload.json").read_text())
    assert record["voice"] == str(address(hub, COMMIT)) and record["pack_id"]
    folder = hubs.fetch(address(hub), hub.address)
    assert hashes(folder / "voice") == hashes(pack / "voice") and not (folder / "README.md").exists()
    assert "write that to pin it" in capsys.readouterr().err
    assert hubs.fetch(address(hub, COMMIT), hub.address).is_dir()
    hub.refuse = 500
    assert hashes(hubs.fetch(address(hub, COMMIT), hub.address) / "voice") == hashes(pack / "voice")


def test_broken_transfers_are_gone_on_with(tmp_path: Path, hub: Hub) -> None:
    """A transfer that breaks once is made up for by the client; one that breaks for good by the next command."""
    settings = settings_of(hub, tmp_path)
    hub.cut = 1
    run_stage(upload.run, settings)
    assert len(hub.sent) == 1
    hub.files.clear()
    run_stage(upload.run, settings)
    assert len(hub.sent) == 1  # what had arrived was not sent again
    hub.cut = 1
    assert hashes(hubs.fetch(address(hub), hub.address) / "voice") == hashes(tmp_path / "exp/pack/voice")
    assert hub.cut == 0


def test_a_wrong_token_and_a_refusing_hub_are_named(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(hub, tmp_path)
    hub.refuse = 403
    with pytest.raises(MynaError, match=r"refused me/ana.*log in with a token"):
        run_stage(upload.run, settings)
    hub.refuse = 0
    for name in ("HF_TOKEN", "MODELSCOPE_API_TOKEN"):
        monkeypatch.setenv(name, "hub_wrong")
    with pytest.raises(MynaError, match=r"refused me/ana.*log in with a token"):
        run_stage(upload.run, settings)
    with pytest.raises(MynaError, match="log in"):
        hubs.fetch(address(hub, "v1"), hub.address)
    assert not hub.files


@pytest.mark.parametrize("name", ["voice/../../../../x.json", "/etc/x.json", "voice/a\nb.json"])
def test_a_hub_cannot_write_elsewhere(name: str, tmp_path: Path, hub: Hub) -> None:
    run_stage(upload.run, settings_of(hub, tmp_path))
    hub.files[name] = b"{}"
    if name.startswith("/"):
        hub.files = {path: data for path, data in hub.files.items() if not path.startswith("voice/")}
    with pytest.raises(MynaError, match="do not use it"):
        hubs.fetch(address(hub), hub.address)
    assert not (tmp_path / "cache").exists()


def test_programs_do_not_come_along_and_what_has_no_seal_is_refused(tmp_path: Path, hub: Hub) -> None:
    run_stage(upload.run, settings_of(hub, tmp_path))
    hub.files["voice/run.py"] = b"raise SystemExit"
    hub.files |= {f"voice/text{suffix}": b"graph" for suffix in SUFFIXES.values()}  # of every runtime
    folder = hubs.fetch(address(hub), hub.address)
    assert not list(folder.rglob("*.py"))
    assert {path.suffix for path in folder.rglob("text.*")} == {*SUFFIXES.values()}
    del hub.files["voice/seal.json"]
    with pytest.raises(MynaError, match="no sealed voice"):
        hubs.fetch(address(hub), hub.address)


def test_an_absent_hub_and_a_bad_name_are_named(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "publish", repo=REPO, endpoint="http://127.0.0.1:9")
    with pytest.raises(MynaError, match="cannot be reached"):
        run_stage(upload.run, settings)
    settings = with_upload(tmp_path, repo="not a name", endpoint="http://127.0.0.1:9")
    with pytest.raises(MynaError, match="not a name like owner/voice"):
        run_stage(upload.run, settings)


def test_a_missing_pack_names_its_stage(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "publish", repo=REPO)
    (tmp_path / "exp/pack/README.md").unlink()
    with pytest.raises(MynaError, match="run stage 7"):
        run_stage(upload.run, settings)


def test_myna_say_asks_the_seal_of_what_came(tmp_path: Path, hub: Hub) -> None:
    """Weights that were changed on the hub are refused before anything of them is read."""
    run_stage(upload.run, settings_of(hub, tmp_path))
    hub.files["voice/voice.yaml"] = b"name: !!python/object/apply:os.system ['false']\n"
    command = [
        sys.executable,
        "-m",
        "myna.cli",
        "say",
        "Hello.",
        "--voice",
        str(address(hub)),
        "-o",
        str(tmp_path / "x.wav"),
    ]
    said = subprocess.run(
        command,
        env={**os.environ, "HF_ENDPOINT": hub.address, "MODELSCOPE_ENDPOINT": hub.address},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "seal" in said.stderr.splitlines()[-1] and "Traceback" not in said.stderr
    assert not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize(
    "text", ["hf:", "hf:ana", "ms:a/b/c", "hf:a/../b", "hf:me/ana@", "ms:me/ana@../x", "hf:me/ana@-x"]
)
def test_what_is_no_address_is_told(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "Hello.", "--voice", text, "-o", "x.wav"]) == 2
    assert "write hf:owner/name" in capsys.readouterr().err
    assert hubs.address_of("exp/clone/voice") is None

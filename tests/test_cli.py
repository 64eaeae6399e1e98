"""The command line: quick help, clear errors, exit statuses."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from myna import cli
from myna.commands import doctor
from myna.errors import MynaError

ROOT = Path(__file__).resolve().parents[1]


def run_sh(*args: str, script: str = "run.sh") -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MYNA_CMD"}
    return subprocess.run([str(ROOT / script), *args], capture_output=True, text=True, timeout=120, env=environment)


def test_help_of_run_sh_lists_stages_at_once():
    begin = time.monotonic()
    done = run_sh("--help")
    print(f"run.sh --help: {time.monotonic() - begin:.3f} s")
    assert done.returncode == 0
    assert all(f"\n  {number}  " in done.stdout for number in range(8))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--stage", "8"], "unknown stage '8'; stages are 0 to 7"),
        (["--stage", "two"], "unknown stage 'two'"),
        (["--stage", "5", "--stop_stage", "3"], "--stage 5 comes after --stop_stage 3"),
        (["--stage"], "--stage needs a value"),
        (["--recipe", "nothing"], "unknown recipe 'nothing'; choose one of: "),
        (["--recipe", "../recipes/mini_voices"], "unknown recipe"),
        (["--fast"], "unknown option --fast"),
        (["tts=vits"], "Hydra overrides come after --"),
        (["--target", "/nowhere/at all"], "no folder /nowhere/at all"),
        (["--target=/tmp"], "add --recipe custom"),
        (["--conf-dir", "/nowhere/at all"], "--conf-dir: no folder /nowhere/at all"),
        (["--stage", "2", "--compare"], "--compare runs stages 0 and 1 itself"),
        (["--compare", "--target=/tmp"], "add --recipe custom"),
    ],
)
def test_bad_options_of_run_sh(args: list[str], message: str):
    done = run_sh(*args)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_folder_of_ones_own_reaches_the_configuration(tmp_path: Path):
    (tmp_path / "a b" / "encoder").mkdir(parents=True)
    (tmp_path / "a b" / "encoder" / "of_my_own.yaml").write_text("name: of_my_own\n")
    done = run_sh("--stage", "2", "--stop_stage", "2", "--conf-dir", str(tmp_path / "a b"), "--", "encoder=nothing")
    assert done.returncode == 2
    assert "no configuration 'encoder/nothing'" in done.stderr
    assert ", of_my_own," in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--compare", "text"], "--compare text: there is no such group; choose from encoder, tts, vocoder"),
        (["--compare=encoder", "--", "compare.members=[nobody]"], "compare.members names 'nobody'; there is cnn, "),
        (["--compare", "--", "compare.clock=sun"], "compare.clock=sun: one of processor, wall fits"),
        (["--compare", "--", "seeed=1"], "override 'seeed': there is no such key"),
    ],
)
def test_a_wrong_comparison_is_refused_before_anything_runs(args: list[str], message: str):
    done = run_sh(*args)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_unknown_override_is_one_line():
    done = run_sh("--stage", "0", "--stop_stage", "0", "--", "seeed=1")
    assert done.returncode == 2
    assert "override 'seeed': there is no such key" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("script", sorted(path.relative_to(ROOT) for path in ROOT.glob("recipes/*/run.sh")), ids=str)
def test_run_sh_of_each_recipe_hands_over(script: Path):
    done = run_sh("--help", script=str(script))
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ./run.sh")


def test_usage(capsys):
    assert cli.main(["--help"]) == 0
    written = capsys.readouterr().out
    assert all(f"\n  {name} " in written for name in cli.COMMANDS)
    assert cli.main([]) == 2


def test_unknown_command(capsys):
    assert cli.main(["sing"]) == 2
    assert (
        "unknown command 'sing'; choose one of: recipe, clone, inspect, listen, serve, say" in capsys.readouterr().err
    )


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([name, "--help"])
    assert left.value.code == 0
    assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (MynaError("a.wav: empty; record it again"), 2, "myna: a.wav: empty; record it again"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/x.npz"),
            2,
            "the disk is full while writing /tmp/x.npz",
        ),
        (RuntimeError("[enforce fail] PytorchStreamWriter failed writing file data/3"), 2, "the disk is full;"),
    ],
)
def test_errors_become_one_line(error: BaseException, status: int, message: str, monkeypatch, capsys):
    def fail(argv):
        raise error

    monkeypatch.setattr(doctor, "main", fail)
    assert cli.main(["doctor"]) == status
    written = capsys.readouterr().err
    assert message in written
    assert written.count("\n") == 1


def test_other_errors_keep_their_traceback(monkeypatch):
    def fail(argv):
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr(doctor, "main", fail)
    with pytest.raises(RuntimeError, match="our own"):
        cli.main(["doctor"])


def test_help_imports_no_toolkit():
    code = (
        "import sys\nfrom myna.cli import main\nmain(['--help'])\n"
        "heavy = {'torch', 'numpy', 'espnet2', 'espnet3', 'nemo', 'hydra'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.rstrip().endswith("heavy: []")


def test_doctor_tells_of_missing_tools(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: None)
    checks = {check.what: check for check in doctor.tool_checks()}
    assert checks["sox"].state == "missing"
    assert "apt-get install -y sox" in checks["sox"].remedy
    assert doctor.voices_check().state == "missing"
    assert "none" in doctor.gpu_check().found


def test_doctor_compares_versions(tmp_path: Path):
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("pytest==0.0.1\nno-such-package-here==1.0\nnor-this==2  # in the group onnx alone\n")
    states = {check.what: check.state for check in doctor.package_checks(constraints)}
    assert states == {"pytest": "note", "no-such-package-here": "missing", "packages": "ok"}


def test_doctor_finds_what_set_up_installs():
    """A pin that set-up does not install was told as missing to everybody."""
    absent = [check.what for check in doctor.package_checks(ROOT / "constraints.txt") if check.state == "missing"]
    assert absent == []


def test_doctor_prints_a_table_and_its_status(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "all_checks", lambda root: [doctor.Check("sox", "not found", "missing", "install it")])
    assert doctor.main([]) == 1
    assert "missing  sox  not found  install it" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "all_checks", lambda root: [doctor.python_check(), doctor.disk_check(ROOT)])
    assert doctor.main([]) in (0, 1)
    assert "python" in capsys.readouterr().out

"""How much memory `myna say` and `myna verify` take at their peak, over the length of the sound.

    python benchmarks/memory.py --minutes 1 5 15 --suffix wav

A voice with random weights babbles; each command runs in a process of its own, whose peak is what the system says of it
(`ru_maxrss`). The rows go to standard output, for docs/safety.md.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SENTENCE = "The old man walked along the river and looked at the boats that came down from the hills. "
SENTENCES_A_MINUTE = 11.3  # of that voice
_VOICE = """
import pathlib, sys
sys.path[:0] = sys.argv[2:]
from toy_voice import write_voice
write_voice(pathlib.Path(sys.argv[1]))
"""


def peak(command: list[str], given: str = "") -> tuple[float, str]:
    """Run a command; returns its peak in MB and what it printed.

    Raises:
        SystemExit: It failed.
    """
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(given)
    child.stdin.close()
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024, said


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0, 15.0])
    parser.add_argument("--suffix", default="wav")
    parser.add_argument("--watermark", default="spread", choices=("spread", "perth"))
    arguments = parser.parse_args()
    print("| sound | `myna say`, MB | `myna verify`, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MYNA_STATE_DIR": f"{folder}/state", "MYNA_WATERMARK": arguments.watermark}
        tests = [str(ROOT / "tests" / name) for name in ("safety", "serve")]
        subprocess.run([sys.executable, "-c", _VOICE, f"{folder}/voice", *tests], check=True)
        out, myna = f"{folder}/out.{arguments.suffix}", [sys.executable, "-m", "myna.cli"]
        for minutes in arguments.minutes:
            text = SENTENCE * max(1, round(SENTENCES_A_MINUTE * minutes))
            said, told = peak([*myna, "say", "-", "--voice", f"{folder}/voice", "-o", out], text)
            seen, _ = peak([*myna, "verify", out])
            seconds = re.search(r": ([\d.]+) s,", told)
            assert seconds is not None
            print(f"| {seconds[1]} s, {arguments.suffix} | {said:.0f} | {seen:.0f} |", flush=True)


if __name__ == "__main__":
    main()

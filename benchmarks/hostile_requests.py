"""Ask a real `myna serve` wrongly and with ill will, and count by kind.

    python benchmarks/hostile_requests.py                    # all, some five minutes
    python benchmarks/hostile_requests.py --only "no HTTP"   # kinds that begin so

A fault is an answer that is not one error of status 400 to 499 in the one form, anything that is kept of a request that
was refused, a traceback in the server's log, or a server that does not answer afterwards. What is small and unfolds is
given to `/v1/inspect`, which looks at it in a process of its own. Prints a
table for docs/serve.md; the status is 1 for any fault.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/serve")]


def tries(only: str) -> int:
    """Carry out every request of kinds that begin so; returns how many went wrong."""
    from hostile_requests import bombs, quick, slow
    from http_server import Server
    from toy_voice import write_voice

    asked = [each for each in (*quick(), *bombs()) if each.kind.startswith(only)]
    stopping = [each for each in slow() if each.kind.startswith(only)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MYNA_STATE_DIR"] = f"{folder}/state"
        write_voice(Path(folder, "voices", "Ana"))
        server = Server(Path(folder), "--no-scores", "--rate", "60000").start()
        faults = {id(each): found for each in asked if (found := _fault(each, server))}
        with ThreadPoolExecutor(len(stopping) or 1) as pool:
            found = pool.map(lambda each: each.fault(server), stopping)
            faults |= {id(each): fault for each, fault in zip(stopping, found, strict=True) if fault}
        whole = server.speech().status_code == 200
        log = server.log()
        server.stop()
    everything = [*asked, *stopping]
    for each in everything:
        if id(each) in faults:
            print(f"FAULT {each.kind} | {each.name} | {faults[id(each)]}", file=sys.stderr)
    if "Traceback" in log or not whole:
        print(f"FAULT the server: {'a traceback' if whole else 'no speech'} at the end\n{log}", file=sys.stderr)
    _table(Counter(each.kind for each in everything), Counter(each.kind for each in everything if id(each) in faults))
    return len(faults) + ("Traceback" in log) + (not whole)


def _fault(each, server) -> str:
    from hostile_requests import kept

    before = kept(server)
    fault = each.fault(server)
    return fault or ("" if kept(server) == before else "something of it was kept")


def _table(counts: Counter, wrong: Counter) -> None:
    print("| kind | requests | not one clear error |\n|---|---|---|")
    for kind, count in counts.items():
        print(f"| {kind} | {count} | {wrong[kind]} |")
    print(f"| together | {counts.total()} | {wrong.total()} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="KIND", help="kinds that begin so")
    sys.exit(int(tries(parser.parse_args().only) > 0))

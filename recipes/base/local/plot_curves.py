"""Draw the losses of the trainings against their steps.

    python recipes/base/local/plot_curves.py recipes/base/curves docs/base.png

Reads `vits_mel.jsonl` and `vocoder.jsonl`, as the trainings write them.
"""

import argparse
import json
from pathlib import Path

import matplotlib

SHOWN = {"vits_mel": ("mean", "pitch", "voicing", "lent", "unclear"), "vocoder": ("mel", "spectrum", "features")}


def main() -> None:
    """Draw one panel a training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("curves", type=Path)
    parser.add_argument("picture", type=Path)
    args = parser.parse_args()
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(SHOWN), figsize=(10, 3.2))
    for axis, (name, losses) in zip(axes, SHOWN.items(), strict=True):
        lines = [json.loads(line) for line in (args.curves / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
        lines = list({line["step"]: line for line in lines}.values())  # a piece that was cut repeats some steps
        for loss in losses:
            points = sorted((line["step"], line[loss]) for line in lines if loss in line)
            axis.plot([step for step, _ in points], [value for _, value in points], label=loss)
        axis.set_title(name)
        axis.set_xlabel("steps")
        axis.set_ylim(bottom=0)
        axis.legend(frameon=False, ncols=5, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    figure.tight_layout()
    figure.savefig(args.picture, dpi=110)


if __name__ == "__main__":
    main()

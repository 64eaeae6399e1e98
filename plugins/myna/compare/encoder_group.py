"""Speaker encoders beside each other: trained on the same speakers, tried on people that none of them has heard."""

from pathlib import Path

from myna.compare import encoders
from myna.compare.group import Group
from myna.compare.kept import Row
from myna.compare.members import Member
from myna.settings.group import replaced
from myna.settings.recipe import Settings


class EncoderGroup(Group):
    """See `Group`."""

    name = "encoder"

    def references(self) -> list[Row]:
        """Return none: the error rate has its floor at one half and its ceiling at nought."""
        return []

    def measure(self, member: Member, settings: Settings, folder: Path) -> Row:
        """Train an encoder and try it on pairs of recordings."""
        settings = replaced(settings, {"encoder.leave_out": self.options.hold_out})
        found = encoders.measure(settings, self.seconds(member), self.options.max_steps)
        seconds, pair = found["training_seconds"], found["confused"]
        row: Row = {
            "origin": "pretrained" if seconds is None else "trained",
            "training": {} if seconds is None else {"steps": found["steps"], "seconds": seconds},
            "parameters": found["parameters"],
            "mb": found["mb"],
            "rtf": round(found["embedding_seconds_per_hour"] / 3600, 5),
        }
        for kind, suffix in (("unseen", ""), ("seen", "_seen")):
            if kind in found:
                row |= {f"eer{suffix}": found[kind]["eer"], f"min_dcf{suffix}": found[kind]["min_dcf"]}
        title = f"{' + '.join(pair['speakers'])}, {pair['cosine']:.2f}" if pair else ""
        samples = [{"id": "pair", "text": title, "recordings": pair["recordings"]}] if pair else []
        return row | {"samples": samples}

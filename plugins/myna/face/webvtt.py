"""Visemes as a WebVTT metadata track: `<track kind="metadata">` tells a page of each, in step with a sound."""

import json

from myna.face.face import NOTICE, Face


def vtt(face: Face) -> str:
    """Return the track; each cue holds the name of a viseme, and the note at the top that a machine made it."""
    note = json.dumps(face.label, separators=(",", ":"))
    blocks = ["WEBVTT", f"NOTE {NOTICE}", f"NOTE AIGC {note}"]
    for cue in face.cues:
        start, end = round(cue.start * 1000), round(cue.end * 1000)
        if end > start:
            blocks.append(f"{_clock(start)} --> {_clock(end)}\n{cue.viseme}")
    return "\n\n".join(blocks) + "\n"


def _clock(milliseconds: int) -> str:
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"

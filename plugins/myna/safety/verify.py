"""What can be told of a file: its label's signature and fields, cue, watermark, C2PA, and what the log says of it.

Each is judged for itself, and the file is as good as the worst of them.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from myna.errors import MynaError
from myna.safety import aigc, audit, c2pa, channel_marks, cue, encode, trust
from myna.safety.audit import Entry
from myna.safety.channel_marks import MIX
from myna.safety.sound import Audio
from myna.safety.watermark import NAMES, available, load_watermark
from myna.safety.watermark import score as watermark_score

# Exit statuses of `myna verify`; 2 is kept for errors.
LABELLED, INCOMPLETE, NOTHING = 0, 1, 3
State = Literal["ok", "problem", "none"]
Verdict = tuple[State, str]


class Check(BaseModel):
    """One of the things that are looked at.

    Attributes:
        name: `signature`, `fields`, `watermark`, `log`, `cue` or `C2PA`.
        state: `ok`; `problem`; or `none`, where there is nothing to compare.
        says: In words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    state: State
    says: str


class Finding(BaseModel):
    """What was found in a file.

    Attributes:
        file: The file.
        seconds: Its length.
        aigc: The AIGC label, or none.
        label_signature: `this site`, `trusted site`, `unknown site`, `stream`, `broken`, or `none`.
        cue: Start and end in seconds of each rhythm label.
        watermarks: Score of each detector that is installed, 0 to 1.
        watermark_found: Names of the watermarks that were found.
        c2pa: Title of the C2PA manifest, or none.
        c2pa_state: What the C2PA reader says of it.
        made_here: The entry of this machine's log, or none.
        unchanged: Whether the coded audio is the one in the log; none when the file is not in the log.
        tracks: Audio tracks of the file.
        channels: Score of each detector in each channel that is heard, by its number from 1, and in their `mix`; empty
            for a sound of one channel.
        checks: Signature, fields, watermark, log, cue and C2PA, each judged for itself.
        problems: What does not fit, in words: those of the checks.
    """

    model_config = ConfigDict(extra="forbid")
    file: str
    seconds: float
    aigc: aigc.Label | None
    label_signature: str
    cue: list[tuple[float, float]]
    watermarks: dict[str, float]
    watermark_found: list[str]
    c2pa: str | None
    c2pa_state: str
    made_here: Entry | None
    unchanged: bool | None
    tracks: int = 1
    channels: dict[str, dict[str, float]] = {}
    checks: list[Check] = []
    problems: list[str] = []

    @property
    def status(self) -> int:
        """0: every check is in order; 1: one of them is not; 3: no sign of synthesis."""
        signs = (self.aigc, self.watermark_found, self.cue, self.made_here, self.label_signature == "unreadable")
        if not any(signs):
            return NOTHING
        return INCOMPLETE if self.problems else LABELLED


def verify(path: Path) -> Finding:
    """Look for everything that a release leaves in a file.

    Raises:
        MynaError: The file is missing, is no sound, or the log of this machine was edited.
    """
    if not path.is_file():
        raise MynaError(f"{path}: no such file; give the path of a sound")
    sound, content = encode.decode(path), encode.essence(path)
    found = _labels(path)
    label = aigc.parse(found[0]) if found else None
    spans, channels = _looked_at(path, sound)
    scores = {name: round(channels[name][MIX] if channels else _score(sound, spans, name), 4) for name in available()}
    manifest = c2pa.read(path.read_bytes(), path.suffix.lower())
    entry = _entry(label, content)
    finding = Finding(
        file=str(path),
        seconds=round(len(sound.wave) / sound.sample_rate, 3),
        aigc=label,
        label_signature="unreadable" if found and label is None else _signature(label, content, entry),
        cue=spans,
        watermarks=scores,
        watermark_found=[
            name
            for name in scores
            if any(found_in(name, score) for score in (scores[name], *channels.get(name, {}).values()))
        ],
        c2pa=manifest.get("title", "") if manifest else None,
        c2pa_state=manifest["validation_state"] if manifest else "",
        made_here=entry,
        unchanged=None if entry is None else entry.essence == content,
        tracks=encode.tracks(path),
        channels=channels,
    )
    verdicts = {
        "signature": judge_signature(finding),
        "fields": judge_fields(finding, found),
        "watermark": judge_watermark(finding),
        "log": judge_log(finding),
        "cue": judge_cue(finding),
        "C2PA": judge_manifest(finding),
    }
    checks = [Check(name=name, state=state, says=says) for name, (state, says) in verdicts.items()]
    problems = [check.says for check in checks if check.state == "problem"]
    return finding.model_copy(update={"checks": checks, "problems": problems})


def _looked_at(path: Path, sound: Audio) -> tuple[list[tuple[float, float]], dict[str, dict[str, float]]]:
    """Return the audible labels, and the scores of each channel where there are several."""
    if encode.channels(path) == 1:
        return cue.find(sound), {}
    apart = encode.decode_channels(path)
    # The mix has the label of both ears; one that is in a single channel of many is too soft there.
    spans = cue.find(sound) or cue.find(Audio(apart.wave[0], apart.sample_rate))
    found = {name: channel_marks.scores(apart, spans, name) for name in available()}
    return spans, {name: {part: round(score, 4) for part, score in parts.items()} for name, parts in found.items()}


def found_in(name: str, score: float) -> bool:
    """Tell whether a score says that the watermark of this name is there."""
    return score >= load_watermark(name).threshold


def describe(finding: Finding) -> str:
    """Write a finding for people, a line each."""
    label, entry = finding.aigc, finding.made_here
    cues = ", ".join(f"{start:.2f}-{end:.2f} s" for start, end in finding.cue) or "no rhythm label"
    scores = {name: f"{score:.2f}" for name, score in finding.watermarks.items()}
    marks = ", ".join(f"{name} {scores.get(name, 'not looked for, since torch is not installed')}" for name in NAMES)
    lines = [
        f"{finding.file} ({finding.seconds:.1f} s)",
        f"  AIGC label  {label.to_json() if label else 'none'}",
        f"  cue         {cues}",
        f"  watermarks  {marks}",
        f"  C2PA        {'none' if finding.c2pa is None else f'{finding.c2pa} ({finding.c2pa_state})'}",
        f"  made here   {_made(entry)}",
    ]
    lines += [f"  {check.state:7s}     {check.name}: {check.says}" for check in finding.checks]
    verdicts = {
        LABELLED: "synthetic, labels in order",
        INCOMPLETE: "synthetic, labels incomplete or altered",
        NOTHING: "no sign of synthesis was found (which proves nothing)",
    }
    return "\n".join([*lines, f"  verdict     {verdicts[finding.status]}"])


def _made(entry: Entry | None) -> str:
    if entry is None:
        return "not in the log of this machine"
    return (
        f"{entry.time}, voice {entry.voice}, pack {entry.pack_id[:12] or '-'}, asked by {entry.requester} "
        f"for {entry.purpose}, cue {entry.cue}, log entry {entry.number}"
    )


def _labels(path: Path) -> list[str]:
    """Return the different values that the file's readers find under the key."""
    found = aigc.values(path) if path.suffix.lower() in encode.FORMATS else []
    seen = encode.container_tags(path).get(aigc.KEY)
    return list(dict.fromkeys([*found, *([seen] if seen else [])]))


def _score(sound: Audio, spans: list[tuple[float, float]], name: str) -> float:
    speech = cue.cut(sound, spans)
    return watermark_score(speech if len(speech.wave) else sound, name)


def _signature(label: aigc.Label | None, content: str, entry: Entry | None) -> str:
    if label is None or not label.ReservedCode1.startswith(aigc.PREFIX):
        return "none"
    public = aigc.signer(label, content)
    if public is None:
        public = aigc.signer(label, aigc.STREAM)
        # What the label of a stream cannot hold, the sound itself, stands in the log of its site.
        if public is not None and (entry is None or entry.essence != content or entry.content_id != label.ProduceID):
            return "stream"
    if public is None:
        return "broken"
    if public == trust.site_public():
        return "this site"
    return "trusted site" if trust.is_trusted(public) else "unknown site"


def _entry(label: aigc.Label | None, content: str) -> Entry | None:
    audit.check_chain()
    by_label = audit.find(content_id=label.ProduceID) if label and label.ProduceID else None
    if by_label is not None and by_label.essence == content:
        return by_label  # the same sound may have been released more than once, each time under its own id
    return audit.find(essence=content) or by_label


_SIGNATURES: dict[str, Verdict] = {
    "this site": ("ok", "by this site, over the label and the sound"),
    "trusted site": ("ok", "by a site that is trusted here, over the label and the sound"),
    "unknown site": ("problem", "the signature fits, but is by a site that is not trusted here"),
    "stream": (
        "problem",
        "the signature is that of a stream, made before its sound: only the log of its site can tell whether they fit",
    ),
    "broken": (
        "problem",
        "the signature in the AIGC label does not fit: the label or the sound was altered",
    ),
    "unreadable": ("problem", "the AIGC label cannot be read"),
}


def judge_signature(finding: Finding) -> Verdict:
    """Judge who signed the label."""
    if finding.aigc is None and finding.label_signature != "unreadable":
        return "problem", "the AIGC label is missing"
    if finding.tracks > 1:
        return "problem", f"the file has {finding.tracks} audio tracks, and a label covers the first alone"
    state, says = _SIGNATURES.get(finding.label_signature, ("problem", "the AIGC label carries no signature"))
    if finding.label_signature == "unknown site" and finding.aigc is not None:
        says += f"; if you know it, run `myna consent trust {aigc.public_key(finding.aigc)}`"
    return state, says


def judge_fields(finding: Finding, found: list[str]) -> Verdict:
    """Judge the seven fields of the label against what Myna writes and what the log says."""
    label, entry = finding.aigc, finding.made_here
    if label is None:
        return "none", "no label"
    wrong = []
    if len(found) > 1:
        wrong.append(f"the file carries {len(found)} different AIGC labels")
    if label.ReservedCode1.startswith(aigc.PREFIX) and found[0] != label.to_json():
        wrong.append("the label holds more than Myna writes, or is written otherwise, which other readers may believe")
    if label.Label != "1":
        wrong.append(f"Label is {label.Label}, not 1")
    if not label.ContentProducer or not label.ProduceID:
        wrong.append("producer or content id is empty")
    if (label.ContentPropagator, label.PropagateID) != (label.ContentProducer, label.ProduceID):
        wrong.append(f"the label names another propagator ({label.ContentPropagator[:40]!r})")
    if entry is not None and label.ProduceID != entry.content_id:
        wrong.append(f"the label names another content id than the log ({entry.content_id})")
    return ("problem", "; ".join(wrong)) if wrong else ("ok", "as they were written")


def judge_watermark(finding: Finding) -> Verdict:
    """Judge whether a watermark is found, and that which the log names."""
    entry = finding.made_here
    if not finding.watermark_found:
        unlooked = [name for name in NAMES if name not in finding.watermarks]
        more = f"; {', '.join(unlooked)} cannot be looked for without torch: pip install myna" if unlooked else ""
        return "problem", f"no watermark is found{more}"
    if entry is not None and entry.watermark and entry.watermark not in finding.watermark_found:
        return "problem", f"the watermark {entry.watermark} that the log names is not found"
    return _in_channels(finding)


def _in_channels(finding: Finding) -> Verdict:
    """Judge whether the watermark that is found is in every channel that is heard, and in their mix."""
    names = ", ".join(finding.watermark_found)
    if not finding.channels:
        return "ok", f"{names} found"
    parts = next(iter(finding.channels.values()))
    bare = [part for part in parts if not any(found_in(n, finding.channels[n][part]) for n in finding.watermark_found)]
    if bare:
        return "problem", f"{names} found, but not in {', '.join(_part(part) for part in bare)}"
    return "ok", f"{names} found in each of {len(parts) - 1} channels that are heard, and in their mix"


def _part(part: str) -> str:
    return "the mix" if part == MIX else f"channel {part}"


def judge_log(finding: Finding) -> Verdict:
    """Judge what the log of this machine says."""
    entry = finding.made_here
    if entry is None:
        if finding.label_signature == "this site" and not audit.pruned():
            return "problem", "signed by this site, but not in its log: the log was cut or replaced"
        return "none", "not in the log of this machine"
    if entry.event == "stream":
        return "problem", "the log says that it is a stream whose end was not written"
    if entry.event == "withdrawn":
        return "problem", "the log says that it was withdrawn"
    if not finding.unchanged:
        return "problem", "the sound is not the one that was released under this content id"
    return "ok", f"entry {entry.number}, the very sound that was released"


def judge_cue(finding: Finding) -> Verdict:
    """Judge the audible label: a rhythm that the log names must be there."""
    entry = finding.made_here
    if finding.cue:
        return "ok", "the rhythm label is heard"
    if entry is not None and entry.cue.startswith("rhythm"):
        return "problem", "the audible label was cut off"
    return "none", f"no rhythm label; the log says: {entry.cue}" if entry is not None else "no rhythm label"


def judge_manifest(finding: Finding) -> Verdict:
    """Judge the C2PA manifest."""
    if finding.c2pa is None:
        return "none", "no manifest"
    holds = finding.c2pa_state != "Invalid"
    return ("ok", finding.c2pa_state) if holds else ("problem", "the C2PA manifest does not hold")

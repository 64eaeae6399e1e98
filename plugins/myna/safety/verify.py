"""What can be told of a file: label, audible cue, watermark, C2PA, and whether this machine made it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from myna.errors import MynaError
from myna.safety import aigc, audit, c2pa, cue, encode, trust
from myna.safety.audit import Entry
from myna.safety.types import Audio
from myna.safety.watermark import NAMES, load_watermark

# Exit statuses of `myna verify`; 2 is kept for errors.
LABELLED, INCOMPLETE, NOTHING = 0, 1, 3


class Finding(BaseModel):
    """What was found in a file.

    Attributes:
        file: The file.
        seconds: Its length.
        aigc: The AIGC label, or none.
        label_signature: `this site`, `trusted site`, `unknown site`, `broken`, or `none`.
        cue: Start and end in seconds of each rhythm label.
        watermarks: Score of each detector, 0 to 1.
        watermark_found: Names of the watermarks that were found.
        c2pa: Title of the C2PA manifest, or none.
        c2pa_state: What the C2PA reader says of it.
        made_here: The entry of this machine's log, or none.
        unchanged: Whether the coded audio is the one in the log; none when the file is not in the log.
        problems: What does not fit, in words.
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
    problems: list[str]

    @property
    def status(self) -> int:
        """0: label and watermark are in order; 1: some of them, or they do not fit; 3: no sign of synthesis."""
        if self.aigc is None and not self.watermark_found and not self.cue and self.made_here is None:
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
    label, spans = _label(path), cue.find(sound)
    scores = {name: round(_score(sound, spans, name), 4) for name in NAMES}
    found = [name for name, score in scores.items() if score >= load_watermark(name).threshold]
    manifest = c2pa.read(path.read_bytes(), path.suffix.lower())
    entry = _entry(label, content)
    finding = Finding(
        file=str(path),
        seconds=round(len(sound.wave) / sound.sample_rate, 3),
        aigc=label,
        label_signature=_signature(label, content),
        cue=spans,
        watermarks=scores,
        watermark_found=found,
        c2pa=manifest.get("title", "") if manifest else None,
        c2pa_state=manifest["validation_state"] if manifest else "",
        made_here=entry,
        unchanged=None if entry is None else entry.essence == content,
        problems=[],
    )
    return finding.model_copy(update={"problems": _problems(finding)})


def describe(finding: Finding) -> str:
    """Write a finding for people, a line each."""
    label, entry = finding.aigc, finding.made_here
    cues = ", ".join(f"{start:.2f}-{end:.2f} s" for start, end in finding.cue) or "no rhythm label"
    marks = ", ".join(
        f"{name} {score:.2f}{' found' if name in finding.watermark_found else ''}"
        for name, score in finding.watermarks.items()
    )
    lines = [
        f"{finding.file} ({finding.seconds:.1f} s)",
        f"  AIGC label  {label.to_json() if label else 'none'}",
        f"  signature   {finding.label_signature}",
        f"  cue         {cues}",
        f"  watermark   {marks}",
        f"  C2PA        {'none' if finding.c2pa is None else f'{finding.c2pa} ({finding.c2pa_state})'}",
        f"  made here   {_made(entry)}",
    ]
    lines += [f"  problem     {problem}" for problem in finding.problems]
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


def _label(path: Path) -> aigc.Label | None:
    if path.suffix.lower() in encode.FORMATS and (label := aigc.read(path)) is not None:
        return label
    return aigc.parse(encode.container_tags(path).get(aigc.KEY))


def _score(sound: Audio, spans: list[tuple[float, float]], name: str) -> float:
    speech = cue.cut(sound, spans)
    return load_watermark(name).score(speech if len(speech.wave) else sound)


def _signature(label: aigc.Label | None, content: str) -> str:
    if label is None or not label.ReservedCode1.startswith(aigc.PREFIX):
        return "none"
    public = aigc.signer(label, content)
    if public is None:
        return "broken"
    if public == trust.site_public():
        return "this site"
    return "trusted site" if trust.is_trusted(public) else "unknown site"


def _entry(label: aigc.Label | None, content: str) -> Entry | None:
    audit.check_chain()
    by_sound = audit.find(essence=content)
    return by_sound or (audit.find(content_id=label.ProduceID) if label and label.ProduceID else None)


def _problems(finding: Finding) -> list[str]:
    entry, found = finding.made_here, []
    if finding.aigc is None:
        found.append("the AIGC label is missing")
    if finding.label_signature == "broken":
        found.append("the signature in the AIGC label does not fit: the label was copied, or the sound was altered")
    if not finding.watermark_found:
        found.append("no watermark is found")
    if entry is not None and finding.unchanged is False:
        found.append("the sound is not the one that was released under this content id")
    if entry is not None and finding.aigc is not None and finding.aigc.ProduceID != entry.content_id:
        found.append(f"the label names another content id than the log ({entry.content_id})")
    if entry is not None and entry.cue.startswith("rhythm") and not finding.cue:
        found.append("the audible label was cut off")
    if finding.c2pa is not None and finding.c2pa_state == "Invalid":
        found.append("the C2PA manifest does not hold")
    return found

"""The card of an export: how it speaks, by what right, and what the gate measured."""

from myna.deploy.findings import Findings
from myna.deploy.graph_parts import SUFFIXES, WORDS, Precision, Runtime
from myna.deploy.sound import sound_of
from myna.networks.voice import Voice
from myna.safety.audit import Entry
from myna.safety.records import ConsentRecord

RUNTIMES: dict[Runtime, str] = {"onnx": "ONNX Runtime", "mnn": "MNN", "litert": "LiteRT"}
TEXT = """# {name}: a cloned voice for {runtime}, {precision}

```
myna say "…" --voice FOLDER -o speech.wav --engine {engine}
```

> What this voice speaks is made by AI. `myna say` marks it: a watermark, an audible cue and a label. The graphs alone
> mark nothing: whoever runs them in a program of their own has to mark and label the sound before anybody hears it.
> 本模型生成的语音由人工智能合成；自行调用模型文件所得音频不带标识，发布前须自行标注。

| | against torch, {sentences} sentences, one thread, in turns |
|---|---|
{rows}

{graphs}

## Consent and licence

Speech of {who}, on the basis "{basis}", scope "{scope}", licence {licence}; `consent.yaml` is part of this folder and
has to stay with it. It must not be used to deceive, impersonate or harass. Exported {day} for the purpose "{purpose}",
as entry {content_id} of the log of the site that made it.
"""


MEL = """`text{suffix}` reads tokens, `frames{suffix}` draws the log-mel, `pitch{suffix}` hears its pitch,
`spectra{suffix}` filters pulses and noise; `myna.deploy.engine` shows what happens between them."""
WHOLE = """`prior{suffix}` reads tokens, `{sound}{suffix}` draws the sound; `myna.deploy.vits_engine` shows what happens
between them."""


def card_text(
    voice: Voice, precision: Precision, found: Findings, consent: ConsentRecord, entry: Entry, runtime: Runtime = "onnx"
) -> str:
    """Return the card, Markdown.

    Args:
        voice: What was exported.
        precision: Of the weights.
        found: By the gate.
        consent: Of the speaker.
        entry: Of the log.
        runtime: What runs the graphs.
    """
    return TEXT.format(
        name=voice.config.name,
        precision=_precision(precision, runtime),
        runtime=RUNTIMES[runtime],
        engine=runtime,
        suffix=SUFFIXES[runtime],
        graphs=_graphs(voice, SUFFIXES[runtime]),
        sentences=found.sentences,
        rows="\n".join(f"| {name} | {value} |" for name, value in rows(found)),
        who=consent.who or consent.speaker,
        basis=consent.basis,
        scope=consent.scope,
        licence=consent.licence or "not named",
        day=str(entry.time)[:10],
        purpose=entry.purpose,
        content_id=entry.content_id,
    )


def _graphs(voice: Voice, suffix: str) -> str:
    if voice.vocoder is not None:
        return MEL.format(suffix=suffix)
    return WHOLE.format(suffix=suffix, sound=sound_of(voice.tts))


def _precision(precision: Precision, runtime: Runtime) -> str:
    return "8-bit weights" if precision == "int8" and runtime != "onnx" else WORDS[precision]


def rows(found: Findings) -> list[tuple[str, str]]:
    """Return names and values of a table of findings."""
    out = [
        ("size of the graphs", f"{found.megabytes:.1f} MB, {found.smaller:.1f} times smaller than the 32-bit weights"),
        ("speed", f"{found.faster:.1f} times torch's; {found.real_time_factor:.3f} s a second of speech"),
        ("first sound", f"{1000 * found.first_sound:.0f} ms"),
        ("length of sentences", f"{found.durations:.2%} longer or shorter"),
    ]
    if found.mel:  # 0 where a token lasts otherwise, as it does in 8 bits
        out.append(("log-mel the same to within 0.001", f"{found.mel:.1%} of its values"))
    if found.mos is not None:
        out.append(("MOS estimate", f"{found.mos[0]:.2f} → {found.mos[1]:.2f}"))
    if found.wer is not None:
        out.append(("words wrong", f"{found.wer[0]:.1%} → {found.wer[1]:.1%}"))
    if found.similarity is not None:
        out.append(("similarity to torch's speaker", f"{found.similarity:.3f}"))
    return out

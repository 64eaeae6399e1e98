"""The card of a voice exported for `transformers`: how to use it, by what right, and where its weights come from."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from myna.files import atomic_text
from myna.networks.voice import Voice
from myna.publish.card import license_id, origins
from myna.safety.audit import Entry
from myna.safety.records import ConsentRecord

TEXT = """---
license: {license}
language:
- {tag}
library_name: transformers
pipeline_tag: text-to-speech
tags:
- text-to-speech
- vits
- voice-cloning
- synthetic-speech
---

# {name}: a cloned voice for `transformers.VitsModel`

{speakers}

> What this model speaks is made by AI. `transformers` puts no watermark and no label on it: whoever releases it has to
> say so (`myna say` with the voice directory does it by itself).
> 本模型生成的语音由人工智能合成；用 transformers 直接生成的音频不带标识，发布前须自行标注。

```python
import torch
from transformers import VitsModel, VitsTokenizer

model = VitsModel.from_pretrained("{folder}")
tokenizer = VitsTokenizer.from_pretrained("{folder}")
inputs = tokenizer("{example}", return_tensors="pt")
with torch.no_grad():
    wave = model(**inputs{speaker_argument}).waveform[0]  # {rate} Hz
```

The text is phonemes: the IPA of espeak-ng (`espeak-ng -q --ipa -v {language} "…"`, without joiners and hyphens, marks
of punctuation kept), Unicode NFD{marks}. The tokenizer does not phonemize by itself: `phonemize=True` would need the
package phonemizer, and would leave out `^` and `$`, which the network was trained with. Symbols that the network does
not know are left out. For the same sound at every call set `model.noise_scale = model.noise_scale_duration = 0`, or a
seed.

## Consent and licence

Speech of {who}, on the basis "{basis}", scope "{scope}", licence {licence}; `consent.yaml` is part of this folder and
has to stay with the model. It must not be used to deceive, impersonate or harass. Exported {day} for the purpose
"{purpose}", as entry {content_id} of the log of the site that made it (`myna.json`).

{origin}
"""


def write_card(
    out: Path, voice: Voice, speakers: Sequence[str], language: str, consent: ConsentRecord, entry: Entry
) -> None:
    """Write `README.md` beside model and tokenizer.

    Args:
        out: The exported folder.
        voice: What was exported.
        speakers: Their names, in the order of `speaker_id`.
        language: espeak-ng code.
        consent: Of the voice's own speaker.
        entry: The export in the log.
    """
    from myna.text.tokens import BOS, EOS

    several = len(speakers) > 1
    marked = bool(voice.tts.known[voice.tokens.encode([])[0]])
    example = "həlˈoʊ."
    told = "Speakers: " + ", ".join(f"`speaker_id={i}` {name}" for i, name in enumerate(speakers)) + "."
    text = TEXT.format(
        license=license_id(consent.licence),
        tag={"cmn": "zh"}.get(language, language.split("-")[0]),
        name=voice.config.name,
        speakers=told if several else f"One speaker, {speakers[0]}; language {language}.",
        folder=out.name.removeprefix(".").removesuffix(".new"),
        example=f"{BOS}{example}{EOS}" if marked else example,
        marks=f", between `{BOS}` and `{EOS}`" if marked else "",
        speaker_argument=", speaker_id=0" if several else "",
        rate=voice.sample_rate,
        language=language,
        who=consent.who or consent.speaker,
        basis=consent.basis,
        scope=consent.scope,
        licence=consent.licence or "not named",
        day=entry.time[:10],
        purpose=entry.purpose,
        content_id=entry.content_id,
        origin=" ".join(origins(origin_of(voice), {})),
    )
    atomic_text(out / "README.md", text)


def origin_of(voice: Voice) -> dict[str, Any]:
    """Return `name` and `init` of the training that a voice comes from: `origin.json`, which stage 5 writes.

    A voice from before that file which lacks symbols is taken for one from joe, so that its licence is told.
    """
    path = voice.directory / "origin.json" if voice.directory else None
    if path is not None and path.is_file():
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return {"name": "vits", "init": "scratch" if bool(voice.tts.known.all()) else "joe"}

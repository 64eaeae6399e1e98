"""A folder for a Space of Hugging Face or a studio of ModelScope: a page on which the voice speaks, labelled."""

import shutil
from pathlib import Path

from myna.files import atomic_text

SOURCE = Path(__file__).parent / "hub_page"
GRADIO = "6.31.0"
HEADER = """---
title: {title}
sdk: gradio
sdk_version: {gradio}
app_file: app.py
python_version: "3.12"
license: {license}
tags:
- text-to-speech
- synthetic-speech
---

# {name}

A cloned voice, made with Myna. What it speaks is made by AI and says so: a watermark, an audible cue and a label in the
file. 本页语音由人工智能合成，带有水印、声音提示与文件标识。

`voice.txt` names the voice; the variable `MYNA_VOICE` goes before it, and a private voice needs the secret `HF_TOKEN`
or `MODELSCOPE_API_TOKEN`. The speaker's consent has to cover publication, and you have to accept Myna's terms (read
TERMS.md, then set `MYNA_ACCEPT_TERMS=yes`), or the page will not speak. Put Myna's wheel beside `requirements.txt`.
Here: `pip install -r requirements.txt && python app.py`.
"""


def write_space(out: Path, name: str, voice: str, licence: str) -> None:
    """Write the folder; files that a person added stay.

    Args:
        out: The folder.
        name: The speaker's name.
        voice: What `--voice` takes, as seen from where the page will run.
        licence: Its identifier on the hubs.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(SOURCE.glob("*.*")):
        shutil.copyfile(path, out / path.name)
    title = " ".join("".join(c if c.isalnum() or c in " -_." else " " for c in name).split()) or "voice"
    atomic_text(out / "voice.txt", f"{voice}\n")
    atomic_text(out / "README.md", HEADER.format(title=f'"{title}"', name=title, gradio=GRADIO, license=licence))

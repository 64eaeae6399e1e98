"""A page on which a cloned voice speaks: a Space of Hugging Face, or a studio of ModelScope.

What it speaks is labelled as made by AI, and the speaker's consent has to cover publication. `MYNA_VOICE` names the
voice: hf:owner/name@revision, ms:owner/name@revision, or a folder.
"""

import os
import tempfile
from pathlib import Path

import gradio

from myna import Voice
from myna.cli import main
from myna.errors import MynaError

LONGEST = 400  # characters of a text
NAMED = Path(__file__).with_name("voice.txt").read_text(encoding="utf-8").strip()
if os.environ.get("MYNA_ACCEPT_TERMS") == "yes":  # the owner of the page has read TERMS.md
    main(["consent", "terms", "--accept", "--requester", "local"])
voice = Voice.load(os.environ.get("MYNA_VOICE") or NAMED)


def speak(text: str) -> str:
    """Return the file of a labelled sound."""
    if len(text) > LONGEST:
        raise gradio.Error(f"at most {LONGEST} characters")
    path = Path(tempfile.mkdtemp()) / "speech.mp3"
    try:
        voice.say(text, purpose="publish").save(path)
    except MynaError as error:
        raise gradio.Error(str(error), print_exception=False) from error
    return str(path)


page = gradio.Interface(
    speak,
    gradio.Textbox(label=f"Text ({voice.language})", max_length=LONGEST),
    gradio.Audio(label="Made by AI · 由人工智能合成"),
    title=voice.name,
    flagging_mode="never",
    api_name="speak",
)

if __name__ == "__main__":
    page.queue(max_size=16).launch()

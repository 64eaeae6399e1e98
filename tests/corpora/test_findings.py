"""What was found file by file, wherever, is what one pass over the folder finds."""

from pathlib import Path

import numpy as np
import soundfile
from speech import SENTENCES, speak

from myna.corpora import folder as folders
from myna.corpora.custom import _examined
from myna.corpora.findings import Findings
from myna.corpora.pieces import Rules, examine
from myna.corpora.quality import Limits
from myna.corpora.transcripts import Texts


def test_files_apart_and_in_one_pass(tmp_path: Path) -> None:
    """Two recordings, the first again under another name, silence, and what is no sound."""
    first = speak(SENTENCES[0], tmp_path / "a.wav")
    speak(SENTENCES[1], tmp_path / "b.wav")
    soundfile.write(tmp_path / "c.wav", first, 22_050)
    soundfile.write(tmp_path / "d.wav", np.zeros(22_050), 22_050)
    (tmp_path / "e.wav").write_bytes(b"RIFF")
    rules = Rules("en-us", None, 1.0, 15.0, Limits(0.01, 0.0, 0.0, 0.0, 0.0), check_texts=False, texts=False)
    once, apart, texts = Findings("en-us"), Findings("en-us"), Texts()
    for take in folders.scan(tmp_path).takes:
        examine(take, None, {}, rules, once)
        apart.join(_examined(take, texts, {}, rules))
    assert apart == once
    assert [piece.name for piece in apart.kept] == ["a", "b"]
    reasons = {path.name: reason for path, _, _, reason in apart.dropped}
    assert reasons["c.wav"] == "the same sound as a.wav" and set(reasons) == {"c.wav", "d.wav", "e.wav"}

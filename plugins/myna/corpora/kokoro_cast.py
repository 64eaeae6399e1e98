"""Who the teacher's speakers are: its own voices, and new ones mixed from them.

A style of Kokoro-82M is `(510, 256)`, a row for each length of a sentence: the first half of a row is timbre, the
second prosody. A mixed speaker's timbre is the mean of all voices of a gender and what they deviate from it, with the
same random weights for all rows; its prosody is that of a voice of the language that it speaks. Any speaker can so
speak any language. Source of the styles: Li et al., StyleTTS 2 (2023); hexgrad, Kokoro-82M (2025).
"""

from pathlib import Path

import numpy as np

TIMBRE = 128
SPREAD = 0.85  # deviation of a mix from the mean, relative to that of the voices it is made of
# Voices whose prosody each language is spoken with, women's and men's; French has no man of its own.
PROSODY = {
    "en-us": ("af_heart af_bella af_aoede af_kore af_sarah", "am_michael am_fenrir am_puck am_liam"),
    "en-gb": ("bf_emma bf_isabella", "bm_george bm_fable bm_lewis"),
    "cmn": ("zf_xiaobei zf_xiaoxiao zf_xiaoyi", "zm_yunjian zm_yunxi zm_yunxia zm_yunyang"),
    "es": ("ef_dora", "em_alex"),
    "fr-fr": ("ff_siwis", "im_nicola"),
    "it": ("if_sara", "im_nicola"),
    "pt": ("pf_dora", "pm_alex"),
    "hi": ("hf_alpha hf_beta", "hm_omega hm_psi"),
    "ja": ("jf_alpha jf_tebukuro", "jm_kumo"),
}
# Not clean enough to mix or to speak: MOS estimate under 3.8, a dialect, an old man's and a whispering voice.
UNFIT = {"bf_alice", "zf_xiaoni", "am_santa", "em_santa", "pm_santa", "af_nicole"}


class Cast:
    """Speakers and their styles.

    Args:
        voices: Folder of `NAME.bin`; the second letter of a name is f or m.
        mixed: Number of mixed speakers, half of them women.
        seed: Of the mixing; the first speakers are the same whatever the number.
    """

    def __init__(self, voices: Path, mixed: int, seed: int) -> None:
        """Read the voices and draw the mixes."""
        files = sorted(voices.glob("*.bin"))
        styles = {f.stem: np.fromfile(f, np.float32).reshape(-1, 2 * TIMBRE) for f in files if f.stem not in UNFIT}
        self.prosody = styles
        self.timbre = {name: style[:, :TIMBRE] for name, style in styles.items()}
        random = np.random.default_rng(seed)
        for number in range(mixed):
            gender = "fm"[number % 2]
            parents = np.stack(
                [style for name, style in self.timbre.items() if name[1] == gender and "mix" not in name]
            )
            weights = random.normal(0, SPREAD / np.sqrt(len(parents) - 1), len(parents)).astype(np.float32)
            mean = parents.mean(0)
            self.timbre[f"m{gender}_mix{number:03d}"] = mean + np.tensordot(weights, parents - mean, 1)

    @property
    def speakers(self) -> list[str]:
        """Names of all speakers."""
        return list(self.timbre)

    def style(self, speaker: str, language: str, length: int) -> np.ndarray:
        """Return the style `(256,)` with which a speaker says a sentence of so many symbols in a language."""
        timbre = self.timbre[speaker][min(length, len(self.timbre[speaker]) - 1)]
        able = PROSODY[language][speaker[1] == "m"].split(" ")
        other = speaker if speaker in able else able[sum(map(ord, speaker)) % len(able)]
        return np.concatenate((timbre, self.prosody[other][length, TIMBRE:]))

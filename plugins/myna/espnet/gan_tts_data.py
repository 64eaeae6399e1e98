"""A set that stages 1 and 2 made, as ESPnet2's `gan_tts_train` reads it.

Usage: python -m myna.espnet.gan_tts_data dump/pool_train exp/encoder/embeds/pool_train OUT

Writes `OUT/{wav.scp,text,utt2lid,spembs.scp,speech_shape,text_shape,tokens.txt}`. Tokens keep Myna's numbers, with
ESPnet2's `<unk>` added at the end, and texts stand between Myna's start and end marks: what ESPnet2 trains speaks with
Myna's own token list.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from myna.audio.features import SPACE, FeatureSet, FeatureUtterance, format_phones
from myna.errors import MynaError
from myna.espnet.embeddings import read_embeddings
from myna.files import atomic_text
from myna.text.languages import language_number
from myna.text.tokens import BOS, EOS, TokenList

UNKNOWN = "<unk>"


def write_set(dump: Path, embeds: Path, out: Path) -> int:
    """Write one set; augmented copies are left out.

    Args:
        dump: `dump/<set>`.
        embeds: `exp/encoder/embeds/<set>`.
        out: Folder to make.

    Returns:
        The number of utterances.

    Raises:
        MynaError: Stage 1 or 2 has not run.
    """
    import kaldiio
    import soundfile

    tokens = TokenList.load(dump.parent / "tokens.txt")
    utterances = list(FeatureSet(dump, augmented=False))
    vectors = read_embeddings(embeds, "utt")
    texts = {u.name: [BOS, *(s for s in u.phones if s in set(tokens.symbols)), EOS] for u in utterances}
    columns: dict[str, Callable[[FeatureUtterance], str]] = {
        "wav.scp": lambda u: str(Path(u.wav).absolute()),
        "text": lambda u: format_phones(texts[u.name]),
        "utt2lid": lambda u: str(language_number(u.language)),
        "speech_shape": lambda u: str(soundfile.info(u.wav).frames),
        "text_shape": lambda u: f"{len(texts[u.name])},{len(tokens) + 1}",
    }
    out.mkdir(parents=True, exist_ok=True)
    for table, column in columns.items():
        atomic_text(out / table, "".join(f"{u.name} {column(u)}\n" for u in utterances))
    own = {u.name: np.asarray(vectors[u.name], np.float32) for u in utterances}
    kaldiio.save_ark(str(out / "spembs.ark"), own, scp=str(out / "spembs.scp"))
    symbols = [SPACE if symbol == " " else symbol for symbol in tokens.symbols]
    atomic_text(out / "tokens.txt", "\n".join([*symbols, UNKNOWN]) + "\n")
    return len(utterances)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns 0."""
    parser = argparse.ArgumentParser(prog="gan_tts_data", description="Write a set for ESPnet2's gan_tts_train.")
    parser.add_argument("dump", type=Path, help="dump/<set> of a recipe")
    parser.add_argument("embeds", type=Path, help="exp/encoder/embeds/<set>")
    parser.add_argument("out", type=Path, help="folder to make")
    arguments = parser.parse_args(argv)
    count = write_set(arguments.dump, arguments.embeds, arguments.out)
    print(f"{arguments.out}: {count} utterances for ESPnet2")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MynaError as error:
        print(f"gan_tts_data: {error}", file=sys.stderr)
        sys.exit(2)

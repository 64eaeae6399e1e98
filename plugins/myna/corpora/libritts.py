"""LibriTTS (Zen et al. 2019, openslr.org/60): 2456 readers of LibriVox books, 585 hours, 24 kHz.

Licence: CC BY 4.0. The readers gave their readings to the public domain, not their voices to be cloned.
"""

from pathlib import Path

from tqdm import tqdm

from myna.corpora import archives, fetch, many
from myna.corpora.clip import Clip, Corpus
from myna.errors import MynaError
from myna.kaldi.audio import audio_seconds
from myna.kaldi.data import Consent
from myna.kaldi.tables import read_lines
from myna.settings.corpus import Libritts
from myna.settings.recipe import Settings
from myna.workspace import Workspace

URL = "https://www.openslr.org/resources/60"
SHA256 = {
    "dev-clean": "da0864e1bd26debed35da8a869dd5c04dfc27682921936de7cff9c8a254dbe1a",
    "dev-other": "d413eda26f3a152ac7c9cf3658ef85504dfb1b625296e5fa83727f5186cca79c",
    "test-clean": "234ea5b25859102a87024a4b9b86641f5b5aaaf1197335c95090cde04fe9a4f5",
    "test-other": "33a5342094f3bba7ccc2e0500b9e72d558f72eb99328ac8debe1d9080402f10d",
    "train-clean-100": "c5608bf1ef74bb621935382b8399c5cdd51cd3ee47cec51f00f885a64c6c7f6b",
    "train-clean-360": "ce7cff44dcac46009d18379f37ef36551123a1dc4e5c8e4eb73ae57260de4886",
    "train-other-500": "e35f7e34deeb2e2bdfe4403d88c8fdd5fbf64865cae41f027a185a6965f0a5df",
}


def build(settings: Settings, workspace: Workspace, downloads: Path) -> tuple[Corpus, many.Sets]:
    """Fetch the parts named in `create_dataset.parts` and deal them into the sets."""
    node = settings.create_dataset
    assert isinstance(node, Libritts)
    root = download(downloads, node.parts)
    corpus = prepare(root, node.parts, node.min_seconds, node.max_seconds)
    heldout = {
        speaker_of(path.name)
        for part in node.parts
        if not part.startswith("train")
        for path in (root / "LibriTTS" / part).iterdir()
    }
    return corpus, many.deal(corpus, node, sorted(heldout))


def speaker_of(reader: str) -> str:
    """Give the speaker id of a reader's number, padded so that orders agree."""
    return f"libritts{int(reader):05d}"


def download(cache: Path, parts: tuple[str, ...]) -> Path:
    """Fetch and unpack parts of the corpus.

    Returns:
        The folder that holds `LibriTTS/`.

    Raises:
        MynaError: There is no such part, or it cannot be fetched.
    """
    for part in parts:
        if part not in SHA256:
            raise MynaError(f"LibriTTS has no part {part!r}; choose create_dataset.parts among {', '.join(SHA256)}")
        source = fetch.Source(f"{part}.tar.gz", SHA256[part], f"{URL}/{part}.tar.gz")

        def unpack(folder: Path, source: fetch.Source = source) -> None:
            archive = fetch.obtain(source, cache, fetch.bring_url(source.origin, cache / "partial" / "libritts"))
            archives.extract_tar(archive, folder, lambda name: name.endswith((".wav", ".normalized.txt")))
            for inner in (folder / "LibriTTS").glob("*/*"):
                inner.rename(folder / inner.name)

        archives.unpack_once(cache / "libritts" / "LibriTTS" / part, source.sha256, unpack)
    return cache / "libritts"


def prepare(root: Path, parts: tuple[str, ...], min_seconds: float = 1.0, max_seconds: float = 15.0) -> Corpus:
    """List the utterances: `LibriTTS/<part>/<reader>/<chapter>/<id>.wav` with `<id>.normalized.txt` beside.

    Raises:
        MynaError: A part holds no such file.
    """
    clips = []
    for part in parts:
        files = sorted((root / "LibriTTS" / part).glob("*/*/*.wav"))
        if not files:
            raise MynaError(f"{root / 'LibriTTS' / part} holds no <reader>/<chapter>/<id>.wav; unpack {part} there")
        for path in tqdm(files, desc=part, unit="file", disable=None):
            text = path.with_suffix(".normalized.txt")
            if text.is_file() and min_seconds <= (seconds := audio_seconds(path)) <= max_seconds:
                said = " ".join(line.strip() for _, line in read_lines(text)).strip()
                speaker = speaker_of(path.stem.split("_")[0])
                clips.append(Clip(speaker, path.stem.split("_", 1)[1], "en-us", said, path, seconds))
    consent = {clip.speaker: Consent("licence", "evaluation", "CC-BY-4.0 (LibriTTS)") for clip in clips}
    return Corpus(tuple(clips), consent)

"""`myna clone RECORDINGS --name NAME -o VOICE`: from a file or a folder of recordings to a voice.

Under half a minute of speech the voice is the base with the person's embedding, at once. With more, the stages of the
recipe `custom` tune it; what the base knows already is left out of them.
"""

import shutil
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser
from myna.corpora.person import record_of, speaker_id, stated_consent
from myna.errors import MynaError
from myna.files import shown
from myna.kaldi.data import Consent
from myna.recipe.name import checked_name
from myna.text.languages import AUTO, canonical
from myna.workspace import Workspace

if TYPE_CHECKING:
    from myna.adapt.instant import ReferenceSpeech

STAGES = ["create_dataset", "extract_features", "train_encoder", "train_vits", "train_hifigan", "fine_tune"]
SCOPES = ("evaluation", "private", "publish", "commercial")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Raises:
        MynaError: No consent, no recording, too little speech, a protected voice, or a name that exists.
    """
    arguments = _parser().parse_args(argv)
    start, out = time.monotonic(), arguments.output
    if out.exists() or out.is_symlink():
        raise MynaError(f"{shown(out)} exists and is not replaced; remove it or name another with -o")
    checked_name(arguments.name)
    if arguments.language != AUTO:
        canonical(arguments.language)
    consent = _consent(arguments)
    if arguments.tuned:
        _tune(arguments)
    else:
        from myna.adapt.instant import MOST, listen

        speech = listen(arguments.recordings)
        for file, _, _, reason in speech.found.dropped:
            print(f"{shown(file.name)}: left out, {reason}", file=sys.stderr)
        if speech.seconds < MOST or arguments.instant:
            _instant(arguments, speech, consent)
        else:
            print(f"{speech.seconds:.0f} s of speech: the voice is tuned, which takes minutes (--instant does not)")
            _tune(arguments)
    seconds = time.monotonic() - start
    print(f"{shown(out)}: made in {seconds:.0f} s; try: myna say … --voice {shown(out)} -o say.wav")
    return 0


def _parser() -> Parser:
    parser = Parser(prog="myna clone", description="Clone a voice from recordings.", allow_abbrev=False)
    parser.add_argument("recordings", type=Path, help="a file, or a folder with recordings of one person")
    parser.add_argument("--name", required=True, help="name of the person who speaks")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the new voice; must not exist")
    parser.add_argument("--consent", help="own_voice, or the path of the person's signed record (myna consent new)")
    parser.add_argument("--scope", choices=SCOPES, default="private", help="with own_voice: the widest use")
    parser.add_argument("--language", default="auto", help="code; auto: what Whisper hears")
    parser.add_argument("--work", type=Path, help="folder of what the stages of a tuned voice leave")
    parser.add_argument("--small", action="store_true", help="a voice for phones: smaller, quicker, less alike")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--instant", action="store_true", help="no training, however much speech there is")
    ways.add_argument("--tuned", action="store_true", help="train, however little speech there is")
    return parser


def _consent(arguments: Namespace) -> tuple[Consent, Path | None]:
    """Read the consent before anything is listened to."""
    if not arguments.recordings.exists():
        raise MynaError(f"{shown(arguments.recordings)} is missing; give the file or the folder with your recordings")
    if not arguments.consent:
        raise MynaError(
            f"no consent is stated for the voice in {shown(arguments.recordings)}; if it is your own, say "
            "--consent own_voice, else give the person's signed record with --consent PATH/consent.yaml "
            "(made by `myna consent new`); without it nothing is cloned"
        )
    return stated_consent(arguments.consent, arguments.scope, arguments.name, speaker_id(arguments.name))


def _instant(arguments: Namespace, speech: "ReferenceSpeech", consent: tuple[Consent, Path | None]) -> None:
    """Write the base with the person's embedding, whole or not at all."""
    from myna.adapt.instant import language_of, likened, voice_of
    from myna.safety.finish import finish

    language, line = language_of(arguments.recordings, arguments.language)
    if line:
        print(line)
    print(
        f"{speech.seconds:.0f} s of speech: an instant voice, which resembles the person less than one that is tuned "
        "on a minute or more"
    )
    record, path = record_of(consent, speaker_id(arguments.name)), consent[1]
    voice = voice_of(speech, arguments.name, language, arguments.small)
    likened(speech, voice)
    out = arguments.output
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name[:40]}-") as folder:
        fresh = Path(folder) / "voice"
        voice.save(fresh, half=True)
        finish(record, path.parent if path else arguments.recordings.parent, fresh / "consent.yaml")
        fresh.rename(out)


def _tune(arguments: Namespace) -> None:
    """Run the stages of the recipe `custom` as far as the voice, and copy it."""
    from myna.commands import recipe
    from myna.recipe.compose import compose_recipe, find_recipe, project_root, quoted

    consent = arguments.consent if arguments.consent == "own_voice" else str(Path(arguments.consent).absolute())
    words = [f"create_dataset.scope={arguments.scope}", f"create_dataset.language={arguments.language}"]
    # Strangers are what a score is compared with, and here nothing is scored.
    words += [f"create_dataset.consent={quoted(consent)}", "create_dataset.pool=none"]
    if arguments.small:
        words += ["tts=vits_mel_small", "vocoder=istft_small"]
    if arguments.work:
        words += [f"voice_dir={quoted(str(arguments.work.absolute()))}"]
    target = ["--target", str(arguments.recordings), "--name", arguments.name]
    recipe.main(["custom", *target, "--stages", *STAGES, "--overrides", *words])
    values = {"create_dataset.name": arguments.name}
    config = compose_recipe(find_recipe("custom", project_root()), words, values)
    shutil.copytree(Workspace.of(config).voice, arguments.output)

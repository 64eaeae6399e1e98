"""`myna scene scene.yaml -o scene.wav`: several voices, each in its place, in one labelled file.

Every voice is asked for its consent and compared with the protected ones, and marked for itself, before they are mixed.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser
from myna.serve.exit import (
    SpeechRequest,
    Talker,
    engine_of,
    find_voice,
    languages_of,
    leave_scene,
    load_voice,
    speak,
    spoken_request,
    voice_card,
    watermark_wish,
)
from myna.serve.named import named_voice
from myna.serve.place_options import add_form_options, form_of
from myna.serve.say import add_exit_options, check_output

if TYPE_CHECKING:
    from myna.safety.release_placed import Voiced
    from myna.serve.scene_file import Line, Scene
    from myna.spatial.walk import Stand


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command on `argv`, or on what the process was given; returns 0.

    Raises:
        MynaError: The scene or a voice in it cannot be read, a consent does not cover the purpose, or the file
            cannot be written.
    """
    arguments = _parser().parse_args(argv)
    check_output(arguments.output)
    from myna.serve.scene_file import read_scene
    from myna.spatial.place import make_place
    from myna.spatial.walk import Stand

    scene, form = read_scene(arguments.scene), form_of(arguments)
    folders = [_folder(line, arguments.scene) for line in scene.lines]
    # What cannot be placed is not spoken first.
    draft = [Stand(line.walk()) for line in scene.lines]
    make_place(form, draft, scene.room, arguments.hrtf, arguments.order or 3).check(arguments.output)
    voices = _spoken(scene, folders, arguments)
    stands = _stands(scene, voices)
    place = make_place(form, stands, scene.room, arguments.hrtf, arguments.order or 3)
    first = voices[0].request
    whole = first.model_copy(update={"text": "\n".join(voiced.request.text for voiced in voices)})
    released = leave_scene(voices, place, whole)
    print(f"{released.path}: {released.seconds:.1f} s, label {released.content_id}, cue {released.cue}")
    return 0


def _folder(line: "Line", scene: Path) -> Path:
    """Return the voice of a line; a path is seen from the folder of the scene."""
    beside = scene.parent / line.voice
    return find_voice(beside if beside.is_dir() else named_voice(line.voice))


def _spoken(scene: "Scene", folders: list[Path], arguments: argparse.Namespace) -> "list[Voiced]":
    """Ask the exit for each line, and then speak all."""
    from myna.safety.admission import admit
    from myna.safety.release_placed import Voiced

    loaded: dict[Path, Talker] = {folder: load_voice(folder, 1) for folder in dict.fromkeys(folders)}
    exported = next((folder for folder in folders if engine_of(folder) != "torch"), folders[0])
    wishes = {"purpose": arguments.purpose, "cue": arguments.cue, "undertaking": arguments.undertaking}
    asked = []
    for line, folder in zip(scene.lines, folders, strict=True):
        voice, speech = loaded[folder], SpeechRequest(line.text, line.language, line.speed, line.seed).checked()
        # One watermark for all: that of an export, where one of the voices is.
        request = spoken_request(speech, arguments.output, **wishes, **watermark_wish(exported))
        request = request.model_copy(update={"languages": languages_of(voice, speech)})
        card = voice_card(folder, voice)
        admit(card, request)
        asked.append((voice, speech, card, request))
    return [Voiced(speak(voice, speech), card, request) for voice, speech, card, request in asked]


def _stands(scene: "Scene", voices: "Sequence[Voiced]") -> "list[Stand]":
    from myna.spatial.walk import Stand

    stands, end = [], 0.0
    for line, voiced in zip(scene.lines, voices, strict=True):
        start = end if line.at is None else line.at
        wave, rate = voiced.sound
        end = max(end, start + len(wave) / rate)
        stands.append(Stand(line.walk(), start, voiced.voice.name))
    return stands


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="myna scene",
        description="Let several voices speak, each in its place. Each needs its consent and is marked as made by AI; "
        "the file is labelled as of `myna say`.",
    )
    parser.add_argument("scene", type=Path, help="YAML: lines of voice, text, at, azimuth, … (docs/spatial.md)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="wav; for binaural any format of myna say")
    add_form_options(parser)
    add_exit_options(parser, "the consent of every speaker")
    return parser

"""Acoustic models beside each other: the same held-out sentences in the target's voice, through the same vocoder."""

import os
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from myna.adapt.baselines import copy_synthesis, formant_speech
from myna.adapt.decode import Line, SoundAndRate
from myna.adapt.voice_parts import target_language
from myna.audio.load import load_audio
from myna.compare import acoustic
from myna.compare.clock import processor_seconds
from myna.compare.group import Group
from myna.compare.kept import Row, size
from myna.compare.members import Member, compose_member, spread
from myna.compare.samples import listening_copies
from myna.errors import MynaError
from myna.kaldi.data import read
from myna.kaldi.tables import read_table
from myna.measure import similarity, wer
from myna.measure.clips import PAIR, QUALITY, SPEAKER, TEXT, Scorable, reference_clips
from myna.measure.results import figures
from myna.measure.score import Scorers, score
from myna.settings.recipe import Settings
from myna.workspace import Workspace

CONDITION = "resemblyzer"  # its embeddings are those that the base reads
SHORTEST = 0.3  # seconds of a sound that is scored: a model that has learned little may stop at once
SHOWN = ("wer", "similarity", "mos", "mcd_db")


class TtsGroup(Group):
    """See `Group`."""

    name = "tts"
    based = True  # its vocoder speaks

    @cached_property
    def lines(self) -> list[Line]:
        """The held-out sentences, evenly over the test set."""
        options, test = self.options, read(self.settings.decode.test_set)
        fitting = [u for u in test.utterances.values() if options.shortest <= u.duration <= options.longest]
        if not fitting:
            raise MynaError(
                f"{self.settings.decode.test_set} holds no utterance of {options.shortest:g} to {options.longest:g} s; "
                "change compare.shortest and compare.longest"
            )
        chosen = [fitting[place] for place in spread(fitting, options.sentences)]
        return [Line(u.id, u.text, self.settings.seed + n, u.audio) for n, u in enumerate(chosen)]

    @cached_property
    def language(self) -> str:
        """The target's language."""
        return target_language(self.workspace)

    @cached_property
    def scorers(self) -> Scorers:
        """The models that score."""
        wanted = self.settings.measure
        return Scorers(similarity.choose(CONDITION, wanted.similarity_encoder), wanted.whisper_model)

    @cached_property
    def target(self) -> list[Row]:
        """Embeddings of the target's own recordings."""
        clips = reference_clips(Path(self.settings.measure.reference_set), self.options.reference_clips)
        return [score(clip, self.scorers) for clip in clips]

    @cached_property
    def embeddings(self) -> Path:
        """Folder with the embeddings of stage 2, by the encoder that the base was trained with.

        What the recipe's own stage 2 has of them is taken over; the rest is made.
        """
        from myna.espnet import train_encoder

        shared, own = self.out.parent / "shared", self.workspace.embeddings()
        if own.is_dir() and not (shared / "encoder" / "embeds").is_dir():
            shutil.copytree(own, shared / "encoder" / "embeds")
        settings = compose_member(self.settings, self.overrides, Member("encoder", CONDITION), shared)
        train_encoder.run(settings, Workspace.of(settings))
        return shared / "encoder"

    def scores(self, spoken: dict[str, str], wants: tuple[str, ...]) -> tuple[Row, dict[str, Row]]:
        """Score one version of the sentences.

        Args:
            spoken: Audio by utterance.
            wants: Which scores.

        Returns:
            The figures over all, and those of each utterance.
        """
        clips = [
            Scorable("heldout", line.id, spoken[line.id], line.text, self.language, line.recording, wants)
            for line in self.lines
            if line.id in spoken
        ]
        rows = [self.scored(clip) for clip in clips]
        found = figures([*self.target, *rows], self.language)
        each = {row["id"]: {name: row[name] for name in (*SHOWN, "heard") if name in row} for row in rows}
        return {name: found[name] for name in SHOWN if name in found}, each

    def scored(self, clip: Scorable) -> Row:
        """Score a clip; in one too short for a sound nothing is heard, and nothing else can be said of it."""
        seconds = load_audio(clip.path).seconds
        if seconds >= SHORTEST:
            return score(clip, self.scorers)
        heard = {"heard": ""} if wer.can_transcribe(clip.language, self.scorers.whisper) else {}
        return {"kind": clip.kind, "id": clip.id, "text": clip.text, "seconds": round(seconds, 3), **heard}

    def references(self) -> list[Row]:
        """Return the recordings, their copies through the shipped vocoder, and espeak-ng, which is nobody's voice."""
        from myna.networks.pretrained import load_part

        def real(folder: Path) -> Row:
            spoken = {line.id: str(line.recording) for line in self.lines}
            found, each = self.scores(spoken, (TEXT, SPEAKER, QUALITY))
            first = sorted(self.lines, key=lambda line: line.id)[: self.options.prompts]
            samples = [
                {"id": line.id, "text": line.text, "recordings": [str(line.recording)]} | each[line.id]
                for line in first
            ]
            return found | {"samples": samples}

        def copied(folder: Path) -> Row:
            vocoder = load_part("vocoder").eval()
            return self.spoken(folder, lambda line: copy_synthesis(str(line.recording), vocoder))

        def read_out(folder: Path) -> Row:
            return self.spoken(folder, lambda line: formant_speech(line.text, self.language))

        made = {"recordings": real, "copy": copied}
        if shutil.which("espeak-ng"):
            made["espeak"] = read_out
        return [self.reference(name, work) for name, work in made.items()]

    def spoken(self, folder: Path, speak: Callable[[Line], SoundAndRate | None]) -> Row:
        """Speak all sentences; returns the figures, and what can be listened to."""
        samples = listening_copies(self.settings, self.workspace, folder / "speech", self.lines, speak)
        table = folder / "speech" / "wav.scp"
        waves = dict(read_table(table)) if table.is_file() else {}
        found, each = self.scores(waves, (TEXT, SPEAKER, QUALITY, PAIR))
        return found | {"samples": [sample | each[sample["id"]] for sample in samples]}

    def measure(self, member: Member, settings: Settings, folder: Path) -> Row:
        """Train an acoustic model and let it speak the sentences."""
        settings = acoustic.limit(settings, member.init, self.seconds(member), self.options.max_steps)
        workspace = Workspace.of(settings)
        link = folder / "encoder"
        if not link.is_symlink():
            folder.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(self.embeddings, folder))
        row = acoustic.train(settings, workspace)
        voice = acoustic.make_voice(settings, workspace, folder / "voice")
        row |= size(voice.tts.state_dict(), sum(p.numel() for p in voice.tts.parameters()))

        def speak(line: Line) -> SoundAndRate:
            return voice.speak(line.text, seed=line.seed), voice.sample_rate

        first, samples = self.lines[: self.options.rtf_sentences], 0

        def work() -> None:
            nonlocal samples
            samples = sum(len(speak(line)[0]) for line in first)

        row["rtf"] = round(processor_seconds(work) / (samples / voice.sample_rate), 4)
        return row | self.spoken(folder, speak)

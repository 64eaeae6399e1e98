"""A voice in torch on a GPU: how long a sentence takes, and how much speech comes out a second.

Usage: python benchmarks/gpu.py VOICE [--batches 1 16] [--repeats 30] [--output exp/gpu.json]
       python benchmarks/gpu.py --check      # on a CPU, in seconds: does the program itself run

VOICE is a sealed voice directory of `tts=vits_mel` and `vocoder=istft`. `whole` is text to samples, as `Voice.speak`
does it: eager, and with 16-bit floats. `networks` are the four graphs of an export without what the host does between
them: eager, 16 bits, `torch.compile`, and CUDA graphs, which need shapes that no data decides. A batch is the same
sentence many times. Latency is the median of the repeats, after three that are not counted; nothing is played or kept.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import Tensor

from myna.deploy.graphs import Graphs, cut
from myna.files import atomic_text
from myna.networks.tts.batch import Texts
from myna.networks.voice import Voice
from myna.text.languages import language_number

SENTENCE = "The birch canoe slid on the smooth planks, and nobody on the shore had seen it come so early in the year."
WARM = 3
TTS = {"text_channels": 16, "text_layers": 1, "channels": 16, "layers": 1, "condition": 16, "decoder_layers": 1}
VOCODER = {"channels": 16, "inner": 32, "layers": 1}


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: `whole` or `networks`.
        mode: How it was computed.
        batch: Sentences at once.
        latency: Median seconds a batch.
        throughput: Seconds of speech a second.
        error: Why there is no figure; empty where there is one.
    """

    what: str
    mode: str
    batch: int
    latency: float = 0.0
    throughput: float = 0.0
    error: str = ""


def small_voice() -> Voice:
    """Return a voice with random weights, for `--check`."""
    from myna.networks.tts.vits_mel import VitsMel
    from myna.networks.vocoder.source_istft import SourceIstftVocoder
    from myna.networks.voice import VoiceConfig
    from myna.text.tokens import default_tokens

    torch.manual_seed(0)
    names = ("myna.networks.tts.vits_mel.VitsMel", "myna.networks.vocoder.source_istft.SourceIstftVocoder")
    tts, vocoder = ({"_target_": name, **sizes} for name, sizes in zip(names, (TTS, VOCODER), strict=True))
    config = VoiceConfig("nobody", "en-us", tts, vocoder, defaults={"variance": 0.0})
    parts = VitsMel(**TTS, one_step=True), SourceIstftVocoder(**VOCODER)  # type: ignore[arg-type]
    return Voice(config, *parts, torch.ones(256) / 16, default_tokens())


class Bench:
    """A voice on a device, with one sentence as inputs of every part.

    Args:
        voice: Is moved.
        device: `cuda` or `cpu`.
        repeats: Runs that count.
        sentence: Is spoken.
    """

    def __init__(self, voice: Voice, device: str, repeats: int, sentence: str = SENTENCE) -> None:
        """Move the voice."""
        self.device, self.repeats = device, repeats
        self.half = torch.float16 if device == "cuda" else torch.bfloat16
        self.defaults = voice.config.defaults
        self.numbers = voice.encode(sentence)
        self.code = language_number(voice.config.language)
        self.graphs: Graphs = cut(voice)
        for part in (*self.graphs.parts.values(), voice.tts, voice.vocoder):
            part.to(device)  # type: ignore[union-attr]
        self.speaker, self.tts, self.vocoder = voice.speaker.to(device), voice.tts, voice.vocoder
        self.rate, self.hop = voice.sample_rate, int(voice.vocoder.hop_length)  # type: ignore[union-attr, arg-type]

    def rows(self, batch: int, compiler: str) -> Iterator[Row]:
        """Give a row for each way to compute.

        Args:
            batch: Sentences at once.
            compiler: Backend of `torch.compile`.
        """
        whole, networks = self._whole(batch), self._networks(batch)
        modes: list[tuple[str, str, Callable[[], Any]]] = [
            ("whole", "eager", lambda: whole),
            ("whole", "16 bits", lambda: self._in_half(whole)),
            ("networks", "eager", lambda: networks),
            ("networks", "16 bits", lambda: self._in_half(networks)),
            ("networks", "torch.compile", lambda: self._networks(batch, compiler)),
            ("networks", "CUDA graphs", lambda: self._captured(networks)),
            ("networks", "CUDA graphs, 16 bits", lambda: self._captured(self._in_half(networks))),
        ]
        for what, mode, make in modes:
            yield self._row(what, mode, batch, make)

    @torch.inference_mode()
    def _row(self, what: str, mode: str, batch: int, make: Callable[[], Callable[[], Any]]) -> Row:
        try:
            run = make()
            with self._place():
                seconds = [self._timed(run) for _ in range(WARM + self.repeats)][WARM:]
        except Exception as error:  # each mode may fail in its own way, and the others are still of interest
            return Row(what, mode, batch, error=str(error).strip().partition("\n")[0][:120] or type(error).__name__)
        latency = float(np.median(seconds))
        return Row(what, mode, batch, latency, batch * self.frames * self.hop / self.rate / latency)

    @contextmanager
    def _place(self) -> Iterator[None]:
        # The graphs make their masks where torch makes tensors.
        with torch.device(self.device):
            yield

    def _timed(self, run: Callable[[], Any]) -> float:
        self._wait()
        start = time.perf_counter()
        run()
        self._wait()
        return time.perf_counter() - start

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def _whole(self, batch: int) -> Callable[[], Tensor]:
        tokens = torch.tensor([self.numbers] * batch, device=self.device)
        length = torch.full((batch,), len(self.numbers), device=self.device)
        speaker, code = self.speaker.expand(batch, -1), torch.full((batch,), self.code, device=self.device)

        def run() -> Tensor:
            mel, _ = self.tts.infer(Texts(tokens, length, speaker, code), **self.defaults)
            self.frames = mel.shape[1]
            wave: Tensor = self.vocoder(mel)  # type: ignore[misc]
            return wave

        with torch.inference_mode():
            run()  # its frames are those of the networks, too
        return run

    def _networks(self, batch: int, compiler: str = "") -> Callable[[], Any]:
        """Return a run of the four graphs over inputs of the sentence's size."""
        inputs: dict[str, list[Tensor]] = {}
        for name, examples in self.graphs.examples.items():
            length = len(self.numbers) if name == "text" else self.frames
            # The first row again and again, and every sentence of the batch the same.
            inputs[name] = [
                value[:, :1].repeat(batch, length, *[1] * (value.dim() - 2)).to(self.device)
                for value in examples.values()
            ]
        parts: dict[str, Any] = dict(self.graphs.parts)
        if compiler:
            parts = {name: torch.compile(part, backend=compiler) for name, part in parts.items()}
        return lambda: [parts[name](*given) for name, given in inputs.items()]

    def _in_half(self, run: Callable[[], Any]) -> Callable[[], Any]:
        def within() -> Any:
            with torch.autocast(self.device, self.half):
                return run()

        return within

    def _captured(self, run: Callable[[], Any]) -> Callable[[], Any]:
        if self.device != "cuda":
            raise RuntimeError("needs a GPU")
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream), self._place():
            for _ in range(WARM):
                run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph), self._place():
            run()
        return graph.replay


def table(rows: list[Row]) -> str:
    """Return rows as Markdown."""
    lines = ["| | | batch | ms | seconds of speech a second |", "|---|---|---|---|---|"]
    for row in rows:
        figures = (f"{1000 * row.latency:.2f}", f"{row.throughput:.0f}") if not row.error else ("–", row.error)
        lines.append(f"| {row.what} | {row.mode} | {row.batch} | {' | '.join(figures)} |")
    return "\n".join(lines) + "\n"


def measured(bench: Bench, batches: list[int], compiler: str) -> list[Row]:
    """Measure every way for every batch."""
    return [row for batch in batches for row in bench.rows(batch, compiler)]


def main(argv: list[str] | None = None) -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voice", type=Path, nargs="?")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--output", type=Path, default=Path("exp/gpu.json"))
    parser.add_argument("--check", action="store_true", help="a tiny voice on the CPU: does the program run")
    arguments = parser.parse_args(argv)
    if arguments.check:
        rows = measured(Bench(small_voice(), "cpu", 1, "Good morning."), [2], "eager")
        print(table(rows))
        return 0 if all(not row.error or "CUDA" in row.mode for row in rows) else 1
    if arguments.voice is None or not torch.cuda.is_available():
        parser.error("a voice and a GPU are needed; --check runs without either")
    from myna.serve.exit import find_voice

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    voice = Voice.load(find_voice(arguments.voice))
    rows = measured(Bench(voice, "cuda", arguments.repeats), arguments.batches, "inductor")
    device = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "python": platform.python_version()}
    atomic_text(arguments.output, json.dumps(device | {"rows": [asdict(row) for row in rows]}, indent=1) + "\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""A voice of `tts=vits` as a folder that `transformers.VitsModel` and `VitsTokenizer` load, with no code of Myna's.

One speaker is folded into the biases; several become the model's own speaker table. The language is folded in. The
tokenizer reads phonemes (IPA, as `myna.text.phonemes` gives them) between `^` and `$`: those two are its added tokens,
around which it puts no blanks, so its numbers are the ones that the network was trained on.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from myna.errors import MynaError
from myna.files import atomic_text, check_absent, fresh_folder, sha256
from myna.networks.tts.batch import Texts
from myna.networks.tts.vits import BLANK, DURATION_NOISE, Vits
from myna.networks.tts.vits_hf import Sizes, State, condition_table, fold_condition, to_theirs, with_weight_norm
from myna.networks.tts.vits_hf_decoder import branch_offsets, second_convolutions, without_output_bias
from myna.networks.voice import Voice
from myna.publish.hf_card import write_card
from myna.safety import terms
from myna.safety.admission import admit, load_card, recorded
from myna.safety.audit import Entry
from myna.safety.records import Scope
from myna.safety.seal import CONSENT, read_sealed
from myna.safety.types import Request
from myna.text.languages import canonical, language_number
from myna.text.tokens import BOS, EOS

CALIBRATION = 4  # sentences that the decoder's loudness is learned from


def export_hf(
    directory: Path,
    out: Path,
    others: Sequence[Path] = (),
    language: str | None = None,
    purpose: Scope = "private",
    requester: str = "local",
) -> Path:
    """Write a voice for `transformers`.

    What leaves speaks without labels, so an export is a release of its own: the consent must cover more than trying the
    voice here, the terms must be accepted, the log gets an entry, and the folder its id.

    Args:
        directory: Voice directory, sealed and with consent.
        out: Folder to make.
        others: Voice directories whose speakers the model learns to name too (`speaker_id` 1, 2, …); only their
            embeddings are read, and their consents checked.
        language: espeak-ng code that is folded in; the voice's own when left out.
        purpose: What the export is for: `private`, `publish` or `commercial`.
        requester: Who asks, for the log.

    Returns:
        `out`.

    Raises:
        MynaError: The voice has no HiFi-GAN decoder, a consent is not in order, or `out` exists.
    """
    check_absent(out)
    if purpose == "evaluation":
        raise MynaError("an export speaks without labels: its purpose is private, publish or commercial")
    voice = Voice.load(directory)
    language = canonical(language or voice.config.language)
    request = Request(output=out, purpose=purpose, language=language, requester=requester)
    admitted = {folder: admit(load_card(folder, purpose), request) for folder in (directory, *others)}
    terms.check_terms(request)
    speakers = {voice.config.name: voice.speaker}
    for folder in others:
        other = Voice.load(folder)
        if other.config.name in speakers:
            raise MynaError(f"two speakers are called {other.config.name!r}; rename one in its voice.yaml and seal it")
        speakers[other.config.name] = other.speaker
    with fresh_folder(out) as fresh:
        write_hf(voice, speakers, language, fresh)
        for number, (folder, name) in enumerate(zip(admitted, speakers, strict=True)):
            (fresh / _consent_name(name, number)).write_bytes(read_sealed(folder).files[CONSENT])
        with recorded("export", [*admitted.values()], request, sha256(fresh / "model.safetensors")) as entries:
            write_card(fresh, voice, [*speakers], language, read_sealed(directory).consent, entries[0])
            _mark(fresh / "myna.json", entries)
            fresh.rename(out)
    return out


def _consent_name(speaker: str, number: int) -> str:
    """Name the copy of a consent; what a voice calls itself may be a path."""
    plain = re.sub(r"[^\w-]+", "_", speaker)[:60]
    return CONSENT if not number else f"consent.{plain}.yaml" if plain == speaker else f"consent.{plain}_{number}.yaml"


def _mark(path: Path, entries: Sequence[Entry]) -> None:
    """Write into `myna.json` what was exported, from which sealed voices, with which consents and for what."""
    content = json.loads(path.read_text(encoding="utf-8"))
    kept = ("content_id", "voice", "pack_id", "consent_id", "purpose", "time", "essence")
    content["export"] = [{"synthetic": True, **{name: getattr(entry, name) for name in kept}} for entry in entries]
    atomic_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def write_hf(voice: Voice, speakers: Mapping[str, Tensor], language: str, out: Path) -> None:
    """Write model and tokenizer, without card and consents.

    Args:
        voice: The voice.
        speakers: Name to embedding `(256,)`; one is folded in, several become a table in this order.
        language: espeak-ng code.
        out: Folder to make.

    Raises:
        MynaError: The voice is no `Vits`, or its symbols are no single characters.
    """
    from safetensors.torch import save_file
    from transformers import VitsConfig, VitsTokenizer

    network = voice.tts
    if not isinstance(network, Vits):
        raise MynaError(
            f"a {type(network).__name__} has no place in transformers.VitsModel: only voices of tts=vits (HiFi-GAN "
            "decoder) are exported"
        )
    out.mkdir(parents=True)
    vocabulary = _vocabulary(voice, network)
    state, more = _weights(voice, network, speakers, language, list(vocabulary.values()))
    args = {k: v for k, v in voice.config.tts.items() if k != "_target_"}
    noise = float(voice.config.defaults.get("noise_scale", 0.667))
    settings = _sizes(network, args) | more
    config = VitsConfig(
        **settings,
        vocab_size=len(vocabulary),
        pad_token_id=0,
        sampling_rate=voice.sample_rate,
        speaking_rate=1 / float(network.duration_scale),
        noise_scale=noise,
        noise_scale_duration=DURATION_NOISE * noise / 0.667,
        architectures=["VitsModel"],
    )
    config.save_pretrained(out)
    save_file({k: v.contiguous().clone() for k, v in state.items()}, out / "model.safetensors", {"format": "pt"})
    numbers = {symbol: new for new, symbol in enumerate(vocabulary)}
    atomic_text(out / "vocab.json", json.dumps(numbers, ensure_ascii=False, indent=1) + "\n")
    blank = next(iter(vocabulary))
    marks = {"bos_token": BOS, "eos_token": EOS} if BOS in vocabulary else {}
    tokenizer = VitsTokenizer(
        str(out / "vocab.json"),
        pad_token=blank,
        unk_token=blank,
        language=language,
        add_blank=True,
        normalize=True,
        phonemize=False,
        is_uroman=False,
        **marks,
    )
    tokenizer.save_pretrained(out)
    names = ("posterior_layers", "posterior_stacks", "posterior_dilation", "mels")
    kept = {
        "posterior": {name: args[name] for name in names if name in args},
        "speakers": [*speakers],
        "language": language,
    }
    atomic_text(out / "myna.json", json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def _weights(
    voice: Voice, network: Vits, speakers: Mapping[str, Tensor], language: str, rows: list[int]
) -> tuple[State, dict[str, Any]]:
    """Return the weights under their names, and what config.json says of speakers and widths."""
    args = voice.config.tts
    sizes = Sizes.of(args)
    state = {name: value.detach().clone() for name, value in network.state_dict().items()}
    code = torch.tensor([language_number(language)])
    with torch.no_grad():
        conditions = torch.cat([network.condition(e[None], code)[:, :, 0] for e in speakers.values()])
    if not sizes.pairs:
        offsets = branch_offsets(network.decoder, lambda: _speak(voice, speakers, language))
        state = second_convolutions(state, sizes, offsets)
        sizes = Sizes(**{**vars(sizes), "pairs": True})
    state = without_output_bias(state, sizes)
    more: dict[str, Any] = {"upsample_initial_channel": state["decoder.input_conv.weight"].shape[0]}
    if len(speakers) == 1:
        out = to_theirs(fold_condition(state, sizes, conditions[0]), sizes)
        more |= {"num_speakers": 1, "speaker_embedding_size": 0}
    else:
        out = to_theirs(state, sizes) | condition_table(state, sizes) | {"embed_speaker.weight": conditions}
        more |= {"num_speakers": len(speakers), "speaker_embedding_size": conditions.shape[1]}
    out["text_encoder.embed_tokens.weight"] = state["text_encoder.embed.weight"][rows]
    return with_weight_norm(out), more


def _speak(voice: Voice, speakers: Mapping[str, Tensor], language: str) -> None:
    """Let the voice say a few sentences, livelier than it usually does."""
    from myna.adapt.unseen import sentences_file

    texts = sentences_file(language).read_text(encoding="utf-8").splitlines()[:CALIBRATION]
    code = torch.tensor([language_number(language)])
    for text in texts:
        numbers = torch.tensor([voice.encode(text, language)])
        for embedding in speakers.values():
            voice.tts.infer(Texts(numbers, torch.tensor([numbers.shape[1]]), embedding[None], code), noise_scale=0.8)


def _vocabulary(voice: Voice, network: Vits) -> dict[str, int]:
    """Return the symbols that the weights know, the blank first, with their number in the voice."""
    found = {voice.tokens.symbols[BLANK]: BLANK}
    found |= {s: n for n, s in enumerate(voice.tokens.symbols) if n != BLANK and bool(network.known[n])}
    long = [symbol for symbol in found if len(symbol) != 1]
    if long:
        raise MynaError(f"the symbol {long[0]!r} is no single character, as VitsTokenizer reads; use text=espeak")
    return found


def _sizes(network: Vits, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the network's sizes under the names of `VitsConfig`."""
    scales = [int(s) for s in args.get("scales", (8, 8, 4))]
    if any(scale % 2 for scale in scales):
        raise MynaError(f"upsampling factors {scales} are not all even, which transformers' decoder needs")
    hidden = int(args.get("hidden", 192))
    return {
        "hidden_size": hidden,
        "flow_size": hidden,
        "num_hidden_layers": int(args.get("text_layers", 6)),
        "num_attention_heads": int(args.get("heads", 2)),
        "window_size": int(args.get("window", 4)),
        "ffn_dim": int(args.get("inner", 768)),
        "ffn_kernel_size": int(args.get("text_kernel", 3)),
        "spectrogram_bins": int(args.get("mels", 80)),
        "upsample_rates": scales,
        "upsample_kernel_sizes": [int(k) for k in args.get("kernels", (16, 16, 8))],
        "resblock_kernel_sizes": [int(k) for k in args.get("res_kernels", (3, 5, 7))],
        "resblock_dilation_sizes": [
            [int(d) for d in ds] for ds in args.get("res_dilations", ((1, 2), (2, 6), (3, 12)))
        ],
        "prior_encoder_num_flows": int(args.get("flows", 4)),
        "prior_encoder_num_wavenet_layers": int(args.get("flow_layers", 4)),
        "posterior_encoder_num_wavenet_layers": int(args.get("posterior_layers", 8)),
    }


def spoken_form(symbols: Sequence[str]) -> str:
    """Return phoneme symbols as the exported tokenizer wants them: between `^` and `$`."""
    return unicodedata.normalize("NFD", BOS + "".join(symbols) + EOS)

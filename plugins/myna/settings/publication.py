"""`pack:` and `upload:`, which stage 7 reads."""

from typing import Annotated, Literal

from pydantic import Field

from myna.settings.group import Group
from myna.settings.numbers import Flag, Real


class Pack(Group):
    """Stage 7a: one folder that can be published.

    Attributes:
        voice: Folder of the voice.
        dir: Folder of the pack.
        results: Scores of stage 6.
        nemo: Packed when it is there.
        sets: Described in the card; the target's first.
        check_text: What the pack must say; null: two sentences of conf/sentences/<language>.txt.
        check_wer: Highest word error rate of that.
        whisper_model: A multilingual faster-whisper model for languages other than English.
    """

    voice: str
    dir: str
    results: str
    nemo: str
    sets: tuple[str, ...]
    check_text: str | None
    check_wer: Annotated[Real, Field(ge=0)]
    whisper_model: str | None


class Upload(Group):
    """Stage 7b: to a hub.

    Attributes:
        pack: Folder of the pack.
        hub: hf (Hugging Face) or ms (ModelScope).
        client: Who uploads: hub (its own client), espnet (upload_model) or nemo (push_to_hf_hub, the vocoder alone).
        repo: owner/name; null: nothing is uploaded.
        private: Whether a new repository is hidden from others.
        endpoint: Address of the hub; null: HF_ENDPOINT or MODELSCOPE_ENDPOINT, else the public hub.
    """

    pack: str
    hub: Literal["hf", "ms"] = "hf"
    client: Literal["hub", "espnet", "nemo"] = "hub"
    repo: str | None
    private: Flag
    endpoint: str | None

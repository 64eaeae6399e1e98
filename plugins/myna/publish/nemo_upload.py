"""The vocoder of a pack to Hugging Face through NeMo's own `push_to_hf_hub`."""

from pathlib import Path

from myna.errors import MynaError
from myna.publish.hugging_face import asked, spoken_to
from myna.workspace import run_first

# What a card of NeMo's hub has to say beside the pack's own header: its file names classes of Myna.
BODY = """
# {name}

The vocoder of a voice made with [Myna]: log-mel `(B, 80, T)` to sound at 22 050 Hz, in NeMo's HiFi-GAN model. What it
speaks is synthetic; whoever lets others hear it has to say so.

```python
from myna.nemo.vocoder import VocoderModel

vocoder = VocoderModel.from_pretrained("{repo}").eval()
wave = vocoder(spec=mel)  # (B, 1, S)
```
"""


def push(pack: Path, repo: str, private: bool, endpoint: str | None = None) -> tuple[str, str | None]:
    """Upload `vocoder.nemo` as `<name>.nemo`, beside a card with the header of the pack's.

    Returns:
        The repository's address and the commit.

    Raises:
        MynaError: The pack holds no vocoder that NeMo trained, or the hub cannot be reached or refuses.
    """
    path = pack / "vocoder.nemo"
    if not path.is_file():
        raise MynaError(f"{path} is missing: NeMo trained no vocoder for it; {run_first('train_hifigan')}")
    header = (pack / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    card = f"---\n{header}---\n" + BODY.format(name=repo.partition("/")[2], repo=repo)
    with asked(repo, endpoint) as api, spoken_to(api.endpoint):
        from myna.nemo.vocoder import VocoderModel

        vocoder = VocoderModel.restore_from(str(path), map_location="cpu")
        vocoder.push_to_hf_hub(repo, private=private, api_endpoint=api.endpoint, model_card=card)
        return f"{api.endpoint}/{repo}", str(api.model_info(repo).sha)

"""The card of a page: what is in it, and what who serves it has to do."""

from myna.deploy import web_programs
from myna.deploy.bundle import Description
from myna.deploy.graph_parts import WORDS
from myna.safety.audit import Entry

TEXT = """# {name}: a cloned voice that speaks in the browser, {precision}

Serve this folder, all of it, with any web server; `python -m http.server` is enough to try it on this machine:

```
python -m http.server --bind 127.0.0.1 --directory FOLDER 8000
```

## What a host must do

- Serve it over https: browsers let a page check and keep files nowhere else, but on the machine itself.
- Keep the marks: the tone before the speech, the watermark, the label in each WAV file, and the notice on the page
  ("AI-generated", 人工智能合成). Who changes the page has to keep them, by law in some places.
- Keep `voice/consent.yaml` and `voice/README.md` with it: they say whose voice it is and what the person agreed to.
  This export was made on {day} for the purpose "{purpose}"; take the page down when the consent ends or is taken back.
- Know that whoever can open the page can copy the voice. Where the consent is for few people, ask for a password.
- Send the page's Content-Security-Policy as a header too: workers do not hear of the one in `index.html`.
- Send `.mjs` and `.js` as `text/javascript`, `.wasm` as `application/wasm`; compress `.wasm`.

{reads}

## What is in it

`voice/` is a sealed export, see its README. `manifest.json` holds the SHA-256 of every model and program, and the page
uses none that differs; its own hash stands in `index.html`. `ort/` is {runtime} (Microsoft, MIT licence, see
`ort.LICENSE.txt`). `mandarin/` holds readings of Chinese from the package pypinyin (MIT licence) and grammars of
numbers and dates from the package wetext (Apache-2.0), each with its licence. The rest is part of Myna (Apache-2.0).
Nothing is fetched from elsewhere, and nothing is sent.

Each sound has a content number of its own, which begins with {content_id}, the entry of this export in the log of the
site that made it. The label in the file is not signed, for a page can keep no key: `myna verify` finds watermark, tone
and label, and says that the signature is missing.
"""
WITH = """## espeak-ng

`espeak/` is {program}, a program of its own under GPL-3.0-or-later, see `espeak/LICENSE`; its source is at
https://github.com/ianmarmour/espeak-ng.js and https://github.com/espeak-ng/espeak-ng. Who passes the folder on passes
that program on under its licence. The page talks with it by messages, and without it reads Chinese alone."""
WITHOUT = """## espeak-ng is missing

The page reads all but Chinese with {program}, a program of its own under GPL-3.0-or-later, which was not asked for.
Export with `--espeak`, or put `espeak-ng.js`, `espeak-ng.wasm` and `LICENSE` of that npm package into `espeak/`."""


def card_text(config: Description, entry: Entry, reads: bool) -> str:
    """Return the card, Markdown.

    Args:
        config: Of the export.
        entry: Of the log.
        reads: espeak-ng is part of the folder.
    """
    return TEXT.format(
        name=config.name,
        precision=WORDS[config.precision],
        day=str(entry.time)[:10],
        purpose=entry.purpose,
        reads=(WITH if reads else WITHOUT).format(program=web_programs.ESPEAK.package),
        runtime=web_programs.RUNTIME.package,
        content_id=entry.content_id,
    )

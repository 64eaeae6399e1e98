"""The commands `myna consent`, `myna verify` and `myna audit`."""

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from myna.arguments import Parser, count
from myna.errors import MynaError, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from myna.safety.records import ConsentRecord


def main(argv: list[str]) -> int:
    """Run a command.

    Args:
        argv: The name of the command first: `consent`, `verify` or `audit`.

    Returns:
        Exit status. Of `verify`: 0 labels in order, 1 incomplete or altered, 3 no sign of synthesis.

    Raises:
        MynaError: What a person can put right.
    """
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="myna", description="Consent, labels and their verification.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_verify(commands)
    _add_audit(commands)
    consent = commands.add_parser("consent", help="consent records of speakers")
    actions = consent.add_subparsers(required=True, metavar="ACTION")
    _add_new(actions)
    _add_record_actions(actions)
    _add_terms(actions)
    return parser


def _add_verify(commands: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    verify = commands.add_parser("verify", help="tell what labels a sound carries and who made it")
    verify.add_argument("file", type=Path)
    verify.add_argument("--json", action="store_true", help="for machines")
    verify.set_defaults(run=_verify)


def _add_audit(commands: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    audit = commands.add_parser("audit", help="list the log of releases and check its chain")
    audit.add_argument("--json", action="store_true", help="one JSON object a line")
    audit.add_argument("--last", type=count, default=0, metavar="N", help="only the last N entries")
    audit.add_argument("--since", metavar="HASH", help="only entries after this one, which must be there")
    audit.add_argument("--prune", type=count, metavar="DAYS", help="forget entries older than DAYS (at least 180)")
    audit.set_defaults(run=_audit)


def _add_new(actions: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    from myna.safety.records import SCOPES, Basis

    new = actions.add_parser("new", help="write a record, unsigned")
    new.add_argument("record", type=Path, help="file to write, e.g. consent.yaml")
    new.add_argument("--speaker", required=True, help="speaker id of the data directory")
    new.add_argument("--who", required=True, help="name of the person or corpus")
    new.add_argument("--basis", required=True, choices=Basis.__args__)  # type: ignore[attr-defined]
    new.add_argument("--scope", required=True, choices=SCOPES)
    new.add_argument("--licence", default="", help="licence of the recordings")
    new.add_argument("--languages", nargs="*", default=[], help="espeak-ng codes the voice may speak (default: any)")
    new.add_argument("--expires", type=date.fromisoformat, help="last day, YYYY-MM-DD")
    proof = new.add_mutually_exclusive_group()
    proof.add_argument("--evidence", type=Path, help="file that proves the consent")
    proof.add_argument("--clip", type=Path, help="spoken consent; the sentence is shown by `myna consent sentence`")
    _add_language(new)
    new.add_argument(
        "--recordings", nargs="*", type=Path, default=[], help="clips of the speaker, to compare --clip with"
    )
    new.set_defaults(run=_new)
    sentence = actions.add_parser("sentence", help="show the sentence that a spoken consent must say")
    sentence.add_argument("--who", required=True)
    sentence.add_argument("--scope", required=True, choices=SCOPES)
    _add_language(sentence)
    sentence.set_defaults(run=_sentence)


def _add_language(action: argparse.ArgumentParser) -> None:
    from myna.safety.clip import SENTENCES

    action.add_argument(
        "--sentence-language", default="en", choices=sorted(SENTENCES), help="of the sentence (default: en)"
    )


def _add_record_actions(actions: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    from myna.safety.records import SCOPES

    for name, run, text in (
        ("sign", _sign, "sign a record with Ed25519"),
        ("revoke", _revoke, "take a consent back"),
        ("verify", _check, "check a record against a purpose"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("record", type=Path)
        if name == "verify":
            action.add_argument("--purpose", default="evaluation", choices=SCOPES)
            action.add_argument("--language", help="espeak-ng code to be spoken")
        else:
            action.add_argument(
                "--key", type=Path, help="Ed25519 private key in PEM form (default: the key of this site)"
            )
        action.set_defaults(run=run)
    again = actions.add_parser("seal", help="seal a voice of an older Myna anew, with its consent")
    again.add_argument("voice", type=Path, help="voice directory whose consent.yaml you have read")
    again.set_defaults(run=_seal)
    trust = actions.add_parser("trust", help="believe the signatures of a key")
    trust.add_argument("public_key", help="64 hexadecimal digits")
    trust.add_argument("--remark", default="", help="whose key it is")
    trust.set_defaults(run=_trust)


def _add_terms(actions: argparse._SubParsersAction) -> None:  # type: ignore[type-arg]
    terms = actions.add_parser("terms", help="show the user agreement, or record that it is accepted")
    terms.add_argument("--accept", action="store_true")
    terms.add_argument("--requester", default="local", help="who accepts")
    terms.add_argument("--language", default="en", choices=["en", "zh"])
    terms.set_defaults(run=_terms)
    undertake = actions.add_parser(
        "undertake", help="take on the duty to label, so that the audible cue may be left out"
    )
    undertake.add_argument("file", type=Path)
    undertake.add_argument("--requester", required=True)
    undertake.add_argument("--reason", required=True)
    undertake.set_defaults(run=_undertake)


def _verify(arguments: argparse.Namespace) -> int:
    from myna.safety.verify import describe, verify

    finding = verify(arguments.file)
    if arguments.json:
        import json

        print(json.dumps({**finding.model_dump(mode="json"), "status": finding.status}, ensure_ascii=False, indent=2))
    else:
        print(describe(finding))
    return finding.status


def _audit(arguments: argparse.Namespace) -> int:
    from myna.safety import audit

    if arguments.prune is not None:
        print(f"{audit.prune(arguments.prune)} entries forgotten")
    entries = audit.since(arguments.since) if arguments.since else audit.check_chain()
    for entry in entries[-arguments.last :]:
        if arguments.json:
            print(entry.model_dump_json())
        else:
            line = (
                f"{entry.number:6d} {entry.time} {entry.event:8s} {entry.content_id or '-':32s} "
                f"voice={entry.voice or '-'} by={entry.requester} for={entry.purpose or '-'} "
                f"cue={entry.cue or '-'} file={entry.file or '-'}"
            )
            print(line if line.isprintable() else line[:7] + told(line[7:]))  # a name may not look like another entry
    if not arguments.json:
        count = f"{len(entries)} entries{' since then' if arguments.since else ''}"
        print(f"{count}, the chain holds ({audit.log_path()})")
        if entries:
            print(f"newest: {entries[-1].hash} (note it elsewhere; `myna audit --since` misses it in a replaced log)")
    return 0


def _new(arguments: argparse.Namespace) -> int:
    from myna.safety import clip
    from myna.safety.records import Evidence, evidence_hash, new

    _check_new(arguments.record)
    evidence = None
    if arguments.evidence:
        evidence = Evidence(file=str(arguments.evidence.resolve()), sha256=evidence_hash(arguments.evidence))
    if arguments.clip:
        evidence = clip.check_clip(
            arguments.clip.resolve(),
            arguments.who,
            arguments.scope,
            arguments.recordings,
            language=arguments.sentence_language,
        )
    record = new(
        speaker=arguments.speaker,
        who=arguments.who,
        basis=arguments.basis,
        scope=arguments.scope,
        evidence=evidence,
        licence=arguments.licence,
        languages=arguments.languages,
        expires=arguments.expires,
    )
    record.save(arguments.record)
    print(f"{arguments.record}: written, not yet signed; next: myna consent sign {arguments.record}")
    return 0


def _check_new(path: Path) -> None:
    """Never write over what somebody signed."""
    if path.exists() or path.is_symlink():
        raise MynaError(f"{path} exists and is not replaced; name another file, or move it away")


def _sentence(arguments: argparse.Namespace) -> int:
    from myna.safety.clip import sentence

    print(sentence(arguments.who, arguments.scope, arguments.sentence_language))
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    from myna.safety import consent

    record, sealed = _with_key(arguments, consent.sign)
    print(f"{arguments.record}: signed by {record.public_key}{sealed}")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from myna.safety import consent

    record, sealed = _with_key(arguments, consent.revoke)
    print(f"{arguments.record}: revoked; every copy of consent {record.id} is refused here from now on{sealed}")
    return 0


def _with_key(
    arguments: argparse.Namespace, change: "Callable[[ConsentRecord, Ed25519PrivateKey], ConsentRecord]"
) -> "tuple[ConsentRecord, str]":
    """Change a record with a person's key or that of this site, and write it; returns it and what became of a seal."""
    from myna.safety import records, state

    key = state.load_key(arguments.key) if arguments.key else state.site_key()
    record = change(records.load(arguments.record), key)
    return record, _save(record, arguments.record)


def _save(record: "ConsentRecord", path: Path) -> str:
    """Write a record; the voice that it lies in is sealed anew, if its seal held until now."""
    from myna.safety import seal

    voice = path.parent if path.name == seal.CONSENT and (path.parent / seal.NAME).is_file() else None
    if voice is not None:
        seal.read_sealed(voice, without_consent=True)
    record.save(path)
    if voice is None:
        return ""
    seal.seal(voice)
    return f"; {voice} is sealed anew"


def _seal(arguments: argparse.Namespace) -> int:
    from myna.safety import seal

    pack = seal.seal_again(arguments.voice)
    print(f"{arguments.voice}: sealed with its consent, pack {pack[:12]}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from myna.safety import consent, records

    record = records.load(arguments.record)
    consent.check(record, arguments.purpose, language=arguments.language, directory=arguments.record.parent)
    print(
        f"{arguments.record}: {record.who or record.speaker} allows {record.scope} ({record.basis}), which covers "
        f"{arguments.purpose}; expires {record.expires or 'never'}; {'signed' if record.signature else 'not signed'}"
    )
    return 0


def _trust(arguments: argparse.Namespace) -> int:
    from myna.safety import trust

    trust.add_key(arguments.public_key, arguments.remark)
    print(f"{arguments.public_key} is trusted from now on ({trust.keys_path()})")
    return 0


def _terms(arguments: argparse.Namespace) -> int:
    from myna.safety import terms

    if arguments.accept:
        terms.accept(arguments.requester, arguments.language)
        print(f"{arguments.requester} accepted {terms.text_path(arguments.language).name}")
        return 0
    print(terms.text_path(arguments.language).read_text(encoding="utf-8"))
    print(f"[{arguments.requester}: {'accepted' if terms.accepted(arguments.requester) else 'not accepted'}]")
    return 0


def _undertake(arguments: argparse.Namespace) -> int:
    import yaml

    from myna.files import atomic_text, sha256
    from myna.safety import terms

    _check_new(arguments.file)
    undertaking = terms.Undertaking(
        requester=arguments.requester,
        accepted=datetime.now(UTC),
        reason=arguments.reason,
        duty=terms.DUTY,
        terms_sha256=sha256(terms.text_path()),
    )
    atomic_text(
        arguments.file, yaml.safe_dump(undertaking.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    )
    print(f"{arguments.file}: {arguments.requester} takes on this duty: {terms.DUTY}")
    return 0

"""Which arguments does a class take? Read off its source: a wrong one is refused before anything is imported."""

import ast
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Union

from pydantic import TypeAdapter, ValidationError

from myna.errors import MynaError
from myna.settings.wording import nearest, shown, words

_PLAIN: dict[str, Any] = {"int": int, "float": float, "bool": bool, "str": str, "None": None, "Any": Any}
_LISTS = ("list", "tuple", "Sequence", "Iterable", "List", "Tuple")


@dataclass(frozen=True)
class Signature:
    """What a function takes.

    Attributes:
        takes: Type of each argument, `Any` where the source does not say it in plain types.
        needs: Those without a default.
        open: Whether it takes others, too.
    """

    takes: Mapping[str, Any]
    needs: tuple[str, ...]
    open: bool


@dataclass(frozen=True)
class Source:
    """A definition in a module.

    Attributes:
        file: The module.
        node: The class or function.
    """

    file: Path
    node: ast.ClassDef | ast.FunctionDef


def check_arguments(key: str, built: Mapping[str, Any], method: str = "__init__") -> None:
    """Refuse a part that names what is not there, or arguments that it does not take.

    Args:
        key: Dotted key of the part, for the error.
        built: `_target_` and arguments.
        method: Of the class: what takes them.

    Raises:
        MynaError: Names the key, the value and what fits. A source that cannot be found or read off passes.
    """
    target = str(built["_target_"])
    check_there(f"{key}._target_", target)
    found = signature_of(target, method)
    if found is None:
        return
    name, given = target.rpartition(".")[2], {k: v for k, v in built.items() if not k.startswith("_")}
    for argument, value in given.items():
        if argument not in found.takes:
            if found.open:
                continue
            hint = nearest(argument, found.takes)
            raise MynaError(f"{key}.{argument}={shown(value)}: {name} takes no such argument; {hint}")
        check_value(f"{key}.{argument}", value, found.takes[argument])


def check_value(key: str, value: Any, hint: Any) -> None:
    """Compare a value with a type; numbers must be finite.

    Raises:
        MynaError: It does not fit.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise MynaError(f"{key}={value}: a finite number fits")
    if hint is Any:
        return
    try:
        # Through JSON, where a list stands for a tuple and nothing else stands for anything else.
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise MynaError(f"{key}={shown(value)}: {words(TypeAdapter(hint).json_schema())} fits") from error


def check_there(key: str, target: str) -> None:
    """Refuse a dotted name whose package or, within the package `myna`, whose definition is not there.

    Raises:
        MynaError: Names the key and the nearest name.
    """
    module, _, name = target.rpartition(".")
    file = _file(module)
    if file is None and (PathFinder.find_spec(module.partition(".")[0]) is None or module.startswith("myna.")):
        remedy = "correct the name, or name its folder with --conf-dir"
        raise MynaError(f"{key}={target}: there is no module {module}; {remedy}")
    if file is not None and module.startswith("myna.") and _definition(file, name) is None:
        raise MynaError(f"{key}={target}: {module} has no {name}; {nearest(name, list(_names(file)))}")


@lru_cache(maxsize=256)
def signature_of(target: str, method: str = "__init__") -> Signature | None:
    """Return what a dotted name takes; None where its source does not tell."""
    module, _, name = target.rpartition(".")
    file = _file(module)
    source = _definition(file, name) if file else None
    if source is None:
        return None
    if isinstance(source.node, ast.FunctionDef):
        return _read(source.node.args, skip=0)
    return _of_class(source, method)


def _of_class(source: Source, method: str) -> Signature | None:
    """Return what a class's method takes; what `**more` passes on is looked up in its base."""
    assert isinstance(source.node, ast.ClassDef)
    if any("dataclass" in ast.unparse(decorator) for decorator in source.node.decorator_list):
        return None
    own = next((n for n in source.node.body if isinstance(n, ast.FunctionDef) and n.name == method), None)
    found = _read(own.args, skip=1) if own else None
    if found is not None and not found.open:
        return found
    for base in source.node.bases:
        above = _definition(source.file, ast.unparse(base).rpartition(".")[2])
        inherited = _of_class(above, method) if above and isinstance(above.node, ast.ClassDef) else None
        if inherited is not None:
            if found is None:
                return inherited
            needs = (*found.needs, *(name for name in inherited.needs if name not in found.takes))
            return Signature({**inherited.takes, **found.takes}, needs, inherited.open)
    return found


def _read(args: ast.arguments, skip: int) -> Signature:
    places = [*args.posonlyargs, *args.args][skip:]
    without = len(places) - len(args.defaults)
    keywords = [(a, d is None) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    every = [(a, n < without) for n, a in enumerate(places)] + keywords
    return Signature(
        {a.arg: _type(a.annotation) for a, _ in every},
        tuple(a.arg for a, need in every if need),
        args.kwarg is not None,
    )


def _type(node: ast.expr | None) -> Any:
    """Return the plain type that an annotation writes; `Any` for all others."""
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, ast.Name):
        return _PLAIN.get(node.id, Any)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([node.left, node.right])
    if not isinstance(node, ast.Subscript):
        return Any
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    kind = ast.unparse(node.value).rpartition(".")[2]
    if kind in ("Union", "Optional"):
        return _either([*inner, *([ast.Constant(None)] if kind == "Optional" else [])])
    if kind not in _LISTS:
        return Any
    return list if _type(inner[0]) is Any else list[_type(inner[0])]  # type: ignore[misc]


def _either(parts: list[ast.expr]) -> Any:
    """Return a choice of types; no file can hold a tensor, so that it may also be one is left out."""
    kinds = [_type(part) for part in parts if ast.unparse(part).rpartition(".")[2] != "Tensor"]
    return Any if Any in kinds or not kinds else Union[tuple(kinds)]  # noqa: UP007


def _definition(file: Path, name: str, depth: int = 4) -> Source | None:
    """Find a class or function in a module, or where the module imports it from."""
    for node in _tree(file).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return Source(file, node)
        if isinstance(node, ast.ImportFrom) and depth and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name and (other := _file(node.module)):
                    return _definition(other, alias.name, depth - 1)
    return None


def _names(file: Path) -> Iterator[str]:
    yield from (node.name for node in _tree(file).body if isinstance(node, ast.ClassDef | ast.FunctionDef))


@lru_cache(maxsize=256)
def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _file(module: str) -> Path | None:
    """Find a module's file without importing its packages; of one that is imported, its own search path counts."""
    package, _, last = module.rpartition(".")
    for folder in getattr(sys.modules.get(package), "__path__", ()):
        if (found := _in(Path(folder, last))) is not None:
            return found
    top, *rest = module.split(".")
    spec = PathFinder.find_spec(top)
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        if (found := _in(Path(folder, *rest))) is not None:
            return found
    return None


def _in(place: Path) -> Path | None:
    """Return the file of a module or of a package."""
    files = (place.with_name(place.name + ".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)

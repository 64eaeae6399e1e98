"""Benchmarks and the base's programs run rarely: what they take from the package must be there all the same."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("recipes/base/local/*.py")])


def module_file(name: str) -> Path | None:
    place = ROOT / "plugins" / Path(*name.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def names(file: Path) -> set[str]:
    """All that a module binds, wherever in it; and the modules beside it, of a package."""
    found = {path.stem for path in file.parent.iterdir()} if file.name == "__init__.py" else set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.TypeAlias):
            found.add(node.name.id)
    return found


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_what_a_program_imports_of_myna_is_there(program: Path) -> None:
    """`benchmarks/encoders.py` asked for a function that had another name by then, and nothing said so."""
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "myna":
            file = module_file(str(node.module))
            assert file is not None, node.module
            assert {alias.name for alias in node.names} <= names(file), (node.module, node.lineno)

"""`myna recipe`: what run.sh calls, with the names of stages in place of their numbers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from myna.arguments import Parser
from myna.recipe.call import typed
from myna.recipe.cluster import check_cluster
from myna.recipe.compatibility import check_words
from myna.recipe.compose import compose_recipe, find_recipe, project_root
from myna.recipe.logs import logs_on_terminal
from myna.recipe.name import checked_name
from myna.recipe.run import Recipe, StageRunner


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `myna recipe`."""
    parser = Parser(prog="myna recipe", description="Run the stages of a recipe.", allow_abbrev=False)
    parser.add_argument("recipe", help="name of a folder in recipes/")
    parser.add_argument("--stages", nargs="+", default=None, help="names of stages (default: all)")
    parser.add_argument(
        "--numbers", default="", help="what a person calls each stage: name=number, separated by spaces"
    )
    parser.add_argument("--root", type=Path, default=None, help="the folder that holds recipes/")
    parser.add_argument(
        "--compare", default=None, metavar="GROUPS", help="then compare all members of encoder, tts, vocoder (commas)"
    )
    parser.add_argument("--target", type=Path, default=None, help="folder of the recordings to clone")
    parser.add_argument("--name", default=None, help="name of the person who is cloned")
    parser.add_argument("--overrides", nargs=argparse.REMAINDER, default=[], help="Hydra overrides; comes last")
    return parser


def main(argv: Sequence[str]) -> int:
    """Compose the configuration and run the stages that are not complete.

    Raises:
        MynaError: anything that a person can put right.
    """
    args = build_parser().parse_args(argv)
    with logs_on_terminal():
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    recipe_dir = find_recipe(args.recipe, args.root or project_root())
    values: dict[str, object] = {}
    if args.target is not None:
        values["create_dataset.target"] = str(args.target.absolute())
    if args.name is not None:
        values["create_dataset.name"] = checked_name(args.name)
    if args.compare:
        values["compare.groups"] = args.compare.split(",")
    config = compose_recipe(recipe_dir, args.overrides, values)
    check_words(config, args.overrides, args.stages)
    check_cluster(config, args.stages)
    if args.compare:
        from myna.compare.members import choose_members

        settings = typed(config)
        choose_members(settings.compare)  # a wrong name is said at once
    numbers = dict(pair.split("=", 1) for pair in args.numbers.split())
    recipe = Recipe(config, system_runner, numbers)
    recipe.run(args.stages or list(recipe.stages))
    if args.compare:
        from myna.compare import run

        print(f"comparison: {run.run(settings, args.overrides)}")
    return 0


def system_runner(config: DictConfig) -> StageRunner:
    """Build the ESPnet3 system (the import takes half a minute) and return a function that runs one stage of it."""
    from myna.espnet.system import stage_runner

    return stage_runner(config)

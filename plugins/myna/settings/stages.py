"""`stages:`: what a stage is to the driver; conf/training.yaml says what each key means."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from myna.settings.group import Group


class StageEntry(Group):
    """One stage.

    Attributes:
        target: The function that does the work.
        nodes: The nodes that it depends on; -node: less this part.
        after: The stages whose results it reads.
        inputs: Files, folders or patterns from outside the earlier stages; null: none.
        outputs: Patterns that each match something when the stage is complete.
        remove: Derived files that a changed config or input makes stale.
        set_aside: The same for what took hours.
    """

    target: str = Field(alias="_target_")
    nodes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _without_conversion(cls, value: Any) -> Any:
        # ESPnet3's own launcher says `_convert_: all` beside every `_target_`; a function does not read it.
        return {key: inner for key, inner in value.items() if key != "_convert_"}

    @field_validator("nodes", "after", "inputs", "outputs", "remove", "set_aside", mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value or ()
        return [str(item) for item in value if item is not None]

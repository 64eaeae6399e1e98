"""The numbers that a configuration holds: strict (a word or a truth value is no number), finite and within bounds."""

from typing import Annotated

from pydantic import AllowInfNan, Field, Strict

Whole = Annotated[int, Strict()]
Real = Annotated[float, Strict(), AllowInfNan(False)]
Flag = Annotated[bool, Strict()]

Count = Annotated[Whole, Field(ge=0, le=10**9)]
Some = Annotated[Whole, Field(ge=1, le=10**9)]  # at least one
Steps = Annotated[Whole, Field(ge=0, le=10**9)]
BatchSize = Annotated[Whole, Field(ge=1, le=65_536)]
Frames = Annotated[Whole, Field(ge=1, le=10**7)]
Workers = Annotated[Whole, Field(ge=0, le=4096)]
Share = Annotated[Real, Field(ge=0, le=1)]
Positive = Annotated[Real, Field(gt=0, le=1e9)]
Seconds = Annotated[Real, Field(gt=0, le=1e9)]
Budget = Annotated[Real, Field(ge=0, le=1e9)]  # seconds
Minutes = Annotated[Real, Field(ge=0, le=10_000)]
Rate = Annotated[Real, Field(gt=0, le=10)]  # learning rate
Weight = Annotated[Real, Field(ge=0, le=1e6)]  # of a loss
Speed = Annotated[Real, Field(ge=0.25, le=4)]  # factor
Cosine = Annotated[Real, Field(ge=-1, le=1)]

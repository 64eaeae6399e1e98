"""`trainer:` and `parallel:`: on what a stage computes."""

from typing import Annotated, Any, Literal

from pydantic import Field

from myna.settings.group import Group
from myna.settings.numbers import Flag, Positive, Seconds, Some, Whole, Workers

Precision = Literal[
    "32-true", "16-mixed", "bf16-mixed", "16-true", "bf16-true", "64-true", "32", "16", "bf16", "64", 32, 16, 64
]


class Trainer(Group):
    """Lightning's trainer.

    Attributes:
        accelerator: Processor or GPU.
        devices: How many; -1 or auto: all.
        num_nodes: Machines.
        strategy: How processes share the work: a name that Lightning knows.
        srun: Options of Slurm's srun, which then starts the processes; null: they are started on this machine.
        precision: Of numbers.
        max_steps: null: the number that the model's own config names.
        max_seconds: null: no limit; otherwise training stops after this time and keeps its best checkpoint.
        log_every_n_steps: Steps between two records of the curves.
        clock: Which seconds count: of the processor or of the day; null: of the day.
        gradient_clip_val: Greatest norm of the gradients; null: the model's own.
        accumulate_grad_batches: Batches before a step; null: 1.
        deterministic: Whether only deterministic operations are used.
        benchmark: Whether cuDNN looks for the quickest operations.
        sync_batchnorm: Whether batch normalisation counts all devices.
    """

    accelerator: Literal["cpu", "gpu", "cuda", "mps", "auto"]
    devices: Literal[-1, "-1", "auto"] | Annotated[Some, Field(le=4096)] | tuple[Annotated[Whole, Field(ge=0)], ...]
    num_nodes: Annotated[Some, Field(le=4096)]
    strategy: str
    srun: tuple[str, ...] | None = None
    precision: Precision
    max_steps: Annotated[Whole, Field(ge=0, le=10**9)] | None
    max_seconds: Seconds | None
    log_every_n_steps: Some
    clock: Literal["processor", "wall"] | None = None
    gradient_clip_val: Positive | None = None
    accumulate_grad_batches: Some | None = None
    deterministic: Flag | None = None
    benchmark: Flag | None = None
    sync_batchnorm: Flag | None = None


class Parallel(Group):
    """How ESPnet3's dask runner spreads work over utterances.

    Attributes:
        env: Where the workers run.
        n_workers: How many; null: `num_workers`, or as many as there are hosts.
        options: What dask must know of a job, such as cores and memory.
        allow_overwrite_lock: The driver's own lock keeps two runs apart.
    """

    env: Literal["local", "local_gpu", "slurm", "ssh", "lsf", "pbs", "sge"]
    n_workers: Workers | None
    options: dict[str, Any]
    allow_overwrite_lock: Flag = True

"""Kaldi data directories: read, write, validate, fix, subset. Knows nothing of torch."""

from myna.kaldi.data import Consent, DataDir, Utterance, read, write
from myna.kaldi.fix import fix
from myna.kaldi.sets import check_disjoint
from myna.kaldi.subset import subset
from myna.kaldi.tables import read_table, write_table
from myna.kaldi.validate import Problem, check, validate

__all__ = [
    "Consent",
    "DataDir",
    "Problem",
    "Utterance",
    "check",
    "check_disjoint",
    "fix",
    "read",
    "read_table",
    "subset",
    "validate",
    "write",
    "write_table",
]

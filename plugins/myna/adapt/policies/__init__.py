"""What of the base learns from a person: one class a policy, by the name that `adapt=` gives it."""

from myna.adapt.policies.low_rank import LowRank, MetaLearned
from myna.adapt.policies.parts import Decoder, Embedding, Encoder, Full, ZeroShot
from myna.adapt.policies.policy import Policy

POLICIES: dict[str, type[Policy]] = {
    "zero_shot": ZeroShot,
    "embedding": Embedding,
    "encoder": Encoder,
    "decoder": Decoder,
    "lora": LowRank,
    "maml": MetaLearned,
    "full": Full,
}

__all__ = ["POLICIES", "Policy"]

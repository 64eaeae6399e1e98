"""Policies that train parts of a network as they are, or all of it."""

from myna.adapt.policies.policy import Policy, only, parts_of
from myna.networks.tts.mel_network import MelNetwork


class ZeroShot(Policy):
    """Nothing learns: the base speaks with the person's embedding.

    Source: Jia et al., Transfer Learning from Speaker Verification to Multispeaker Text-To-Speech Synthesis (2018).
    """

    trains = False

    def prepare(self, network: MelNetwork) -> None:
        """Let nothing learn."""
        network.requires_grad_(False)


class Embedding(Policy):
    """The embedding moves.

    What learns is the bias of the layer that reads it: `W (e + d) + b` reaches what `W e + (b + W d)` reaches, and the
    embedding in the voice stays the one that was measured, which the list of protected voices is compared with.

    Source: Chen et al., Sample Efficient Adaptive Text-to-Speech (2019), SEA-EMB.
    """

    def prepare(self, network: MelNetwork) -> None:
        """Let that bias learn."""
        only(network, parts_of(network, "embedding"))


class Encoder(Policy):
    """What reads the speaker's embedding and what it scales and shifts in every layer.

    Source: Chen et al., AdaSpeech (2021): conditional layer normalisation.
    """

    def prepare(self, network: MelNetwork) -> None:
        """Let the projections of the embedding learn."""
        only(network, parts_of(network, "encoder"))


class Decoder(Policy):
    """What makes sound of text: pitch and mel; how text is read and how long it lasts stay those of the base."""

    def prepare(self, network: MelNetwork) -> None:
        """Let pitch and mel learn."""
        only(network, parts_of(network, "decoder"))


class Full(Policy):
    """All that can learn."""

    def prepare(self, network: MelNetwork) -> None:
        """Leave everything as it is."""

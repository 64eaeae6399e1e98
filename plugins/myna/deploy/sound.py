"""Which graph makes the sound of an end-to-end voice."""

from myna.deploy.graph_parts import Sound
from myna.networks.tts.vits import VitsCore
from myna.networks.tts.vits_mobile import IstftDecoder


def sound_of(network: VitsCore) -> Sound:
    """Return the graph that makes the sound of a network."""
    return "spectrum" if isinstance(network.decoder, IstftDecoder) else "wave"

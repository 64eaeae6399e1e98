"""Losses that pull utterances of a speaker together and speakers apart."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AamSoftmax(nn.Module):
    """Additive angular margin softmax over the training speakers (Deng et al., ArcFace, 2019).

    Args:
        speakers: Number of training speakers.
        embedding: Size of an embedding.
        margin: Radians by which the right speaker must win.
        scale: Factor before the softmax.
    """

    def __init__(self, speakers: int, embedding: int = 256, margin: float = 0.2, scale: float = 30.0) -> None:
        """Give each speaker a direction."""
        super().__init__()
        self.directions = nn.Parameter(torch.randn(speakers, embedding) / math.sqrt(embedding))
        self.margin, self.scale = margin, scale

    def forward(self, embeddings: Tensor, speakers: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss and the share of utterances whose speaker was found.

        Args:
            embeddings: `(B, embedding)`, each of length 1.
            speakers: `(B,)` speaker numbers.
        """
        cosine = F.linear(embeddings, F.normalize(self.directions, dim=1)).clamp(-1 + 1e-6, 1 - 1e-6)
        right = torch.cos(torch.acos(cosine) + self.margin)
        # Beyond an angle of pi less the margin the cosine would rise again: go on in a straight line.
        line = cosine - self.margin * math.sin(self.margin)
        right = torch.where(cosine > math.cos(math.pi - self.margin), right, line)
        target = F.one_hot(speakers, len(self.directions)).bool()
        loss = F.cross_entropy(self.scale * torch.where(target, right, cosine), speakers)
        return loss, (cosine.argmax(1) == speakers).float().mean()


class Ge2e(nn.Module):
    """Generalised end-to-end softmax loss (Wan et al. 2018): an utterance against the centroids of its batch.

    It learns no table of speakers; batches must hold several utterances of each speaker.
    """

    def __init__(self) -> None:
        """Start from the paper's scale and offset."""
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(10.0))
        self.offset = nn.Parameter(torch.tensor(-5.0))

    def forward(self, embeddings: Tensor, speakers: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss and the share of utterances nearest to their own speaker's centroid.

        Args:
            embeddings: `(B, embedding)`, each of length 1.
            speakers: `(B,)` speaker numbers; only speakers with two or more utterances count.
        """
        _, index = speakers.unique(return_inverse=True)
        member = F.one_hot(index).to(embeddings.dtype)
        sums, counts = member.T @ embeddings, member.sum(0)
        cosine = embeddings @ F.normalize(sums, dim=1).T
        # An utterance is compared with its own speaker without itself, or the loss would be too easy.
        own = F.normalize(sums[index] - embeddings, dim=1)
        cosine = torch.where(member.bool(), (embeddings * own).sum(1, keepdim=True), cosine)
        counted = counts[index] > 1
        if not counted.any():
            return cosine.sum() * 0.0, cosine.new_zeros(())
        logits = self.scale.clamp_min(1e-3) * cosine + self.offset
        loss = F.cross_entropy(logits[counted], index[counted])
        return loss, (cosine.argmax(1) == index)[counted].float().mean()

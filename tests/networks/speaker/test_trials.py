"""Error rates against cases that can be worked out by hand."""

import numpy as np
import pytest

from myna.networks.speaker.trials import equal_error_rate, min_dcf, pairs, similarity_matrix

SAME = [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], 0.0),
        ([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], 1.0),
        ([0.9, 0.8, 0.7, 0.3, 0.6, 0.2, 0.1, 0.0], 0.25),
        ([0.5] * 8, 0.5),
    ],
)
def test_equal_error_rate(scores: list[float], expected: float) -> None:
    """Perfect, inverted, one error of four on each side, and no information at all."""
    assert equal_error_rate(scores, SAME) == pytest.approx(expected)


def test_equal_error_rate_of_two_normals() -> None:
    """Two unit normals two deviations apart err in 15.87 % of cases."""
    random = np.random.default_rng(0)
    scores = np.concatenate([random.normal(2, 1, 20_000), random.normal(0, 1, 20_000)])
    assert equal_error_rate(list(scores), [True] * 20_000 + [False] * 20_000) == pytest.approx(0.1587, abs=0.005)


def test_min_dcf() -> None:
    """Nothing to pay when all is told apart; refusing everything costs 1; here one miss of four is the best."""
    assert min_dcf([0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1], SAME) == 0.0
    assert min_dcf([0.5] * 8, SAME) == pytest.approx(1.0)
    assert min_dcf([0.9, 0.8, 0.7, 0.3, 0.6, 0.2, 0.1, 0.0], SAME) == pytest.approx(0.25)


def test_one_kind_of_pairs_is_refused() -> None:
    """Without pairs of two speakers there is no error rate."""
    with pytest.raises(ValueError, match="pairs of one speaker"):
        equal_error_rate([0.1, 0.2], [True, True])


def test_pairs_are_limited_and_complete() -> None:
    """Each speaker gives at most so many utterances, spread over its own, and every pair comes once."""
    speakers = {f"a{i}": "a" for i in range(10)} | {"b0": "b", "b1": "b"}
    found = pairs(speakers, most=2)
    assert {(x, y): same for x, y, same in found} == {
        ("a0", "a5"): True,
        ("a0", "b0"): False,
        ("a0", "b1"): False,
        ("a5", "b0"): False,
        ("a5", "b1"): False,
        ("b0", "b1"): True,
    }


def test_similarity_matrix_leaves_an_utterance_out_of_its_own_mean() -> None:
    """Two orthogonal utterances of one speaker are not similar because each is like itself."""
    x, y = np.eye(2)
    names, matrix = similarity_matrix({"a0": x, "a1": y, "b0": x}, {"a0": "a", "a1": "a", "b0": "b"})
    assert names == ["a", "b"]
    assert np.allclose(matrix, [[0.0, 0.5], [0.5, 1.0]])

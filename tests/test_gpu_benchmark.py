"""`benchmarks/gpu.py --check`: the command that is prepared for a GPU runs on a CPU, too."""

from pathlib import Path

import pytest
from script import load

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "gpu.py"


@pytest.fixture(scope="module")
def gpu():
    return load(SCRIPT, "gpu_benchmark")


def test_every_way_but_cuda_graphs_gives_a_figure_on_a_cpu(gpu, capsys) -> None:
    assert gpu.main(["--check"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| whole", "| networks"))]
    assert len(lines) == 7
    assert [line for line in lines if "needs a GPU" in line] == [line for line in lines if "CUDA graphs" in line]


def test_a_batch_speaks_as_often(gpu) -> None:
    bench = gpu.Bench(gpu.small_voice(), "cpu", 1)
    one, three = (bench._whole(batch)().detach() for batch in (1, 3))
    assert three.shape == (3, one.shape[1])
    assert float((three - one).abs().mean()) < 1e-3  # the phase of pulses may drift
    rows = [gpu.Row("whole", "eager", 1, 0.5, 8.0), gpu.Row("networks", "CUDA graphs", 1, error="needs a GPU")]
    assert "| whole | eager | 1 | 500.00 | 8 |" in gpu.table(rows) and "| – | needs a GPU |" in gpu.table(rows)


def test_without_a_gpu_it_says_so(gpu, capsys) -> None:
    with pytest.raises(SystemExit):
        gpu.main([])
    assert "a voice and a GPU are needed" in capsys.readouterr().err

"""From what was measured to a score from 0 to 10, each lost point with its reason and what to do."""

from dataclasses import dataclass

from myna.inspect.cover import Cover
from myna.inspect.sound import Sound


@dataclass(frozen=True)
class Loss:
    """Points that something costs.

    Attributes:
        points: Of ten.
        english: Why, and what to do.
        chinese: The same.
    """

    points: float
    english: str
    chinese: str


# Value below which points are lost, the worst limit first; why and what to do, in English and Chinese. The limits are
# those of `myna.corpora.quality`, where stage 0 drops a piece, and a margin to them.
RULES: dict[str, tuple[tuple[tuple[float, float], ...], str, str]] = {
    "minutes": (
        ((0.5, 4), (1, 3), (2, 2), (3, 1)),
        "{0:.1f} minutes of usable speech: three to five give the best clone",
        "可用语音 {0:.1f} 分钟：三到五分钟效果最好",
    ),
    "distance": (
        ((15, 3), (22, 2), (30, 1)),
        "noise {0:.0f} dB under the speech: a quieter place, nearer to the microphone",
        "噪声仅低于语音 {0:.0f} dB：请换安静的地方，靠近麦克风",
    ),
    "kilohertz": (
        ((4.6, 3), (7.6, 2), (10.0, 1)),
        "the sound ends at {0:.1f} kHz: record at 44.1 kHz or more, not over a telephone or a call",
        "声音只到 {0:.1f} kHz：请用 44.1 kHz 以上录音，不要用电话或通话录音",
    ),
    "dryness": (
        ((-0.5, 2), (-0.38, 1)),
        "the room rings: carpets, curtains and clothes help, and a nearer microphone",
        "房间混响较大：地毯、窗帘和衣物有帮助，并靠近麦克风",
    ),
    "loudness": (
        ((-40, 1),),
        "very quiet ({0:.0f} LUFS): turn the input up",
        "音量过低（{0:.0f} LUFS）：请调高输入",
    ),
    "evenness": (
        ((-6, 1),),
        "the level changes from file to file: keep one distance to the microphone",
        "各文件音量不一：请与麦克风保持固定距离",
    ),
    "used": (
        ((0.7, 2), (0.9, 1)),
        "part of the recording cannot be used: see the list of files",
        "部分录音无法使用：见文件列表",
    ),
    "sure": (
        ((0.8, 1),),
        "many machine transcripts are in doubt: correct them",
        "许多自动转写存疑：请改正",
    ),
    "alone": (
        ((-2, 1),),
        "other people are heard",
        "听到了其他人的声音",
    ),
    "cover": (
        ((0.6, 2), (0.85, 1)),
        "sounds of the language are missing: read the sentences below",
        "缺少该语言的一些音：请朗读下面的句子",
    ),
}  # fmt: skip


def losses(minutes: float, sound: Sound, cover: Cover, used: float, doubtful: float, others: int) -> list[Loss]:
    """Return what keeps recordings from ten points, the worst first.

    Args:
        minutes: Usable speech.
        sound: What it sounds like.
        cover: What was said of the language.
        used: Share of the recorded time that can be used.
        doubtful: Share of the transcripts that are in doubt.
        others: Pieces of another speaker.
    """
    values = {
        "minutes": minutes,
        "distance": sound.distance,
        "kilohertz": sound.bandwidth / 1000,
        "dryness": -(sound.room or 0.0),
        "loudness": sound.loudness,
        "evenness": -sound.spread,
        "used": used,
        "sure": 1 - doubtful,
        "alone": -float(others),
        "cover": cover.share,
    }
    found = [loss for name, value in values.items() for loss in _of(value, *RULES[name])]
    return sorted(found, key=lambda loss: -loss.points)


def score(found: list[Loss]) -> float:
    """Return the points that are left, at least 0."""
    return max(0.0, 10.0 - sum(loss.points for loss in found))


def _of(value: float, limits: tuple[tuple[float, float], ...], english: str, chinese: str) -> list[Loss]:
    """Return the loss of the first limit, from the worst, that a value stays under."""
    for limit, points in limits:
        if value < limit:
            return [Loss(points, english.format(value), chinese.format(value))]
    return []

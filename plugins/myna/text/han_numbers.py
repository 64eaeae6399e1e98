"""Arabic digits in Chinese text, written as they are read."""

import re

# Telephone numbers and the like are read digit by digit.
_DIGITS = re.compile(r"\d{7,}|(?<![\d.])0\d+")
_BY_DIGIT = str.maketrans("0123456789", "零一二三四五六七八九")


def numbers_read(text: str) -> str:
    """Write digits as Chinese characters; text without digits is returned as it is.

    Example:
        >>> numbers_read("他有3只猫")
        '他有三只猫'
    """
    import cn2an

    if not any(c.isdigit() for c in text):
        return text
    text = _DIGITS.sub(lambda m: m[0].translate(_BY_DIGIT), text)
    read: str = cn2an.transform(text, "an2cn")
    return read

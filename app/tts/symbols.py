"""Symbols as words: what a voice would stumble over, said in English or left out.

Digits stay as they are, for the voices read numbers themselves.
"""

from __future__ import annotations

import re
import unicodedata

_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee"}
_NUMBER = r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)"
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|k|m|bn?)\b)?"
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion"}
_MONEY = re.compile(rf"(?:\bUS)?(?P<sign>[$€£¥₹])\s?{_NUMBER}{_SCALE}", re.IGNORECASE)
_MONEY_BEFORE_SIGN = re.compile(rf"{_NUMBER}{_SCALE}\s?(?P<sign>[€£¥₹])(?!\d)", re.IGNORECASE)
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3]):([0-5]\d)(?!:?\d)(?P<half>\s*[ap]\.?m\b)?", re.IGNORECASE)

_RULES = [
    (re.compile(pattern), words)
    for pattern, words in (
        # Chatterbox Turbo voices a double quote as a breath; single ones are apostrophes.
        (r"[\"“”„‟«»]", ""),
        (r"[‘’‛]", "'"),
        (r"…", "... "),
        (r"(?:^|(?<=\s))[:;=]-?[()DPp](?![\w(])", ""),
        (r"°\s?C\b", " degrees Celsius"),
        (r"°\s?F\b", " degrees Fahrenheit"),
        (r"°", " degrees "),
        (r"%+", " percent "),
        (r"&+", " and "),
        (r"(?<=\b[A-G])#(?!\w)", " sharp"),
        (r"#(?=\d)", "number "),
        (r"(?:[-=]+>|[→⇒⟶])", " to "),
        (r"(?:<[-=]+|[←⇐⟵])", " from "),
        (r"<=|≤", " less than or equal to "),
        (r">=|≥", " greater than or equal to "),
        (r"!=|≠", " not equal to "),
        (r"=+", " equals "),
        (r"(?<=\s)<(?=\s)", " less than "),
        (r"(?<=\s)>(?=\s)", " greater than "),
        (r"≈|~(?=\d)", " about "),
        (r"±", " plus or minus "),
        (r"\+", " plus "),
        (r"−|(?<![\w)\]-])-(?=\d)", " minus "),
        (r"×", " times "),
        (r"÷", " divided by "),
        (r"(?<=\w)\^(?=\w)", " to the power of "),
        (r"(?<=\w)²", " squared"),
        (r"(?<=\w)³", " cubed"),
        (r"@", " at "),
        (r"§+", " section "),
        (r"(?<=\d)–(?=\d)", " to "),
        (r"\s*[—―]+\s*|\s+(?:–|--?)(?:\s+|$)", ", "),
        (r"\s*\|+\s*", ", "),
        (r"\(\)", ""),
        (r"[\\{}<>_^~#$€£¥₹¶•·`]+", " "),
    )
]


def said_symbols(text: str) -> str:
    """``text`` with its symbols as English words."""
    text = _MONEY_BEFORE_SIGN.sub(_said_money, _MONEY.sub(_said_money, text))
    text = _CLOCK.sub(_said_time, text)
    # A spaced hyphen between figures is a minus in a sum, else a range.
    text = re.sub(r"(?<=\d) [-–] (?=\d)", " minus " if "=" in text else " to ", text)
    for pattern, words in _RULES:
        text = pattern.sub(words, text)
    return "".join(char for char in text if unicodedata.category(char) != "So")


def _said_money(match: re.Match[str]) -> str:
    currency = _CURRENCIES[match["sign"]]
    scale = (match["scale"] or "").lower()
    amount = f"{match['number']} {_SCALES.get(scale, scale)}".rstrip()
    return f"{amount} {currency}" if amount == "1" or currency == "yen" else f"{amount} {currency}s"


def _said_time(match: re.Match[str]) -> str:
    """Without the colon, which Chatterbox's own clean-up turns into a comma."""
    hour, minute, half = match[1], match[2], match["half"] or ""
    if minute == "00":
        return hour + (half or " o'clock")
    return f"{hour} {minute}{half}"

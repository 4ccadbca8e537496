"""Values of settings in words: a table of what differs from today says them as people do, in each language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optimization.case.resolved import as_text
from optimization.dictionary.families import load_families
from optimization.dictionary.results import LANGUAGES
from optimization.dictionary.settings import OFF
from optimization.dictionary.tiers import TIERS
from optimization.report.language import Speaker

MOST_NAMED = 3
"""Entries of a long list that are named; the others are counted."""
LONGEST = 120
"""Signs after which a value is cut."""


def setting_value(text: str, services: Mapping[str, str], say: Speaker) -> str:
    """A value as the tables of a run hold it (names bare, all else as JSON): in Japanese by the labels of services,
    tiers and choices, in English by their names, a long one cut."""
    if text == OFF:
        return say("off_value")
    if say.language == "en":
        return shortened(text)
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return _called(value, services, say)


def _called(value: Any, services: Mapping[str, str], say: Speaker) -> str:
    """A value in Japanese."""
    if isinstance(value, bool):
        return say("holds" if value else "holds_not")
    if isinstance(value, Mapping):
        entries = ((named(key, services, say), _called(each, services, say)) for key, each in value.items())
        return _listed([f"{name}：{each}" for name, each in entries], say)
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(end, int | float) for end in value):
            return say("from_to", low=_called(value[0], services, say), high=_called(value[1], services, say))
        return _listed([_called(each, services, say) for each in value], say)
    return named(value, services, say) if isinstance(value, str) else as_text(value)


def _listed(names: list[str], say: Speaker) -> str:
    """Names one after another, many of them by their number."""
    if not names:
        return say("open_breach_none")
    if len(say.listed(names)) <= LONGEST:
        return say.listed(names)
    return say("and_more", names=say.listed(names[:MOST_NAMED]), count=len(names) - MOST_NAMED)


def named(name: str, services: Mapping[str, str], say: Speaker) -> str:
    """A service, a service of a rule group, a tier, a family or a choice as it is called; else the name as it is."""
    service, at, group = name.partition("@")
    if service in services:
        return f"{services[service]}（{_word(group, say)}）" if at else str(services[service])
    if family := load_families().get(name):
        return str(family.label[LANGUAGES.index(say.language)])
    return say.word(name) if name in TIERS else _word(name, say)


def _word(name: str, say: Speaker) -> str:
    """A choice of the dictionary, or else a word of the results, by its label."""
    for said in (lambda: say(f"option_{name}"), lambda: say.word(name)):
        try:
            return said()
        except KeyError:
            continue
    return name


def shortened(text: str, most: int = LONGEST) -> str:
    """A long value cut where a reader stops; a list by its length."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(value, list) and len(as_text(value)) > most:
        return f"{', '.join(map(str, value[:MOST_NAMED]))}, ... ({len(value)})"
    return text if len(text) <= most else f"{text[: most - 3]}..."

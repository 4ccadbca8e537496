"""The workbench: a draft made by hand, of which every change is counted at once (`api`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from optimization.case.package import STATUS_QUO
from optimization.case.prescribed import FIX_BODIES
from optimization.case.resolved import ResolvedPackage
from optimization.case.rule_groups import SIZE_CLASSES
from optimization.dictionary.results import LANGUAGES
from optimization.dictionary.settings import ends_of, load_settings, setting_key, value_of
from optimization.dictionary.tiers import TIERS
from optimization.errors import InputError
from optimization.ledger.debt import STAGES
from optimization.reading.whereabouts import DEFAULT_CASE
from optimization.report.page import embedded
from optimization.web.api import Asked, bench_of, package_asked
from optimization.web.cases import case_cards, case_of, packages
from optimization.web.faults import all_said
from optimization.web.form import name_of
from optimization.web.language import Voice, phrases_of
from optimization.web.map_data import map_address, map_json, names_of
from optimization.web.page import page, voice_of
from optimization.web.town_view import AMOUNTS

SLIDERS = (
    ("formula.counted_share", 0.005, True),
    ("formula.counted_share_prefecture", 0.005, True),
    ("equity.adequacy_floor", 0.005, False),
    ("equity.place_cover_floor", 0.005, False),
    ("equity.place_loss_yen_per_resident", 100, False),
    ("formula.equalisation_rate", 0.01, False),
    ("debt.follows_duty_share", 0.05, False),
)
"""Settings with a slider: step, and whether what is shown is what is left to 1 (the retained share)."""

MOST_LAID = 12
"""Packages that may be laid one upon the other."""

SWITCHES = ("discipline.balance", "discipline.debt_steps_kept", "formula.settles_duties")
MOST_SHOWN = {"equity.place_loss_yen_per_resident": 20_000.0, "equity.adequacy_floor": 1.2,
              "equity.place_cover_floor": 1.2}  # fmt: skip
"""Where a slider ends before the bound of its setting; the field beside it takes more."""


def routes() -> list[Route]:
    """The addresses of the workbench and of the map on it."""
    return [Route("/workbench", workbench), Route("/workbench/map.json", map_json)]


def workbench(request: Request) -> Response:
    """The page; case, packages (composed in the order of the address) and prefectures stand in the address, the draft
    behind its '#', which no server sees. Packages that cannot be composed are said to be so on the page."""
    voice, query = voice_of(request), request.query_params
    cards, known = case_cards(), {each.name: each.called(voice.language) for each in packages()}
    case, laid = query.get("case", DEFAULT_CASE.name), laid_names(query.getlist("package"))
    prefectures = list(dict.fromkeys(code for code in query.getlist("prefecture") if code))
    if case not in cards or len(laid) > MOST_LAID or not set(laid) <= set(known):
        raise HTTPException(404)
    if not set(prefectures) <= {code for code, *_ in cards[case].prefectures}:
        raise HTTPException(404)
    asked = Asked(case=case, package="+".join(laid), prefectures=prefectures)
    faults, overridden, data = [], [], None
    try:
        resolved = package_asked(asked)
        overridden = [f"{each.key}: {each.from_package} → {each.to_package}" for each in resolved.overridden]
        data = data_of(asked, resolved, voice)
    except InputError as error:
        faults = all_said(error.problems, voice.language)
    return page(
        request,
        "workbench.html",
        422 if faults else 200,
        cases=list(cards.values()),
        known=known,
        case=cards[case],
        laid=laid,
        most_laid=MOST_LAID,
        prefectures=prefectures,
        faults=faults,
        overridden=overridden,
        data=data,
    )


def laid_names(given: Sequence[str]) -> list[str]:
    """The packages that an address names, left to right; today's rules where it names none."""
    return [name for text in given for part in text.split("+") if (name := part.strip())] or [STATUS_QUO]


def data_of(asked: Asked, resolved: ResolvedPackage, voice: Voice) -> Markup:
    """What the page works with, as JSON that may stand within a page; `resolved` is what is asked without a draft."""
    name, package = asked.case, asked.package
    opened = bench_of(asked, resolved).open_tiers()
    case = case_of(name)
    if asked.prefectures:
        case = case.restrict(asked.prefectures)
    groups = [each for each in SIZE_CLASSES if any(group == each for _, group in opened)]
    data: dict[str, Any] = {
        "case": name,
        "package": package,
        "prefectures": asked.prefectures,
        "groups_of_own": resolved.settings["rules.groups"] != "by_class",
        "language": voice.language,
        "services": [
            {
                "id": str(s),
                "label": str(case.services.at[s, f"label_{voice.language}"]),
                "wide": bool(case.services.at[s, "wide_area"]),
            }
            for s in case.services.index
        ],
        "groups": [{"id": each, "label": voice.called(each)} for each in groups],
        "open": {f"{service}@{group}": list(tiers) for (service, group), tiers in opened.items()},
        "tiers": {tier: voice.tier(tier, "short") for tier in TIERS},
        "tiers_in_full": {tier: voice.tier(tier, "spoken") for tier in TIERS},
        "places": dict(zip(map(str, case.codes), names_of(case, voice), strict=True)),
        "sliders": [
            _slider(key, step, left, value_of(resolved.settings, setting_key(key)), voice)
            for key, step, left in SLIDERS
        ],
        "switches": [
            {
                "key": key,
                "label": name_of(load_settings()[key], voice),
                "value": bool(value_of(resolved.settings, setting_key(key))),
            }
            for key in SWITCHES
        ],
        "fixed": list(resolved.settings[FIX_BODIES]),
        "names": {key: name_of(setting, voice) for key, setting in load_settings().items()},
        "map": map_address(asked, voice),
        "words": {key: voice(f"bench_{key}", n="{n}") for key in WORDS},
        "says": says_of(voice),
        "sizes": list(SIZE_CLASSES),
    }
    return embedded(data)


def says_of(voice: Voice) -> dict[str, str]:
    """What the scripts of the map say, values still to be filled in."""
    own = {key: texts[LANGUAGES.index(voice.language)] for key, texts in phrases_of("map").items()}
    amounts = {f"amount_{name}": voice(f"amount_{name}") for name in AMOUNTS}
    return {**own, **amounts, **{f"map_stage_{stage}": voice.called(stage) for stage in STAGES}}


WORDS = (
    "saving", "nation", "prefectures", "municipalities", "losing", "crossing", "breaches", "none", "places", "people",
    "failed", "off", "locked", "lose_most", "gain_most", "yen_each", "in_all", "turn_all", "was_cancelled", "no_plan",
    "found_plan", "was_kept", "town", "brief", "workbook", "too_large", "no_text", "line", "file_wrong", "take_away",
    "other_settings", "full_stop", "pin_run", "pinned", "draft_pinned", "same", "not_here", "comma",
)  # fmt: skip


def _slider(key: str, step: float, left: bool, value: Any, voice: Voice) -> dict[str, Any]:
    """A setting as a slider: bounds and value as they are shown (None: off), and whether what is left to 1 is shown."""
    setting = load_settings()[key]
    low, high = setting.minimum or 0.0, setting.maximum or 1.0
    most = min(high, MOST_SHOWN.get(key, high))
    now = None if value is None else float(ends_of(value)[0])
    return {
        "key": key,
        "label": voice(f"bench_retained_{key.rpartition('_')[2]}") if left else name_of(setting, voice),
        "unit": voice.unit_of(setting.unit),
        "low": 1.0 - most if left else low,
        "high": 1.0 - low if left else most,
        "most": 1.0 - low if left else high,
        "step": step,
        "left": left,
        "range": setting.type == "range",
        "off": setting.off,
        "value": None if now is None else 1.0 - now if left else now,
        "source": setting.told("source" if setting.source else "meaning", voice.language),
    }

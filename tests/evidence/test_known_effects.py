"""A made-up country whose effects are known: they are found, or the way in which they are missed is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimization.evidence.intervals import held_out
from optimization.evidence.pooled import pool
from optimization.evidence.regress import fixed_effects, matched, two_stages
from tests.evidence.made_up import GROUP, OWN, MadeUp, made_up


def by_instrument(made: MadeUp) -> tuple[float, tuple[float, float], float]:
    found = two_stages(
        made.y, made.x["group_size"], made.x.drop(columns="group_size"), made.instrument, made.groups
    )
    return float(found.fit.value["group_size"]), found.fit.interval("group_size", 0.9), found.hausman_p


def test_effects_of_own_and_group_size_are_found() -> None:
    made = made_up()
    fit = fixed_effects(made.y, made.x, made.groups)
    assert fit.value["own_size"] == pytest.approx(OWN, abs=0.03)
    assert fit.value["group_size"] == pytest.approx(GROUP, abs=0.05)


def test_intervals_of_effects_hold_the_truth_nine_times_of_ten() -> None:
    held = []
    for seed in range(40):
        made = made_up(seed=seed)
        low, high = fixed_effects(made.y, made.x, made.groups).interval("group_size", 0.9)
        held.append(low <= GROUP <= high)
    assert 0.8 <= np.mean(held) <= 0.98


def test_selection_deceives_least_squares_and_the_instrument_finds_it() -> None:
    """Those who spend more for reasons of their own seek larger groups: sharing seems to bring less than it does."""
    made = made_up(selected=1.0)
    biased = fixed_effects(made.y, made.x, made.groups).value["group_size"]
    value, (low, high), hausman = by_instrument(made)
    assert biased < GROUP - 0.15
    assert low <= GROUP <= high and abs(value - GROUP) < 0.1
    assert hausman < 0.01
    assert by_instrument(made_up())[2] > 0.05, "without selection the test finds none"


@pytest.mark.parametrize("misdrawn", [0.2, 0.5])
def test_groups_drawn_wrongly_shrink_the_effect_by_the_part_that_is_mistake(misdrawn: float) -> None:
    made = made_up(misdrawn=misdrawn)
    found = fixed_effects(made.y, made.x, made.groups).value["group_size"]
    assert found == pytest.approx(GROUP * (1 - misdrawn), abs=0.06)
    assert by_instrument(made)[0] == pytest.approx(GROUP, abs=0.1), (
        "an instrument free of the mistake mends it"
    )


def test_members_are_matched_to_their_like() -> None:
    """Sharing saves a tenth, members are larger: the plain difference is wrong, the matched one is not."""
    made = made_up(group=0.0)
    draw = np.random.default_rng(3)
    member = pd.Series((made.size + draw.normal(0, 1, len(made.size)) > 10).astype(float), made.y.index)
    y = made.y - 0.1 * member
    x = made.x.drop(columns="group_size").assign(log_residents=made.size)
    pairs = matched(y, x, member, made.groups, ["log_residents", "density"])
    assert pairs is not None
    plain = y[member == 1].mean() - y[member == 0].mean()
    assert plain < -0.25
    low, high = pairs.interval("sharing", 0.9)
    assert low <= -0.1 <= high and abs(pairs.value["sharing"] + 0.1) < 0.03


def test_intervals_of_prefectures_that_no_fit_has_seen_cover_what_they_should() -> None:
    """Noise that grows as places shrink: nine of ten on the whole, and among small and large ones alike."""
    made, tables = made_up(), []
    for start in range(5):
        outside = tuple(sorted(made.groups.unique()))[start::5]
        tables.append(held_out(made.y, made.x, made.groups, outside, made.size, 0.9, 10).table)
    table = pd.concat(tables)
    assert len(table) == len(made.y)
    assert 0.87 <= table["covered"].mean() <= 0.93
    small = made.size[table.index] < 10
    assert 0.84 <= table["covered"][small].mean() <= 0.95 and 0.84 <= table["covered"][~small].mean() <= 0.95


def test_what_is_alike_is_pooled_and_what_is_unlike_is_not() -> None:
    alike = pool({"a": (0.20, 0.1), "b": (0.22, 0.1), "c": (0.18, 0.1)})
    assert alike.between == 0 and alike.shrunken["value"].std() < 0.001
    apart = pool({"a": (0.0, 0.02), "b": (0.5, 0.02), "c": (1.0, 0.3)})
    assert apart.between > 0.2
    assert apart.shrunken.at["a", "value"] == pytest.approx(0.0, abs=0.02), "who is sure stays where he is"
    assert 0.3 < apart.shrunken.at["c", "value"] < 0.9, "who is not is drawn to the others"
    low, high = apart.foretold(0.9)
    assert low < 0 and high > 1


def test_two_effects_tell_nothing_of_a_third_with_certainty() -> None:
    pooled = pool({"a": (0.12, 0.06), "b": (0.43, 0.62)})
    low, high = pooled.foretold(0.9)
    assert pooled.error >= 0.055 and high - low > 0.6


def test_a_column_that_says_nothing_is_left_out_and_too_few_clusters_are_refused() -> None:
    made = made_up()
    fit = fixed_effects(made.y, made.x.assign(none=0.0, twice=2 * made.x["own_size"]), made.groups)
    assert list(fit.value.index) == ["own_size", "group_size", "density"]
    two = made.groups.isin(["01", "02"])
    with pytest.raises(ValueError, match="need three of them, found 2"):
        fixed_effects(made.y[two], made.x[two], made.groups[two])
    with pytest.raises(ValueError, match="0 held out"):
        held_out(made.y, made.x, made.groups, ("99",), made.size, 0.9, 10)


def test_the_order_of_the_rows_makes_no_difference() -> None:
    made = made_up()
    back = made.y.index[::-1]
    one = fixed_effects(made.y, made.x, made.groups)
    other = fixed_effects(made.y[back], made.x.loc[back], made.groups[back])
    assert np.allclose(one.value, other.value, atol=1e-10) and np.allclose(one.covariance, other.covariance)

"""What becomes of the bodies of today, counted."""

from __future__ import annotations

import pandas as pd

from optimization.outcome.existing_table import fates


def test_what_becomes_of_the_bodies_of_today_adds_up_to_their_number() -> None:
    """Body a is one of today unchanged; b goes on from two with more members, c from one with a part of them; d is new.
    Of seven of today one ends in its largest member, one is handed up and one dissolved: 1 + 2 + 1 + 1 + 1 + 1 = 7."""
    today = pd.DataFrame(
        {
            "fate": ["kept", "extended", "extended", "reduced", "to_one", "handed_up", "dissolved"],
            "continued_by": ["a", "b", "b", "c", "03201", None, None],
        }
    )
    found = fates(today, pd.DataFrame({"body": ["a", "b", "c", "d"]}))
    assert (found.kept, found.continued, found.new) == (1, 2, 1)
    ends = (found.unchanged, found.extended, found.reduced, found.to_one, found.handed_up, found.dissolved)
    assert ends == (1, 2, 1, 1, 1, 1)
    assert sum(ends) == found.today == 7

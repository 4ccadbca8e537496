"""What the falling population does to the scale of who provides, under a plan and under today's arrangement."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.projections import AGES
from optimization.costs.standard import tier_scale
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import jointly
from optimization.ledger.instance import Instance


def years(instance: Instance) -> list[int]:
    """The case's year and the projected ones after it."""
    return [instance.case.fiscal_year, *instance.case.growth.columns.get_level_values("year").unique()]


def residents(instance: Instance, age: str, year: int) -> np.ndarray:
    """Persons of an age of `AGES` in a year, shape (I,): the register's, and later register x growth."""
    case = instance.case
    register = case.municipalities[age].to_numpy(float)
    return register if year == case.fiscal_year else register * case.growth[age][year].to_numpy(float)


def provider_scale(accounts: Accounts, year: int) -> np.ndarray:
    """Residents served by whoever provides each service to each municipality, shape (I, S)."""
    instance = accounts.instance
    people = residents(instance, AGES[0], year)
    scale = np.zeros(instance.today.shape)
    for tier, size in tier_scale(instance.case, pd.Series(people, index=instance.case.codes)).items():
        scale = np.where(accounts.held_by[tier], size[:, None], scale)
    for each in jointly(instance, accounts.decision):
        scale[each.members, each.service] = people[each.members].sum()
    return scale


def below_efficient_scale(accounts: Accounts, year: int) -> np.ndarray:
    """Part of the services open to wide-area bodies that each municipality gets from a provider of fewer than
    `efficient_scale_persons` residents, shape (I,)."""
    efficient = accounts.instance.case.parameters("efficient_scale_persons")
    columns = accounts.instance.costs.wide_columns
    exists = accounts.instance.today[:, columns] > 0
    small = exists & (provider_scale(accounts, year)[:, columns] < efficient)
    return small.sum(axis=1) / np.maximum(1, exists.sum(axis=1))

"""A tariff with another version: old prices stay for the time in which they were valid."""

from dataclasses import replace

from ..core.tariff.model import Demand, Energy, Export, Tariff, Version


def with_version(tariff: Tariff, version: Version) -> Tariff:
    """The tariff with one more version; one that begins on the same day is replaced."""
    others = [each for each in tariff.versions if each.valid_from != version.valid_from]
    return replace(tariff, versions=tuple(sorted((*others, version), key=lambda each: each.valid_from)))


def continued(before: Version, new: Version) -> tuple[Version, list[str]]:
    """The new version with the charges of the one before it, and the names of those that do not fit to it.

    What the new version says itself wins. Charges that name a season of the old prices have nothing to name any more.
    """
    seasons = {season.name for season in new.energy.seasons}
    fixed = new.fixed or tuple(each for each in before.fixed if each.season is None or each.season in seasons)
    demand = new.demand or tuple(each for each in before.demand if _seasons(each) <= seasons)
    export = new.export or _export(before.export, new.energy)
    lost: list[str] = []
    if not new.fixed:
        lost += [each.name for each in before.fixed if each not in fixed]
    if not new.demand:
        lost += [each.name for each in before.demand if each not in demand]
    if before.export is not None and export is None:
        lost.append("prices of exported energy")
    version = replace(
        new,
        fixed=fixed,
        demand=demand,
        export=export,
        minimum=new.minimum or before.minimum,
        credits=new.credits or before.credits,
        on_change=before.on_change,
    )
    return version, lost


def _seasons(demand: Demand) -> set[str]:
    named = {rule.season for rule in demand.window} | {demand.season}
    return {season for season in named if season is not None}


def _export(export: Export | None, energy: Energy) -> Export | None:
    """What exported energy earns by the periods of other energy prices; None if that cannot be known."""
    if export is None or not export.prices:
        return export
    different = set(export.prices.values())
    if len(different) > 1:
        return None
    (prices,) = different
    return replace(export, prices=dict.fromkeys(energy.period_names, prices)) if len(prices) == 1 else None

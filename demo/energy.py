"""The Energy dashboard: set up by Panel Meter's own action, and asked whether it is content."""

from datetime import UTC, datetime, timedelta

from .client import Client, Json
from .errors import DemoError


async def set_up(client: Client) -> None:
    """Let Panel Meter put its panels onto the dashboard; what is there already stays as it is."""
    await client.action("panel_meter", "setup_energy_dashboard")


async def statistics(client: Client) -> list[str]:
    """The statistics that the dashboard shows energy from, sources first."""
    try:
        preferences = await client.command("energy/get_prefs")
    except DemoError:
        # Home Assistant answers with an error as long as there is no dashboard.
        return []
    assert isinstance(preferences, dict)
    names: list[str] = []
    for source in _rows(preferences["energy_sources"]):
        names += [str(source[key]) for key in ("stat_energy_from", "stat_energy_to") if source.get(key)]
    names += [str(device["stat_consumption"]) for device in _rows(preferences["device_consumption"])]
    return names


async def compiled(client: Client) -> bool:
    """Whether the recorder has statistics of everything on the dashboard; it looks every five minutes."""
    wanted = await statistics(client)
    since = datetime.now(UTC) - timedelta(minutes=30)
    found = await client.command(
        "recorder/statistics_during_period",
        start_time=since.isoformat(),
        statistic_ids=wanted,
        period="5minute",
        types=["sum"],
    )
    return bool(wanted) and isinstance(found, dict) and set(found) >= set(wanted)


async def complaints(client: Client) -> list[str]:
    """What Home Assistant finds wrong with the dashboard's settings."""
    answer = await client.command("energy/validate")
    assert isinstance(answer, dict)
    found: list[str] = []
    for part, entries in answer.items():
        for entry in entries if isinstance(entries, list) else []:
            found += [f"{part}: {issue['type']} {issue.get('affected_entities')}" for issue in _rows(entry)]
    return found


def _rows(value: Json) -> list[dict[str, Json]]:
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, dict)]

"""The welcome screens of a new Home Assistant, clicked through: a user, a place, no statistics for anybody."""

from dataclasses import dataclass, field
import os
from pathlib import Path
import zoneinfo

from .client import Client, Tokens

USER = "demo"
PASSWORD = "demo"


_LOCALTIME = Path("/etc/localtime")


def local_time_zone() -> str:
    """The time zone of this machine, so that Home Assistant and the browser agree on what today is."""
    _, found, name = str(_LOCALTIME.resolve()).partition("zoneinfo/")
    wished = os.environ.get("TZ") or (name if found else "")
    return wished if wished in zoneinfo.available_timezones() else "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where the simulated house stands."""

    name: str = "Panel Meter demo"
    latitude: float = 52.52
    longitude: float = 13.405
    elevation: int = 40
    time_zone: str = field(default_factory=local_time_zone)
    country: str = "DE"
    currency: str = "EUR"


async def onboard(client: Client, home: Home) -> None:
    """Create the user and finish the onboarding; afterwards the client is logged in for good."""
    client_id = f"{client.url}/"
    created = await client.post(
        "/api/onboarding/users",
        {"name": "Demo", "username": USER, "password": PASSWORD, "client_id": client_id, "language": "en"},
    )
    assert isinstance(created, dict)
    client.tokens = await _exchange(client, client_id, str(created["auth_code"]))
    client.token = client.tokens.access
    await client.command(
        "config/core/update",
        location_name=home.name,
        latitude=home.latitude,
        longitude=home.longitude,
        elevation=home.elevation,
        time_zone=home.time_zone,
        country=home.country,
        currency=home.currency,
        unit_system="metric",
        language="en",
    )
    await client.post("/api/onboarding/analytics")
    await client.post("/api/onboarding/integration", {"client_id": client_id, "redirect_uri": f"{client.url}/"})
    # The access token of a login lives half an hour; a long-lived one spares everybody the renewal.
    token = await client.command("auth/long_lived_access_token", client_name="Demo", lifespan=30)
    client.token = str(token)


async def _exchange(client: Client, client_id: str, code: str) -> Tokens:
    answer = await client.post(
        "/auth/token", form={"grant_type": "authorization_code", "code": code, "client_id": client_id}
    )
    assert isinstance(answer, dict)
    lifetime = answer["expires_in"]
    assert isinstance(lifetime, int)
    return Tokens(
        client_id=client_id,
        access=str(answer["access_token"]),
        refresh=str(answer["refresh_token"]),
        expires_in=lifetime,
    )

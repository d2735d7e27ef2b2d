"""Our dashboard: made as a person makes one with "Add dashboard"."""

from .client import Client

#: The last part of its address.
PATH = "panel-meter"


async def set_up(client: Client) -> str:
    """Make the dashboard and return its address."""
    await client.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Panel Meter",
        mode="storage",
        icon="mdi:meter-electric",
        show_in_sidebar=True,
        require_admin=False,
    )
    await client.command("lovelace/config/save", url_path=PATH, config={"strategy": {"type": "custom:panel-meter"}})
    return f"{client.url}/{PATH}"

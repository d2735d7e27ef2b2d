"""A client of Home Assistant's REST and WebSocket interfaces, as its own web interface is one."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from .errors import DemoError

type Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
type JsonObject = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a browser keeps after the login."""

    client_id: str
    access: str
    refresh: str
    expires_in: int


class Client:
    """Talks to one Home Assistant; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        """``url`` has no slash at its end. Nothing is sent yet."""
        self.url = url
        self.token: str | None = None
        self.tokens: Tokens | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=180))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session; outside of the context manager there is none."""
        assert self._session is not None, "use the client as a context manager"
        return self._session

    async def get(self, path: str) -> Json:
        """GET of a REST path such as ``/api/states``."""
        return await self._request("GET", path)

    async def post(
        self, path: str, data: Mapping[str, object] | None = None, *, form: Mapping[str, str] | None = None
    ) -> Json:
        """POST of JSON or of a form to a REST path."""
        return await self._request("POST", path, data, form)

    async def delete(self, path: str) -> Json:
        """DELETE of a REST path."""
        return await self._request("DELETE", path)

    async def command(self, kind: str, **fields: object) -> Json:
        """Send one WebSocket command and return its result."""
        # A connection per command is slower than one that stays, but it does not care whether Home Assistant was
        # restarted or killed between two commands.
        try:
            async with self.session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
                await socket.receive_json()
                await socket.send_json({"type": "auth", "access_token": self.token})
                if (await socket.receive_json())["type"] != "auth_ok":
                    raise DemoError("Home Assistant does not accept our login any more.")
                await socket.send_json({"id": 1, "type": kind, **fields})
                while (answer := await socket.receive_json()).get("type") != "result":
                    pass
        except (aiohttp.ClientError, TypeError) as error:
            raise DemoError(f"Home Assistant did not answer {kind}: {error}") from error
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error'].get('message')}")
        result: Json = answer["result"]
        return result

    async def running(self) -> bool:
        """Whether Home Assistant has started completely."""
        try:
            answer = await self.get("/api/config")
        except DemoError:
            return False
        return isinstance(answer, dict) and answer.get("state") == "RUNNING"

    async def states(self) -> dict[str, JsonObject]:
        """All entities with their state, by entity id."""
        rows = await self.get("/api/states")
        assert isinstance(rows, list)
        return {str(row["entity_id"]): row for row in rows if isinstance(row, dict)}

    async def entities(self, platform: str) -> list[JsonObject]:
        """The entity registry's entries of one integration."""
        rows = await self.command("config/entity_registry/list")
        assert isinstance(rows, list)
        return [row for row in rows if isinstance(row, dict) and row["platform"] == platform]

    async def devices(self, domain: str) -> list[JsonObject]:
        """The device registry's entries with an identifier of one integration."""
        rows = await self.command("config/device_registry/list")
        assert isinstance(rows, list)
        return [row for row in rows if isinstance(row, dict) and _identified_by(row, domain)]

    async def action(self, domain: str, name: str, **fields: object) -> Json:
        """Perform an action and return what it answers, if it answers at all."""
        return await self.command(
            "call_service", domain=domain, service=name, service_data=fields, return_response=False
        )

    async def _request(
        self,
        method: str,
        path: str,
        data: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with self.session.request(method, self.url + path, json=data, data=form, headers=headers) as answer:
                if answer.status >= 400:
                    raise DemoError(
                        f"Home Assistant answered {method} {path} with {answer.status}: {await answer.text()}"
                    )
                result: Json = await answer.json(content_type=None)
                return result
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoError(f"Home Assistant did not answer {method} {path}: {error}") from error


def _identified_by(device: JsonObject, domain: str) -> bool:
    identifiers = device.get("identifiers")
    return isinstance(identifiers, list) and any(isinstance(pair, list) and pair[0] == domain for pair in identifiers)

"""The MQTT broker: mosquitto where it is installed, else amqtt from the package index."""

from pathlib import Path
import shutil
import sys

from .process import LOOPBACK, Child, answers, free_port
from .waiting import until

_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 5
set_tcp_nodelay true
max_queued_messages 10000
log_type error
log_type warning
log_type notice
"""

_AMQTT = """\
listeners:
  default:
    type: tcp
    bind: {host}:{port}
plugins:
  amqtt.plugins.authentication.AnonymousAuthPlugin:
    allow_anonymous: true
"""


def mosquitto() -> str | None:
    """The path of mosquitto, which distributions put where ordinary users do not look; None if it is not installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class Broker:
    """A broker on a free port of the loopback interface, open to everybody who can reach that."""

    def __init__(self, folder: Path, *, python: bool = False) -> None:
        """Configuration, messages that shall survive a restart, and log are written into ``folder``.

        ``python``: take amqtt even where mosquitto is installed.
        """
        self.port = free_port()
        self._mosquitto = None if python else mosquitto()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.child = Child(f"The MQTT broker ({self.kind})", self._command(), log=folder / "broker.log")

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def kind(self) -> str:
        """Which program it is."""
        return "mosquitto" if self._mosquitto else "amqtt"

    @property
    def protocol(self) -> str:
        """The newest MQTT version that it speaks, as Home Assistant's form calls it."""
        return "5" if self._mosquitto else "3.1.1"

    async def start(self) -> None:
        """Start it, also again after its end, and return when it accepts connections."""
        await self.child.start()

        async def up() -> bool:
            self.child.check()
            return await answers(self.port)

        await until(up, "the MQTT broker", timeout=30, pause=0.1)

    async def stop(self) -> None:
        """End it."""
        await self.child.stop(timeout=10)

    def _command(self) -> list[str | Path]:
        if self._mosquitto:
            # mosquitto gives up its rights when root starts it; "user root" keeps it able to write into our folder.
            settings = _MOSQUITTO.format(port=self.port, host=LOOPBACK, folder=self._folder) + "user root\n"
            path = self._folder / "mosquitto.conf"
            path.write_text(settings)
            return [self._mosquitto, "-c", path]
        path = self._folder / "amqtt.yaml"
        path.write_text(_AMQTT.format(port=self.port, host=LOOPBACK))
        return [Path(sys.executable).with_name("amqtt"), "-c", path]

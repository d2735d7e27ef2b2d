"""The command line of the demo."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from .boards import Wishes, check_replay
from .errors import DemoError
from .process import free_port, port_is_free

_USUAL_PORT = 8123


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the person at the keyboard wishes."""

    wishes: Wishes
    #: None: the usual port if it is free, else any.
    port: int | None
    browser: bool
    python_broker: bool
    #: Where to put the files; None: a folder that is removed at the end.
    keep: Path | None
    once: bool

    def web_port(self) -> int:
        """The port for the web interface; DemoError if the wished one is taken."""
        if self.port is None:
            return _USUAL_PORT if port_is_free(_USUAL_PORT) else free_port()
        if not port_is_free(self.port):
            raise DemoError(f"Port {self.port} is taken by another program. Choose another one with --port.")
        return self.port


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line; ends the program on --help or nonsense, DemoError for a file that is missing."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start an MQTT broker, simulated panels and a real Home Assistant with Panel Meter in it. "
        "Everything lives in a throw-away folder and ends with Ctrl-C.",
    )
    parser.add_argument(
        "--panels", type=_positive, default=3, metavar="N", help="how many panels to simulate (default 3)"
    )
    parser.add_argument(
        "--days",
        type=_not_negative,
        metavar="D",
        help="days of history in the boards' memory (default 30, or the file)",
    )
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="play measured powers (CSV or CSV.gz: time, aggregate_w, ...) instead",
    )
    parser.add_argument(
        "--speed", type=_not_negative, default=1, metavar="X", help="simulated seconds per second (default 1)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which houses are made up (default 1)")
    parser.add_argument(
        "--port", type=_port, metavar="PORT", help=f"port of Home Assistant (default {_USUAL_PORT} if free)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--python-broker", action="store_true", help="take amqtt even where mosquitto is installed")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write into this new folder and leave it there")
    parser.add_argument("--once", action="store_true", help="end as soon as everything is up")
    given = parser.parse_args(arguments)
    if given.replay is not None:
        check_replay(given.replay)
    # A file is one house.
    panels = 1 if given.replay is not None else given.panels
    return Options(
        wishes=Wishes(panels=panels, days=given.days, speed=given.speed or 1, seed=given.seed, replay=given.replay),
        port=given.port,
        browser=not given.no_browser,
        python_broker=given.python_broker,
        keep=given.keep,
        once=given.once,
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError("must be between 1 and 65535")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError("must not be negative")
    return value

"""Boards that post: what they say, and that nothing is lost while nobody answers."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import threading
import time

import pytest

from simulator import Options, Simulation
from simulator.cli import main, parse
from simulator.posting import AddressError, Door, PostLinks

TOKEN = "pmt_not_a_secret"


class PostHost:
    """Keeps every row, and acknowledges it, unless it is out."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, list[int]]] = {}
        self.tokens: set[str | None] = set()
        self.bodies: list[dict[str, object]] = []
        self.out = False
        self.lock = threading.Lock()
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with host.lock:
                    host.tokens.add(self.headers["Authorization"])
                    status, content = (502, b"<html>") if host.out else (200, json.dumps(host.take(body)).encode())
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ingest"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def take(self, body: dict[str, dict[str, object]]) -> dict[str, object]:
        self.bodies.append(body)
        journal = (body.get("record") or body.get("info") or {}).get("journal")
        if journal is None:
            return {"ack": None, "commands": [], "time": 1}
        rows = self.rows.setdefault(str(journal), {})
        records = body.get("record", {}).get("records", [])
        assert isinstance(records, list)
        for row in records:
            assert rows.setdefault(row[0], row) == row
        mark = 0
        while mark + 1 in rows:
            mark += 1
        return {"ack": {"host": "9e01c7d2", "journal": journal, "seq": mark}, "commands": [], "time": 1}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def host(network: None) -> Iterator[PostHost]:
    own = PostHost()
    yield own
    own.close()


def until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def options(host: PostHost, *, shared: bool = False, **values: object) -> Options:
    return Options(door=Door(url=host.url, token=TOKEN, shared=shared), **values)  # type: ignore[arg-type]


def drained(simulation: Simulation) -> bool:
    return simulation.call(lambda: all(not unit.board.ring.unacknowledged for unit in simulation.boards.values()))


def test_days_of_history_are_posted_and_are_the_truth(host: PostHost) -> None:
    with Simulation(options(host, panels=3, shared=True, history=2, live_interval=1)) as simulation:
        until(lambda: drained(simulation))
        truth = simulation.truth()["panels"]
        assert simulation.links.problem is None
    assert isinstance(truth, dict)
    for panel in truth.values():
        rows = host.rows[panel["journal"]]
        assert sorted(rows) == list(range(1, panel["newest_seq"] + 1))
        assert rows[panel["newest_seq"]] == panel["newest_record"]
    assert host.tokens == {f"Bearer {TOKEN}"}
    # One token for three boards: every post says whose it is.
    assert all("info" in body for body in host.bodies)
    assert {str(key) for body in host.bodies for key in body} <= {"info", "live", "record", "response"}


def test_nothing_is_lost_while_nobody_answers(host: PostHost) -> None:
    host.out = True
    with Simulation(options(host, history=1, live_interval=1)) as simulation:
        until(lambda: simulation.links.problem is not None)
        assert simulation.links.problem == "The host answers 502 (None)."
        assert not host.rows
        host.out = False
        until(lambda: drained(simulation))
        assert simulation.links.problem is None
        simulation.network_cut("house", 1)
        until(lambda: not simulation.boards["house"].link.up)
        until(lambda: simulation.boards["house"].link.up)
    (rows,) = host.rows.values()
    assert len(rows) >= 288


def test_an_address_where_nobody_is(host: PostHost) -> None:
    host.close()
    with Simulation(options(host)) as simulation:
        until(lambda: simulation.links.problem is not None)
        assert host.url in str(simulation.links.problem)
        assert TOKEN not in str(simulation.links.problem)


@pytest.mark.parametrize("url", ["", "host", "ftp://host/x", "http://", "mqtt://host"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(AddressError, match="must begin with"):
        PostLinks(Door(url=url, token=TOKEN))
    assert main(["--post", url or "x", "--post-token", TOKEN, "--quiet"]) == 2


def test_what_is_said_on_the_command_line() -> None:
    given = ["--post", "http://h/x", "--post-token", TOKEN]
    assert parse(given).door == Door(url="http://h/x", token=TOKEN)
    assert parse([*given, "--panels", "2"]).door == Door(url="http://h/x", token=TOKEN, shared=True)
    assert parse([]).door is None
    for wrong in (["--post", "http://h/x"], [*given, "--legacy", "1"], [*given, "--apartments", "1"]):
        with pytest.raises(SystemExit):
            parse(wrong)

"""The whole path, told once: from boards on MQTT to the Energy dashboard, through restarts, kills and power cuts."""

from demo import energy, flows
from demo.stage import DOMAIN, Stage
from demo.waiting import until

from .background import Background
from .books import booked, compare_with_truth, ledger_of, sent, whole_journal

_KILLS = (0.15, 0.35, 0.55)
_RESTART = 0.75


def test_panels_are_discovered_and_confirmed(stage: Stage, background: Background) -> None:
    """Home Assistant offers the panels by itself; the user confirms, and every panel shows powers."""

    async def story() -> None:
        offers = await stage.wait_for_discovery()
        assert len(offers) == 1, "many panels must make one card, not one each"
        finished = await flows.go_on(stage.client, offers[0])
        assert finished.type == "create_entry", finished.reason
        await stage.wait_for_values()

    background.run(story())


def test_power_is_what_the_boards_say(stage: Stage, background: Background) -> None:
    """Every power entity shows a value that its board has really sent."""

    async def told() -> bool:
        assert stage.observer is not None
        shown = await _by_unique_id(stage, "_power")
        expected = {
            f"{panel}_{channel}_power" for panel, heard in stage.observer.panels.items() for channel in heard.channels
        }
        if set(shown) != expected:
            return False
        if any(watts in ("unknown", "unavailable") for watts in shown.values()):
            return False
        for unique_id, watts in shown.items():
            panel, _, rest = unique_id.partition("_")
            channel = rest.removesuffix("_power")
            powers = {round(value, 1) for value in stage.observer.panels[panel].powers.get(channel, ())}
            assert float(watts) in powers, f"{unique_id} shows {watts} W, which the board never sent"
        return True

    background.run(until(told, "every channel to have a power", timeout=60, pause=1))


def test_killed_while_history_arrives(stage: Stage, background: Background) -> None:
    """SIGKILL three times and one orderly restart, all in the middle of the stream of records."""

    async def story() -> None:
        for share in _KILLS:
            await _until_arrived(stage, share)
            await stage.home_assistant.kill()
            await stage.home_assistant.start()
        await _until_arrived(stage, _RESTART)
        await stage.home_assistant.restart()
        await stage.wait_for_values()

    background.run(story())


def test_history_arrives_whole(stage: Stage, background: Background) -> None:
    """All that the boards held is acknowledged in the end."""
    background.run(stage.wait_for_records())


def test_broker_restarts(stage: Stage, background: Background) -> None:
    """A broker that dies and comes back is only a pause."""

    async def story() -> None:
        await stage.broker.child.kill()
        await stage.broker.start()
        await stage.wait_for_records()
        await stage.wait_for_values()

    background.run(story())


def test_power_cut_of_the_boards(stage: Stage, background: Background) -> None:
    """Boards whose power was cut go on with their flash: same journals, and every entity comes back."""

    async def story() -> None:
        assert stage.observer is not None
        journals = {name: heard.journal for name, heard in stage.observer.panels.items()}
        await stage.boards.kill()
        await stage.boards.start()
        lives = {name: heard.live for name, heard in stage.observer.panels.items()}

        async def back() -> bool:
            assert stage.observer is not None
            return all(heard.live > lives[name] for name, heard in stage.observer.panels.items())

        await until(back, "every board to speak again", timeout=90)
        assert {name: heard.journal for name, heard in stage.observer.panels.items()} == journals
        await stage.wait_for_values()

    background.run(story())


def test_energy_dashboard_is_content(stage: Stage, background: Background) -> None:
    """The dashboard is set up and, once the recorder has looked, Home Assistant finds nothing wrong with it."""

    async def story() -> None:
        await stage.set_up_energy()
        await until(lambda: energy.compiled(stage.client), "the recorder to compile statistics", timeout=420, pause=2)
        assert await energy.complaints(stage.client) == []

    background.run(story())


def test_ledger_holds_what_was_sent(stage: Stage, background: Background) -> None:
    """After all of that: no record missing, none doubled, every interval and every energy exact."""

    async def quiet() -> None:
        await stage.boards.stop()
        await stage.wait_for_records()
        await stage.home_assistant.stop()

    background.run(quiet())
    assert stage.observer is not None
    with ledger_of(stage.home_assistant.folder) as ledger:
        ledger.verify()
        assert set(ledger.load()) == set(stage.observer.panels)
        for name, heard in stage.observer.panels.items():
            assert heard.conflicts == []
            rows = whole_journal(heard)
            assert heard.acknowledged == max(rows)
            assert booked(ledger, name, heard.journal) == sent(rows, heard.acknowledged)
        assert ledger.stats().rejected == {}


def test_ledger_is_the_truth(stage: Stage) -> None:
    """Every register of every board, hour by hour and in all, as the simulator knows it."""
    truth = stage.boards.truth()
    assert truth is not None
    panels = truth["panels"]
    assert isinstance(panels, dict)
    with ledger_of(stage.home_assistant.folder) as ledger:
        for name, panel in panels.items():
            compare_with_truth(ledger, name, panel)


async def _until_arrived(stage: Stage, share: float) -> None:
    async def arrived() -> bool:
        done, total = stage.backlog()
        return total > 0 and done >= share * total

    await until(arrived, f"{share:.0%} of the history to arrive", timeout=300, pause=0.05)


async def _by_unique_id(stage: Stage, ending: str) -> dict[str, str]:
    """The states of the enabled entities whose unique id ends so, by unique id."""
    states = await stage.client.states()
    return {
        str(entry["unique_id"]): str(states[str(entry["entity_id"])]["state"])
        for entry in await stage.client.entities(DOMAIN)
        if str(entry["unique_id"]).endswith(ending) and str(entry["entity_id"]) in states
    }

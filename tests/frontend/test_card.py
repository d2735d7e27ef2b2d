"""What the card shows and does, in a real Chromium with a made-up Home Assistant."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
import pytest

from .conftest import Card

BREAKER = "button.breaker"
NOTHING = "\u2013"
HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "\u202eneppa\u202c \u05de\u05d8\u05d1\u05d7",
    "🔥👨‍👩‍👧‍👦⚡",
    "W" * 64,
    "a b " * 16,
    "'\"`${1+1}{{ 1 }}",
]


# --- what is shown ---


def test_every_breaker_sits_in_its_slot_and_tells_its_load(card: Card) -> None:
    card.show("house(12)")
    assert card.texts(f"{BREAKER} .name")[:3] == ["Kitchen", "Oven", "Living room"]
    assert card.texts(f"{BREAKER} .value")[:3] == ["74 W", "1.10 kW", "2.02 kW"]
    assert card.texts(f"{BREAKER} .share")[:3] == ["2 %", "30 %", "55 %"]
    assert card.texts(f"{BREAKER} .number")[3:6] == ["4", "5\u20137", "8"]
    assert card.text(".total") == "19.96 kW"
    assert card.text(".rest .value") == "120 W"
    levels = card.js("[...now.root().querySelectorAll('li.slot')].map((each) => each.dataset.level)")
    assert [levels[place] for place in (0, 2, 5, 8)] == ["low", "middle", "high", "over"]


def test_a_split_phase_stands_in_two_columns(card: Card) -> None:
    card.show("house(12, {volts: 120})")
    sides = card.js("""[...now.root().querySelectorAll('.breaker')].map((each) =>
        [each.querySelector('.number').textContent, each.getBoundingClientRect().left < innerWidth / 2])""")
    assert [left for number, left in sides] == [int(number.split("·")[0]) % 2 == 1 for number, _ in sides]
    rows = card.js("now.root().querySelector('[data-id=c5]').parentElement.style.gridRow")
    assert rows.endswith("span 2")


@pytest.mark.parametrize("layout", ["columns", "rail"])
def test_the_layout_can_be_chosen(card: Card, layout: str) -> None:
    card.show("house(6)", config={"layout": layout})
    assert card.js("now.root().querySelector('.board').dataset.layout") == layout


def test_a_message_changes_what_is_shown_and_nothing_else(card: Card) -> None:
    card.show("house(42)")
    card.js("""() => {
        window.changes = [];
        new MutationObserver((all) => changes.push(...all.map(({ type }) => type))).observe(now.root(),
            { subtree: true, childList: true, characterData: true, attributes: true });
        now.values.c1 = { power_w: 1840, current_a: 8, power_factor: 1 };
        now.say();
    }""")
    assert card.text(f"{BREAKER} .value") == "1.84 kW"
    assert card.text(f"{BREAKER} .share") == "50 %"
    changes = card.js("changes")
    assert "childList" not in changes
    assert 3 <= len(changes) <= 12
    card.js("changes.length = 0; now.say()")
    assert card.js("changes") == []


def test_amperes_instead_of_watts(card: Card) -> None:
    card.show("house(6)")
    card.click("button[aria-label=Watts]")
    assert card.texts(f"{BREAKER} .value")[1] == "4.8 A"
    card.show("house(6)", config={"unit": "A"})
    assert card.texts(f"{BREAKER} .value")[1] == "4.8 A"


def test_what_is_not_known_is_no_zero(card: Card) -> None:
    card.show("house(2)")
    card.js("now.values.c1 = { power_w: null, current_a: null, power_factor: null }; delete now.values.c2; now.say()")
    assert card.texts(f"{BREAKER} .value") == [NOTHING, NOTHING]
    assert card.texts(f"{BREAKER} .share") == ["", ""]


def test_solar_feeds_back(card: Card) -> None:
    card.show("(() => { const found = house(2); found.panel.channels[1].role = 'solar'; return found; })()")
    card.js("now.values.c1 = { power_w: -2500, current_a: null, power_factor: -1 }; now.say()")
    assert card.text(f"{BREAKER} .value") == "-2.50 kW"
    assert "feeds back" in card.js("now.root().querySelector('.breaker .hidden').textContent")


def test_channels_without_a_slot_take_what_is_left(card: Card) -> None:
    card.show("(() => { const found = house(3); found.panel.channels[1].slot = null; return found; })()")
    assert card.texts(f"{BREAKER} .number") == ["1", "2", "3"]


@pytest.mark.parametrize("count", [1, 42])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_small_and_large_panels_fit_every_screen(card: Card, count: int, width: int) -> None:
    card.run(card.page.set_viewport_size({"width": width, "height": 900}))
    for volts in (230, 120):
        card.show(f"house({count}, {{volts: {volts}}})")
        assert len(card.texts(BREAKER)) == count
        assert card.js("document.documentElement.scrollWidth <= innerWidth")
        wide = card.js("""[...now.root().querySelectorAll('.breaker *')].filter((each) =>
            each.getBoundingClientRect().right > each.closest('.breaker').getBoundingClientRect().right + 1).length""")
        assert wide == 0
        card.picture(f"{count}-{volts}-{width}")


# --- names come from outside ---


@pytest.mark.parametrize("width", [360, 1440])
def test_hostile_names_are_only_text(card: Card, width: int) -> None:
    card.run(card.page.set_viewport_size({"width": width, "height": 900}))
    card.show(
        "(() => { const found = house(7, {names: hostile}); found.panel.name = hostile[0]; return found; })()".replace(
            "hostile", repr(HOSTILE)
        )
    )
    assert card.texts(f"{BREAKER} .name") == [name.strip() for name in HOSTILE]
    assert card.js("document.title") == "Card"
    assert card.js("now.root().querySelectorAll('script, img').length") == 0
    assert card.js("document.documentElement.scrollWidth <= innerWidth")
    card.click(BREAKER)
    card.see("dialog .chart")
    assert card.text("dialog h2") == HOSTILE[0]
    card.picture(f"hostile-{width}")


# --- what can go wrong ---


def test_an_offline_panel_says_since_when(card: Card) -> None:
    card.show("house(6)")
    card.js("""for (const id in now.values) now.values[id] = { power_w: null, current_a: null };
        now.say({ online: false, last_seen: '2026-01-05T09:30:00+01:00', not_metered_w: null })""")
    assert card.text(".state").startswith("Offline since Jan 5, 2026, 09:30 AM.")
    assert card.text(".total") == NOTHING
    assert card.text("[aria-live]") == "The panel is offline"
    card.picture("offline")
    card.js("now.say({ online: true })")
    card.until("now.root().querySelector('.state').hidden")


def test_while_panel_meter_does_not_run_a_sentence_says_so(card: Card) -> None:
    card.show("house(6)", refuse=["panel_meter/panels"], wait=".state[data-kind=wrong]")
    assert card.text(".state") == "Panel Meter is not running. It is asked again by itself."
    card.js("now.refuse.clear()")
    card.see(BREAKER)


def test_nothing_to_show(card: Card) -> None:
    card.show("({ panel: null })", wait=".state[data-kind=wrong]")
    assert "There is no panel yet" in card.text(".state")
    card.show("house(2)", config={"panel": "<b>none</b>"}, wait=".state[data-kind=wrong]")
    assert "no panel “<b>none</b>”" in card.text(".state")
    card.show("house(2)", config={"layout": "heap"}, wait=".state[data-kind=wrong]")
    assert "“heap” is no layout" in card.text(".state")
    card.show(
        "({ panel: { ...house(1).panel, channels: [] }, values: {} })", wait=".state[data-kind=quiet] >> text=not told"
    )


def test_it_goes_on_after_a_restart_of_home_assistant(card: Card) -> None:
    card.show("house(6)")
    card.js("now.drop()")
    card.see(".state >> text=cannot be reached")
    card.js("now.values.c1 = { power_w: 999, current_a: null }; now.panel.channels[1].name = 'Renamed'; now.back()")
    card.until("now.root().querySelector('.breaker .value').textContent === '999 W'")
    assert card.text(f"{BREAKER} .name") == "Renamed"
    card.until("now.live.size === 1")


def test_it_listens_only_while_it_can_be_seen_and_confirms_what_it_saw(card: Card) -> None:
    card.show("house(6)")
    card.js("now.say()")
    seen = card.js("now.calls.filter(({ type }) => type === 'panel_meter/live_seen').at(-1)")
    assert seen["number"] == card.js("now.number")
    assert seen["subscription"] in card.js("[...now.live.keys()]")
    card.js("document.querySelector('main').style.marginTop = '5000px'")
    card.until("now.live.size === 0")
    card.js("document.querySelector('main').style.marginTop = ''")
    card.until("now.live.size === 1")
    card.js("now.card.remove()")
    card.until("now.live.size === 0")


def test_alerts_are_shown_where_they_belong(card: Card) -> None:
    alerts = [
        {"channel": "c2", "severity": "warning", "title": "Left on"},
        {"channel": "c2", "severity": "critical", "title": "<i>Overload</i>"},
        {"channel": None, "severity": "info", "title": "Offline"},
    ]
    card.show("house(6)", alerts=alerts)
    card.until("!now.root().querySelector('[data-id=c2] .badge').hidden")
    badge = "[data-id=c2] .badge"
    assert card.text(badge) == "2"
    assert card.js(f"now.root().querySelector('{badge}').dataset.severity") == "critical"
    label = card.js(f"now.root().querySelector('{badge}').getAttribute('aria-label')")
    assert label == "Alert: <i>Overload</i>, Alert: Left on"
    assert card.js("now.root().querySelectorAll('.badge:not([hidden])').length") == 1


def test_where_there_are_no_alerts_nothing_is_said_of_them(card: Card) -> None:
    card.show("house(6)", refuse=["panel_meter/alerts", "panel_meter/subscribe_alerts"])
    assert card.js("now.root().querySelectorAll('.badge:not([hidden])').length") == 0


# --- details ---


def test_a_breaker_opens_to_its_last_day_and_closes_again(card: Card) -> None:
    card.show("house(6)")
    card.click("[data-id=c2]")
    card.see("dialog .chart")
    assert card.texts("dialog dd") == ["1.10 kW", "4.8 A", "30 % of 16 A", "0.97"]
    asked = card.js("now.calls.find(({ type }) => type === 'panel_meter/history')")
    assert (asked["panel"], asked["channels"]) == ("home", ["c2"])
    assert 120 <= asked["width"] <= 600
    card.js("now.values.c2 = { power_w: 10, current_a: 0.05, power_factor: 0.5 }; now.say()")
    assert card.texts("dialog dd")[0] == "10 W"
    card.picture("detail")
    card.press("Escape")
    card.until("!now.root().querySelector('dialog')")
    assert card.js("now.root().activeElement.dataset.id") == "c2"


@pytest.mark.parametrize(("powers", "text"), [([None] * 5, "Nothing is known"), ([], "Nothing is known")])
def test_without_history_it_says_so(card: Card, powers: list[Any], text: str) -> None:
    card.show("house(6)", history=powers)
    card.click("[data-id=c2]")
    card.see(f"dialog >> text={text}")
    card.press("Escape")
    card.js("now.refuse.add('panel_meter/history')")
    card.click("[data-id=c1]")
    card.see("dialog >> text=That did not work")


# --- keyboard, screen reader ---


def test_the_keyboard_reaches_everything(card: Card) -> None:
    card.show("house(3)")
    reached = []
    for _ in range(6):
        card.press("Tab")
        reached.append(card.js("now.root().activeElement?.ariaLabel || now.root().activeElement?.dataset.id"))
    assert reached == ["Watts", "Arrange breakers", "main", "c1", "c2", "c3"]
    assert card.js("getComputedStyle(now.root().activeElement).outlineStyle") == "solid"
    card.press("Enter")
    card.see("dialog .chart")


def test_a_heavy_load_is_announced_once(card: Card) -> None:
    card.show("house(3)")
    assert card.text("[aria-live]") == ""
    for power in (4000, 100, 4000):
        card.js("(power) => { now.values.c1 = { power_w: power, current_a: null }; now.say(); }", power)
    assert card.text("[aria-live]") == "Kitchen is overloaded"
    card.js("now.root().querySelector('[aria-live]').textContent = ''; now.say()")
    assert card.text("[aria-live]") == ""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_serious_fault_keeps_people_from_using_it(card: Card, width: int, dark: bool) -> None:
    card.run(card.page.set_viewport_size({"width": width, "height": 900}))
    alerts = [{"channel": "c3", "severity": "warning", "title": "Left on"}]
    card.run(card.page.add_script_tag(content=AXE_SCRIPT))
    for house in ("house(12)", "house(12, {volts: 120})"):
        card.show(house, dark=dark, alerts=alerts)
        assert faults(card) == []
    card.picture(f"axe-{width}-{'dark' if dark else 'light'}")
    card.click("[data-id=c2]")
    card.see("dialog .chart")
    assert faults(card) == []
    card.picture(f"axe-detail-{width}-{'dark' if dark else 'light'}")
    card.press("Escape")
    card.click("button.edit")
    card.see("fieldset legend")
    card.click("[data-id=c2]")
    card.see("fieldset select")
    assert faults(card) == []
    card.picture(f"axe-edit-{width}-{'dark' if dark else 'light'}")


def faults(card: Card) -> list[str]:
    found = card.js("axe.run(document.querySelector('main')).then(({ violations }) => violations)")
    return [
        f"{each['id']}: {node['html'][:120]} {node['any'][:1]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_without_motion_nothing_moves(card: Card) -> None:
    card.show("house(3)")
    assert card.js("getComputedStyle(now.root().querySelector('.fill')).transitionDuration") == "0s"
    card.run(card.page.emulate_media(reduced_motion="no-preference"))
    assert card.js("getComputedStyle(now.root().querySelector('.fill')).transitionDuration") != "0s"


# --- edit mode ---


def edit(card: Card, house: str = "house(6)", **options: Any) -> None:
    card.show(house, **options)
    card.click("button.edit")
    card.see("fieldset legend")


def saved(card: Card) -> dict[str, Any]:
    card.click("button.main-act")
    card.until("now.calls.some(({ type }) => type === 'panel_meter/set_layout')")
    wish = card.js("now.calls.find(({ type }) => type === 'panel_meter/set_layout')")
    return {each["id"]: each for each in wish["channels"]}


def test_only_administrators_see_the_pencil(card: Card) -> None:
    card.show("house(6)", admin=False)
    assert card.js("now.root().querySelector('.edit')") is None


def test_arrow_keys_move_a_breaker_and_its_neighbour_makes_room(card: Card) -> None:
    edit(card)
    assert card.js("now.root().activeElement.dataset.id") == "c1"
    card.press("ArrowRight")
    assert card.texts(f"{BREAKER} .name")[:2] == ["Oven", "Kitchen"]
    assert card.text("[aria-live]") == "Kitchen: slot 2"
    assert card.js("now.root().activeElement.dataset.id") == "c1"
    card.press("ArrowLeft")
    card.press("ArrowLeft")
    assert card.text("[aria-live]") == "Kitchen does not fit there."
    channels = saved(card)
    assert [channels[f"c{number}"]["slot"] for number in (1, 2, 3)] == [1, 2, 3]
    card.see("button.edit")


def test_moves_keep_every_breaker_in_slots_of_its_own(card: Card) -> None:
    """Thousands of moves in both layouts: nobody is lost, nobody takes the slot of another, nobody leaves the panel."""
    wrong = card.js("""async () => {
        const { move, place, polesOf, slotsOf, MOST_SLOTS } = await import("/frontend/card/layout.js");
        let seed = 7;
        const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
        const wrong = [];
        for (const layout of ["columns", "rail"]) for (const count of [1, 5, 20, 42]) {
            const channels = Array.from({ length: count }, (_, each) =>
                ({ id: `c${each}`, phase: null, poles: count > 20 ? 1 : 1 + random(3), slot: random(60) || null }));
            let places = place(channels, layout);
            for (let turn = 0; turn < 400; turn += 1) {
                const id = `c${random(count)}`, slot = random(MOST_SLOTS + 4) - 1;
                const moved = move(channels, places, id, slot, layout);
                if (!moved) continue;
                places = moved;
                const taken = channels.flatMap((each) => slotsOf(places.get(each.id), polesOf(each), layout));
                if (new Set(taken).size !== taken.length || taken.some((each) => !(each >= 1 && each <= MOST_SLOTS)))
                    wrong.push([layout, count, turn, id, slot]);
            }
        }
        return wrong.slice(0, 5);
    }""")
    assert wrong == []


def test_neighbours_of_different_width_change_places(card: Card) -> None:
    edit(card)
    card.run(card.page.locator("[data-id=c4]").focus())
    card.press("ArrowRight")
    assert card.texts(f"{BREAKER} .number")[3:5] == ["4\u20136", "7"]
    assert card.texts(f"{BREAKER} .name")[3:5] == ["Heat pump", "Bedroom"]
    card.press("ArrowLeft")
    assert card.texts(f"{BREAKER} .name")[3:5] == ["Bedroom", "Heat pump"]


def test_a_pointer_drags_a_breaker(card: Card) -> None:
    edit(card, "house(6, {volts: 120})")
    boxes = [card.run(card.page.locator(where).first.bounding_box()) for where in ("[data-id=c1]", "[data-slot='10']")]
    (x, y), (to_x, to_y) = ((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes)
    mouse = card.page.mouse
    card.run(mouse.move(x, y))
    card.run(mouse.down())
    card.run(mouse.move((x + to_x) / 2, (y + to_y) / 2))
    card.run(mouse.move(to_x, to_y))
    card.picture("dragging")
    card.run(mouse.up())
    assert saved(card)["c1"]["slot"] == 10


def test_rating_poles_and_phase_are_set(card: Card) -> None:
    edit(card)
    card.click("[data-id=c1]")
    card.run(card.page.get_by_label("Rating (A)").fill("25"))
    card.run(card.page.get_by_label("Phase").select_option("L2"))
    card.run(card.page.get_by_label("Poles").select_option("2"))
    channels = saved(card)
    assert channels["c1"] == {"id": "c1", "slot": 1, "poles": 2, "rating_a": 25, "phase": "L2"}
    taken = [slot for each in channels.values() for slot in range(each["slot"], each["slot"] + (each["poles"] or 1))]
    assert len(taken) == len(set(taken))


def test_what_is_open_stays_when_someone_comes_back_to_the_page(card: Card) -> None:
    card.show("house(6)")
    card.click("[data-id=c2]")
    card.see("dialog .chart")
    card.js("now.drop(); now.back()")
    card.until("now.live.size === 1")
    card.js("now.values.c2 = { power_w: 321, current_a: null }; now.say()")
    card.until("now.root().querySelector('dialog dd').textContent === '321 W'")


def test_cancelling_changes_nothing(card: Card) -> None:
    edit(card)
    card.press("ArrowRight")
    card.click("section .acts button >> text=Cancel")
    card.see("button.edit")
    assert card.texts(f"{BREAKER} .name")[:2] == ["Kitchen", "Oven"]
    assert card.js("now.calls.some(({ type }) => type === 'panel_meter/set_layout')") is False


def test_live_values_go_on_while_breakers_are_moved(card: Card) -> None:
    edit(card)
    card.press("ArrowRight")
    card.js("now.values.c1 = { power_w: 555, current_a: null }; now.say()")
    assert card.text("[data-id=c1] .value") == "555 W"
    assert card.texts(f"{BREAKER} .name")[:2] == ["Oven", "Kitchen"]


def test_a_refusal_is_told_in_the_language_of_the_user(card: Card) -> None:
    edit(card, language="de")
    card.js("""now.refusal = { code: 'impossible', message: 'x', translation_key: 'slot_taken',
        translation_placeholders: { channel: '<b>', other: 'Herd', slot: '3' } };
        now.refuse.add('panel_meter/set_layout')""")
    card.click("button.main-act")
    card.see("[role=alert] >> text=<b> und Herd können nicht beide auf Platz 3 sitzen.")
    assert card.js("now.root().querySelector('.main-act').disabled") is False


# --- languages ---


@pytest.mark.parametrize(("language", "text"), [
    ("de", "Nicht gemessen"), ("nl", "Niet gemeten"), ("fr", "Non mesuré"), ("es", "Sin medir"),
    ("id", "Tidak terukur"), ("tlh", "Not metered"),
])  # fmt: skip
def test_it_speaks_the_language_of_the_user(card: Card, language: str, text: str) -> None:
    card.show("house(2)", language=language)
    assert card.text(".rest").startswith(text)


def test_every_language_says_everything(card: Card) -> None:
    found = card.js("""Promise.all(['en', 'de', 'es', 'fr', 'id', 'nl'].map(async (language) =>
        (await import(`/frontend/card/texts/${language}.js`)).default))""")
    for words in found:
        assert words.keys() == found[0].keys()
        for key, text in words.items():
            assert placeholders(text) == placeholders(found[0][key]), key


def placeholders(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}


def test_numbers_are_written_as_the_user_reads_them(card: Card) -> None:
    card.show("house(3)", language="de")
    assert card.texts(f"{BREAKER} .value")[1] == "1,10 kW"


# --- Home Assistant's pages ---


def test_the_picker_offers_the_card_for_our_entities_only(card: Card) -> None:
    card.show("house(2)")
    suggest = (
        "(hass) => customCards.find(({ type }) => type === 'panel-meter-card').getEntitySuggestion(hass, 'sensor.x')"
    )
    entities = {"sensor.x": {"platform": "panel_meter", "device_id": "d"}}
    devices = {"d": {"identifiers": [["panel_meter", "home/c1"]]}}
    config = {"type": "custom:panel-meter-card", "panel": "home"}
    assert card.js(suggest, {"entities": entities, "devices": devices}) == {"config": config}
    assert card.js(suggest, {"entities": {"sensor.x": {"platform": "mqtt"}}, "devices": {}}) is None
    assert card.js(suggest, {"entities": {}, "devices": {}}) is None
    form = card.js(
        "customElements.get('panel-meter-card').getConfigForm().then(({ schema }) => schema.map(({ name }) => name))"
    )
    assert form == ["panel", "layout", "unit"]
    options = card.js("now.card.getGridOptions()")
    assert options["columns"] == 12

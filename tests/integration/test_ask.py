"""Questions in words, through Assist, the action and the options."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.conversation import async_converse
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, llm
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.panel_meter.ask import async_ask
from custom_components.panel_meter.const import DOMAIN
from tests.core.protocol import PANEL
from tests.core.questions.house import FILES, sentences

from .api_house import House, a_house, only, somebody
from .conftest import Say, unload_all
from .costs import NOON

#: What people asked the system that had a chatbot, word for word.
FIVE = {
    "What's my power consumption today?": "The home used",
    "Which device consumed most power?": "Kitchen (Apartment 101) used the most today: 5.76 kWh.",
    "Show me temperature readings": "The temperature of Apartment 101 is 31.5 °C.",
    "Do I have any alerts?": "open alert",
    "Help me understand my energy usage": "You can ask, for example",
}


@pytest.fixture
async def house(
    hass: HomeAssistant, mqtt_mock: object, say: Say, freezer: FrozenDateTimeFactory
) -> AsyncIterator[House]:
    freezer.move_to(datetime.fromtimestamp(NOON, UTC))
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    yield await a_house(hass, say)
    await unload_all(hass)


async def said(hass: HomeAssistant, text: str, language: str = "en", context: Context | None = None) -> str:
    """What Assist answers."""
    result = await async_converse(hass, text, None, context or Context(), language)
    speech: str = result.response.speech["plain"]["speech"]
    return speech


async def ask(hass: HomeAssistant, question: str, **more: Any) -> dict[str, Any]:
    context = more.pop("context", None)
    found: dict[str, Any] | None = await hass.services.async_call(
        DOMAIN, "ask", {"question": question, **more}, blocking=True, return_response=True, context=context
    )  # type: ignore[assignment]
    assert found is not None
    return found


async def test_assist_answers_the_five_questions(house: House) -> None:
    answers = {question: await said(house.hass, question) for question in FIVE}
    assert not {question: answer for question, answer in answers.items() if FIVE[question] not in answer}


async def test_the_numbers_are_those_of_the_ledger(house: House) -> None:
    """Apartment 101 draws 1.2 kW, 0.48 kW of it in the kitchen, and 102 began at ten with 0.72 kW: 14.4 + 1.44 kWh."""
    answer = await ask(house.hass, "What's my power consumption today?")
    assert answer["data"]["home"] == {"name": "", "unit": "kWh", "value": pytest.approx(15.84)}
    assert answer["text"].startswith("The home used 15.84 kWh today.")
    kitchen = await ask(house.hass, "How much did apartment 101 use yesterday?")
    assert kitchen["data"]["values"][0]["value"] == pytest.approx(28.8)


async def test_answers_come_in_the_language_of_the_question(house: House) -> None:
    assert (await said(house.hass, "Hoeveel stroom hebben we vandaag verbruikt?", "nl")).startswith(
        "Het huis verbruikte vandaag 15,84 kWh."
    )
    assert (await said(house.hass, "Wie viel Strom haben wir gestern verbraucht?", "de-CH")).startswith("Das Haus hat")
    # There is no wording in Swedish: English is better than nothing.
    assert (await ask(house.hass, "How much energy did we use today?", language="sv"))["understood"]


async def test_what_is_not_understood_is_said(house: House) -> None:
    answer = await ask(house.hass, "How much did the fridge use yesterday?")
    assert not answer["understood"]
    assert answer["text"].startswith("I did not understand")
    assert await said(house.hass, "how much energy does my fridge use") == answer["text"]


async def test_no_question_at_all_is_refused(house: House) -> None:
    for question in ("", "x" * 301, 5 * ["a"]):
        with pytest.raises(vol.Invalid):
            await ask(house.hass, question)  # type: ignore[arg-type]


NONSENSE = (
    "how much did {{ states('sensor.x') }} use",
    "<speak><break time='9999s'/>power</speak>",
    "\x00\u202e energy ☃ ½ ² ٣ 99999999999999999999 kwh last 9999999 days",
    "between between between 31 february and 99 may kwh",
    "energy since 0000-00-00",
    "energy on 29 february 2025",
    "kwh in the last 0 days",
)


async def test_nonsense_is_declined(house: House) -> None:
    understood = [question for question in NONSENSE if (await ask(house.hass, question))["understood"]]
    assert not understood


async def test_an_unknown_panel_is_not_guessed(house: House) -> None:
    assert not (await ask(house.hass, "How much did apartment 103 use today?"))["understood"]


async def test_who_sees_one_circuit_hears_of_it_only(house: House) -> None:
    kitchen = house.entity(f"{PANEL.id}/c1/energy_import")
    context = Context(user_id=somebody(house.hass, only(kitchen)).id)
    assert "Kitchen" in (await ask(house.hass, "which circuit used the most today", context=context))["text"]
    assert (await ask(house.hass, "how much energy did we use today", context=context))["text"] == (
        "There is nothing that you can see."
    )
    assert not (await ask(house.hass, "how much did apartment 102 use today", context=context))["understood"]
    assert "14.40" not in await said(house.hass, "how much power did apartment 101 use today", context=context)
    for question in ("what is my electricity bill", "what is the price of electricity", "do I have any alerts"):
        assert "EUR" not in (await ask(house.hass, question, context=context))["text"]


async def test_a_user_who_is_gone_hears_nothing(house: House) -> None:
    with pytest.raises(Unauthorized):
        await ask(house.hass, "how much energy did we use today", context=Context(user_id="gone"))


async def test_it_can_be_switched_off(house: House) -> None:
    hass = house.hass
    before = await said(hass, "What's my power consumption today?")
    hass.config_entries.async_update_entry(house.entry, options={"assist": False})
    await hass.async_block_till_done()
    assert await said(hass, "What's my power consumption today?") != before
    # Who asks on purpose is answered all the same.
    assert (await ask(hass, "What's my power consumption today?"))["understood"]
    hass.config_entries.async_update_entry(house.entry, options={"assist": True})
    await hass.async_block_till_done()
    assert (await said(hass, "What's my power consumption today?")).startswith("The home used")


def the_kitchen(devices: dr.DeviceRegistry, entry_id: str) -> dr.ChildDeviceEntry:
    found = devices.async_get_child_device_by_identifier((DOMAIN, f"{PANEL.id}/c1"), entry_id)
    assert found is not None
    return found


async def test_a_new_name_is_listened_to(house: House) -> None:
    devices = dr.async_get(house.hass)
    device = the_kitchen(devices, house.entry.entry_id)
    assert "14" not in await said(house.hass, "how much did the sauna use today")
    devices.async_update_child_device(device.id, name_by_user="Sauna")
    await house.hass.async_block_till_done()
    assert (await said(house.hass, "how much did the sauna use today")).startswith("Sauna used 5.76 kWh today.")


async def test_a_hostile_name_is_only_a_name(house: House) -> None:
    devices = dr.async_get(house.hass)
    device = the_kitchen(devices, house.entry.entry_id)
    devices.async_update_child_device(device.id, name_by_user="{{ 7 * 7 }} [x] (y|z) {w} <speak>" + "A" * 500)
    await house.hass.async_block_till_done()
    # The sentences can still be compiled, and nothing else is taken for that name.
    assert (await said(house.hass, "What's my power consumption today?")).startswith("The home used")
    answer = (await ask(house.hass, f"how much did 7 7 x y z w speak{'A' * 200} use today"))["text"]
    assert not any(each in answer for each in "{}<>")


async def test_without_the_hub_the_action_says_so(house: House) -> None:
    await house.hass.config_entries.async_unload(house.entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await ask(house.hass, "how much energy did we use today")
    assert "15.84" not in await said(house.hass, "What's my power consumption today?")
    assert await house.hass.config_entries.async_setup(house.entry.entry_id)


# --- tools of language models ---


async def tools_of(hass: HomeAssistant, user: MockUser | None = None) -> llm.APIInstance:
    context = llm.LLMContext(
        platform="test",
        context=Context(user_id=user.id if user else None),
        language="en",
        assistant="conversation",
        device_id=None,
    )
    return await llm.async_get_api(hass, llm.LLM_API_ASSIST, context)


async def call(api: llm.APIInstance, name: str, **arguments: Any) -> tuple[dict[str, Any], bool]:
    result = await api.async_call_tool(llm.ToolInput(f"{DOMAIN}__{name}", arguments))
    assert isinstance(result, llm.ToolResult)
    return result.data, result.error


async def test_every_tool_only_reads(house: House) -> None:
    ours = [tool for tool in (await tools_of(house.hass)).tools if tool.name.startswith(f"{DOMAIN}__")]
    assert {tool.name.removeprefix(f"{DOMAIN}__") for tool in ours} >= {
        *("usage", "cost", "compare", "top_consumers", "alerts", "bill", "demand", "live")
    }
    for tool in ours:
        assert tool.annotations.read_only
        assert not tool.annotations.destructive
        assert tool.integration == DOMAIN
        assert tool.description


TOOLS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("live", {"about": ["kitchen"]}, "Kitchen"),
    ("usage", {"period": "yesterday", "about": ["Apartment 101"]}, "28.80 kWh"),
    ("usage", {"period": "between", "first_day": "2026-11-19", "last_day": "2026-11-20"}, "kWh"),
    ("cost", {"about": ["Kitchen"]}, "EUR"),
    ("compare", {"about": ["Apartment 101"], "period": "today", "other_period": "yesterday"}, "less"),
    ("top_consumers", {"by": "power"}, "right now"),
    ("alerts", {}, "alert"),
    ("bill", {}, "EUR"),
    ("bill", {"period": "expected"}, "bill"),
    ("demand", {}, "demand"),
    ("price", {}, "EUR"),
)


async def test_tools_answer(house: House) -> None:
    api = await tools_of(house.hass)
    for name, arguments, expected in TOOLS:
        data, failed = await call(api, name, **arguments)
        assert not failed, name
        assert expected in data["text"], name


UNFIT: tuple[tuple[str, dict[str, Any]], ...] = (
    ("live", {"about": ["Apartment 103"]}),
    ("usage", {"about": ["{{ 1 }}"]}),
    ("usage", {"period": "between"}),
    ("usage", {"period": "between", "first_day": "2026-11-20", "last_day": "2026-11-19"}),
    ("usage", {"period": "for ever"}),
    ("compare", {"about": ["Apartment 101"]}),
    ("top_consumers", {"by": "beauty"}),
    ("usage", {"about": ["Kitchen"] * 100}),
)


async def test_tools_refuse_what_does_not_fit(house: House) -> None:
    api = await tools_of(house.hass)
    for name, arguments in UNFIT:
        data, failed = await call(api, name, **arguments)
        assert failed, (name, arguments)
        assert data["error"]


async def test_tools_see_what_the_user_sees(house: House) -> None:
    user = somebody(house.hass, only(house.entity(f"{PANEL.id}/c1/energy_import")))
    api = await tools_of(house.hass, user)
    assert (await call(api, "usage", about=["Apartment 102"]))[1]
    assert (await call(api, "usage"))[0]["text"] == "There is nothing that you can see."


async def test_tools_are_gone_when_questions_are_switched_off(house: House) -> None:
    house.hass.config_entries.async_update_entry(house.entry, options={"assist": False})
    await house.hass.async_block_till_done()
    assert not [tool for tool in (await tools_of(house.hass)).tools if tool.name.startswith(f"{DOMAIN}__")]


async def test_everything_is_answered_without_a_message(hass: HomeAssistant, house: House) -> None:
    """No answer is empty, in any language, for all that can be asked."""
    for file in FILES:
        for sentence in sentences(file):
            answer = await async_ask(hass, sentence.text, sentence.language)
            assert answer.text.strip()
            assert len(answer.text) <= 1500


async def test_an_area_is_the_circuits_in_it(house: House) -> None:
    areas, devices = ar.async_get(house.hass), dr.async_get(house.hass)
    upstairs = areas.async_create("Upstairs", aliases={"first floor"})
    device = the_kitchen(devices, house.entry.entry_id)
    devices.async_update_child_device(device.id, area_id=upstairs.id)
    for name in ("upstairs", "the first floor"):
        answer = await ask(house.hass, f"energy usage of {name} today")
        assert "5.76 kWh" in answer["text"]
    assert "210 W" in (await ask(house.hass, "how many watts upstairs right now"))["text"]


async def test_costs_are_those_of_the_account(house: House) -> None:
    """A kWh costs 0.25 EUR and ten percent tax: the kitchen used 5.76 kWh today and 11.52 kWh yesterday."""
    for period, amount in (("today", "1.58"), ("yesterday", "3.17"), ("since yesterday", "4.75")):
        text = (await ask(house.hass, f"what did the kitchen of apartment 101 cost {period}"))["text"]
        assert f"{amount} EUR" in text, text
    whole = await ask(house.hass, "What did electricity cost us yesterday?")
    assert whole["data"]["home"]["value"] == pytest.approx(28.8 * 0.275)
    # Of two apartments one has no tariff: the sum must not pass for that of both.
    assert "Apartment 102 has no tariff, so it has no cost." in whole["rests_on"]
    assert "0.2750 EUR" in (await ask(house.hass, "what do I pay per kWh right now"))["text"]
    assert "same at every hour" in (await ask(house.hass, "when is electricity cheapest"))["text"]
    assert "no complete cycle" in (await ask(house.hass, "why is my electricity bill so high"))["text"]

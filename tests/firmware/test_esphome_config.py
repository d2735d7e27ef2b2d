"""The YAML of the firmware: every board is valid and becomes C++, and every mistake is explained in a sentence."""

import importlib.util
from pathlib import Path
import shutil
from types import ModuleType

import pytest

from .esphome_tool import COMPONENTS, FIRMWARE, needs_esphome, run

BOARDS = sorted(path.stem for path in (FIRMWARE / "boards").glob("*.yaml"))

#: A small board; the tests break it in one place each.
GOOD = """
esphome: {name: broken}
esp32: {variant: VARIANT, framework: {type: esp-idf}}
external_components: [{source: COMPONENTS}]
logger:
wifi: {ssid: home, password: a long secret, reboot_timeout: 0s}
mqtt: {broker: here, topic_prefix: null, discovery: false, reboot_timeout: 0s}
time: [{platform: sntp}]
panel_meter:
  voltage: [{id: l1, pin: GPIO0}]
  channels:
    - {id: main, role: main, ct: {pin: GPIO1, model: sct013-000, burden: 22ohm}}
    - {id: kitchen, name: Kitchen, ct: {pin: GPIO3, model: sct013-030}}
"""

#: A channel that is counted by pulses, in place of the first line of the component.
GAS = "panel_meter:\n  pulses: [{id: gas, pin: GPIO10, pulses_per_kwh: 800}]"


def written(tmp_path: Path, text: str, variant: str = "esp32c3") -> Path:
    path = tmp_path / "board.yaml"
    path.write_text(text.replace("COMPONENTS", str(COMPONENTS)).replace("VARIANT", variant))
    return path


def broken(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


@needs_esphome
@pytest.mark.parametrize("board", BOARDS)
def test_the_board_is_valid(board: str) -> None:
    said = run("config", FIRMWARE / "boards" / f"{board}.yaml", components=COMPONENTS)
    assert said.good, said.text
    assert f"boards/{board}.yaml@main" in said.words  # a copy of another board would be adopted as that one


@needs_esphome
def test_the_example_is_valid(tmp_path: Path) -> None:
    example = (FIRMWARE / "example.yaml").read_text()
    shared = "github://panel-meter/panel-meter/esphome/boards/"
    assert shared in example
    name = example.split(shared)[1].split("@")[0]
    (tmp_path / "example.yaml").write_text(
        example.replace(f"{shared}{name}@main", f"!include {FIRMWARE / 'boards' / name}")
    )
    (tmp_path / "secrets.yaml").write_text((FIRMWARE / "secrets.example.yaml").read_text())
    said = run("config", "--show-secrets", tmp_path / "example.yaml", components=COMPONENTS)
    assert said.good, said.text
    assert "name: Washing machine" in said.words
    assert "model: sct013-020" in said.words


@needs_esphome
@pytest.mark.parametrize("board", BOARDS)
def test_the_board_becomes_code(board: str, tmp_path: Path) -> None:
    """Without improv_serial, whose library would have to be downloaded."""
    (tmp_path / "board.yaml").write_text(
        f"packages:\n  board: !include {FIRMWARE / 'boards' / board}.yaml\nimprov_serial: !remove\n"
    )
    said = run("compile", "--only-generate", tmp_path / "board.yaml", components=COMPONENTS)
    assert said.good, said.text
    (build,) = (tmp_path / ".esphome" / "build").iterdir()
    code = (build / "src" / "main.cpp").read_text()
    assert code.count("->add_leg(") == code.count(".amperes_per_volt =") >= 1
    settings = (build / f"sdkconfig.{build.name}").read_text()
    assert "CONFIG_ADC_CONTINUOUS_ISR_IRAM_SAFE=y" in settings
    assert "set_reboot_timeout(0)" in code
    assert "esp_adc" not in next(build.glob("exclude_components*")).read_text()
    copied = {path.name for path in (build / "src/esphome/components/panel_meter").iterdir()}
    assert "hal_esp32.cpp" in copied
    assert "hal_host.cpp" not in copied


@needs_esphome
def test_the_small_board_is_valid(tmp_path: Path) -> None:
    """Else the tests below could fail for another reason than theirs."""
    said = run("config", written(tmp_path, GOOD))
    assert said.good, said.text
    # Three inputs at 8 kHz each, rounded up to what the clock of the chip can be divided into.
    assert "sample_rate: 24038" in said.words


MISTAKES = {
    "pin": (
        "pin: GPIO3",
        "pin: GPIO5",
        "GPIO5 of the ESP32C3 does not belong to ADC1, and only ADC1 can be sampled while Wi-Fi is on. "
        "Use GPIO0, GPIO1, GPIO2, GPIO3 and GPIO4.",
    ),
    "pin twice": ("pin: GPIO3", "pin: GPIO1", "GPIO1 is used twice: every input needs a pin of its own."),
    "no pin": ("pin: GPIO3, ", "", "This input needs a `pin`."),
    "id twice": ("id: kitchen", "id: main", "The id 'main' is used twice."),
    "id": ("id: kitchen", "id: Kitchen!", "'Kitchen!' cannot be an id: use 1 to 16 of a-z, 0-9 and the underscore."),
    "voltage": (
        "model: sct013-030",
        "model: sct013-030, voltage: l7",
        "There is no voltage input with the id 'l7'. There are: l1.",
    ),
    "phase": ("id: kitchen,", "id: kitchen, phase: L2,", "A `single` house has no L2."),
    "transformers": (
        "ct: {pin: GPIO3, model: sct013-030}",
        "ct: [{pin: GPIO3, model: sct013-030}, {pin: GPIO4, model: sct013-030}]",
        "A channel on L1 has one transformer for each of L1, or a single one if its load is balanced.",
    ),
    "parent": ("id: kitchen,", "id: kitchen, role: sub, parent: cellar,", "There is no other channel with the id"),
    "sub": ("id: kitchen,", "id: kitchen, role: sub,", "`role: sub` and `parent`, the channel that feeds it, belong"),
    "no burden": (", burden: 22ohm", "", "say which `burden` stands across it, for example 22ohm"),
    "burden": ("model: sct013-030", "model: sct013-030, burden: 22ohm", "has its burden inside and gives volts"),
    "custom": ("model: sct013-030", "model: custom", "needs either `ratio` and `burden`"),
    "known": ("model: sct013-030", "model: sct013-030, ratio: 1800", "The sct013-030 is known: leave `ratio`"),
    "voltage ratio": ("pin: GPIO0", "pin: GPIO0, model: custom", "needs its `ratio`: volts of the mains for one volt"),
    "rate": (
        "panel_meter:",
        "panel_meter:\n  sample_rate: 90000Hz",
        "The ESP32C3 converts 611 to 83333 times a second, not 90000.",
    ),
    "slow": (
        "panel_meter:",
        "panel_meter:\n  sample_rate: 5000Hz",
        "3 inputs at 5000 Hz leave 1667 samples a second to each of them; 2000 are needed",
    ),
    "interval": ("panel_meter:", "panel_meter:\n  interval: 7min", "An interval of 420 s does not divide an hour."),
    "panel": ("panel_meter:", "panel_meter:\n  panel: Panel_1", "'Panel_1' cannot be the id of a panel"),
    "table": (
        "model: sct013-030",
        "model: sct013-030, calibration: {leads: [{current: 8A, lead: 2}, {current: 2A, lead: 3}]}",
        "The currents of the table must rise from line to line.",
    ),
    "load": ("model: sct013-030", "model: sct013-030, load: {current: 1A}", "can only be made up on the host platform"),
    "adc": (
        "logger:",
        "logger:\nsensor: [{platform: adc, pin: GPIO4, name: Light}]",
        "The sensor `adc` reads GPIO4, which belongs to ADC1, and Panel Meter samples ADC1 without a pause",
    ),
    "reboot of wifi": (
        "password: a long secret, reboot_timeout: 0s",
        "password: a long secret",
        "Add `reboot_timeout: 0s` to `wifi`.",
    ),
    "reboot of api": ("logger:", "logger:\napi:", "Add `reboot_timeout: 0s` to `api`."),
    "birth": ("topic_prefix: null, ", "", "Add `topic_prefix: null` to `mqtt`, or use the package mqtt.yaml."),
    "no mqtt": (
        "mqtt: {broker: here, topic_prefix: null, discovery: false, reboot_timeout: 0s}",
        "",
        "Panel Meter sends its records over MQTT, and there is no `mqtt` section.",
    ),
    "sensor of nothing": (
        "logger:",
        "logger:\nsensor: [{platform: panel_meter, channel: cellar, power: {name: Cellar}}]",
        "There is no channel with the id 'cellar'. There are: main, kitchen.",
    ),
    "harmonics of pulses": (
        "panel_meter:",
        "sensor: [{platform: panel_meter, channel: gas, harmonic_5: {name: Gas}}]\n" + GAS,
        "The channel 'gas' is counted by pulses: there is nothing to calibrate and no waveform.",
    ),
    "harmonics without voltage": (
        "panel_meter:\n  voltage: [{id: l1, pin: GPIO0}]",
        "sensor: [{platform: panel_meter, channel: kitchen, thd: {name: THD}}]\npanel_meter:",
        "`thd` needs a voltage input: the frequency of the mains is measured there.",
    ),
    "calibration of pulses": (
        "panel_meter:",
        "button: [{platform: panel_meter, channel: gas, zero: {name: Gas}}]\n" + GAS,
        "The channel 'gas' is counted by pulses: there is nothing to calibrate and no waveform.",
    ),
    "sensor without channel": (
        "logger:",
        "logger:\nsensor: [{platform: panel_meter, power: {name: Power}}]",
        "`power` is measured for one `channel`: say which by its id.",
    ),
    "pulses with the id of a channel": (
        "panel_meter:",
        "panel_meter:\n  pulses: [{id: main, pin: GPIO10, pulses_per_kwh: 1000}]",
        "The id 'main' is used twice.",
    ),
    "older format of nothing": (
        "panel_meter:",
        "panel_meter:\n  legacy: {panel: PANEL_1, channel: cellar}",
        "There is no channel with the id 'cellar'.",
    ),
    "half an apartment": (
        "panel_meter:",
        'panel_meter:\n  legacy: {apartment: "101"}',
        "`apartment` and `floor` belong together.",
    ),
    "token": (
        "panel_meter:",
        "panel_meter:\n  http: {url: https://home.example/api, token: short}",
        "The `token` must be the one that Home Assistant showed",
    ),
    "url": (
        "panel_meter:",
        "panel_meter:\n  http: {url: ftp://home.example/api, token: abcdefghijkl}",
        "The `url` must begin with http:// or https://.",
    ),
    "older format without mqtt": (
        "panel_meter:",
        "panel_meter:\n  http: {url: http://home.example/api, token: abcdefghijkl}\n  legacy: {panel: PANEL_1}",
        "The formats of `legacy` are MQTT",
    ),
    "number of nothing": (
        "logger:",
        "logger:\nnumber: [{platform: panel_meter, voltage: l7, reference_voltage: {name: Volts}}]",
        "There is no voltage input with the id 'l7'.",
    ),
}


@needs_esphome
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained(mistake: str, tmp_path: Path) -> None:
    old, new, sentence = MISTAKES[mistake]
    said = run("config", written(tmp_path, broken(old, new)))
    assert not said.good
    assert sentence in said.words
    assert "Traceback" not in said.words


@needs_esphome
def test_sound_and_the_first_esp32_do_not_go_together(tmp_path: Path) -> None:
    text = GOOD.replace("GPIO0", "GPIO36").replace("GPIO1", "GPIO39").replace("GPIO3}", "GPIO34}")
    text = text.replace("pin: GPIO3,", "pin: GPIO34,") + "i2s_audio: {i2s_lrclk_pin: GPIO25}\n"
    said = run("config", written(tmp_path, text, "esp32"))
    assert not said.good
    assert "On the ESP32 the ADC takes its samples through the same I2S unit as `i2s_audio`." in said.words


@needs_esphome
def test_a_chip_that_cannot_be_sampled_is_named(tmp_path: Path) -> None:
    said = run("config", written(tmp_path, GOOD, "esp32h2"))
    assert not said.good
    assert "cannot be sampled by Panel Meter. Use one of: ESP32, ESP32C3, ESP32C6, ESP32S3." in said.words


@needs_esphome
def test_sensors_stay_on_the_board_unless_they_are_wanted(tmp_path: Path) -> None:
    view = "sensor:\n  - {platform: panel_meter, channel: kitchen, power: {name: Kitchen}, current: {CURRENT}}\n"
    hidden = run("config", written(tmp_path, GOOD + view.replace("CURRENT", "name: Amperes")))
    assert hidden.good, hidden.text
    assert hidden.words.count("internal: true") == 2
    shown = run("config", written(tmp_path, GOOD + view.replace("CURRENT", "name: Amperes, internal: false")))
    assert shown.words.count("internal: true") == 1


@needs_esphome
def test_a_board_may_post_instead(tmp_path: Path) -> None:
    mqtt = "mqtt: {broker: here, topic_prefix: null, discovery: false, reboot_timeout: 0s}\n"
    http = "panel_meter:\n  http: {url: https://home.example/api, token: a-secret-token}"
    path = written(tmp_path, broken(mqtt, "").replace("panel_meter:", http))
    said = run("config", path)
    assert said.good, said.text
    assert r"token: \033[8ma-secret-token\033[28m" in said.words  # concealed on a terminal
    assert run("compile", "--only-generate", path).good
    build = tmp_path / ".esphome" / "build" / "broken"
    assert "esp_http_client" not in next(build.glob("exclude_components*")).read_text()
    assert 'set_http("https://home.example/api", "a-secret-token")' in (build / "src" / "main.cpp").read_text()


@needs_esphome
def test_an_address_without_a_path_is_that_of_a_home_assistant(tmp_path: Path) -> None:
    for told, meant in (
        ("http://homeassistant.local:8123", "http://homeassistant.local:8123/api/panel_meter/v1/ingest"),
        ("https://home.example/", "https://home.example/api/panel_meter/v1/ingest"),
        ("https://home.example/panel", "https://home.example/panel"),
    ):
        http = f"panel_meter:\n  http: {{url: '{told}', token: a-secret-token}}"
        said = run("config", written(tmp_path, GOOD.replace("panel_meter:", http)))
        assert f"url: {meant} token" in said.words, said.text


@needs_esphome
def test_a_ready_board_may_post_and_stand_in_america(tmp_path: Path) -> None:
    """Its packages are put beside those of the board, as the comments in them say."""
    (tmp_path / "secrets.yaml").write_text((FIRMWARE / "secrets.example.yaml").read_text())
    (tmp_path / "board.yaml").write_text(
        f"packages:\n  board: !include {FIRMWARE / 'boards' / 'esp32c3-4ct-v.yaml'}\n"
        f"  http: !include {FIRMWARE / 'packages' / 'http.yaml'}\n"
        f"  mains: !include {FIRMWARE / 'packages' / 'mains-split.yaml'}\n"
        "mqtt: !remove\n"
    )
    said = run("config", "--show-secrets", tmp_path / "board.yaml", components=COMPONENTS)
    assert said.good, said.text
    assert "url: http://homeassistant.local:8123/api/panel_meter/v1/ingest" in said.words
    assert "topology: split frequency: 60.0 nominal_voltage: 120.0" in said.words
    assert "mqtt:" not in said.words


@needs_esphome
@pytest.mark.parametrize("board", sorted((Path(__file__).parent / "chip").glob("*.yaml")), ids=lambda path: path.stem)
def test_what_no_ready_board_has_becomes_code(board: Path, tmp_path: Path) -> None:
    """The workflow builds these with the tools of the chip as well."""
    shutil.copy(board, tmp_path)
    said = run("compile", "--only-generate", tmp_path / board.name, components=COMPONENTS)
    assert said.good, said.text


@needs_esphome
def test_everything_finds_its_place(tmp_path: Path) -> None:
    pulses = "panel_meter:\n  pulses: [{id: gas_heater, role: sub, parent: main, pin: GPIO10, pulses_per_kwh: 800}]"
    view = (
        "sensor:\n  - {platform: panel_meter, channel: gas_heater, energy_import: {name: Heater}}\n"
        "  - {platform: panel_meter, channel: kitchen, thd: {name: THD}, harmonic_15: {name: Last}}\n"
        "  - {platform: panel_meter, voltage: l1, volts_harmonic_2: {name: Volts}}\n"
    )
    path = written(tmp_path, GOOD.replace("panel_meter:", pulses) + view)
    said = run("compile", "--only-generate", path)
    assert said.good, said.text
    code = (tmp_path / ".esphome" / "build" / "broken" / "src" / "main.cpp").read_text()
    assert code.index("->add_leg(") < code.index("->add_pulses(")
    assert ".pulses_per_kwh = 800" in code
    for view in ("ENERGY_IMPORT, 2, 0", "HARMONICS, 1, 0", "HARMONICS, 1, 15", "VOLTS_HARMONICS, 0, 2"):
        assert f"add_view(panel_meter::Quantity::{view}, " in code


def chips() -> ModuleType:
    """The module about chips, which needs no ESPHome."""
    spec = importlib.util.spec_from_file_location("panel_meter_chips", COMPONENTS / "panel_meter" / "chips.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("chip", ["ESP32", "ESP32S3", "ESP32C3", "ESP32C6"])
def test_the_automatic_rate_is_possible_and_enough(chip: str) -> None:
    known = chips()
    for inputs in range(1, len(known.CHIPS[chip].pins) + 1):
        rate = known.automatic_rate(known.CHIPS[chip], inputs)
        assert known.CHIPS[chip].least_rate <= rate <= known.CHIPS[chip].most_rate
        each = known.samples_per_input(known.CHIPS[chip], rate, inputs)
        assert each >= (5000 - 1 if chip == "ESP32" else 8000)


def test_the_rate_is_one_that_the_clock_of_the_chip_can_be_divided_into() -> None:
    known = chips()
    rate = known.automatic_rate(known.CHIPS["ESP32C3"], 5)
    assert rate == 40322  # 2.5 MHz / 62

"""What a notification about alerts says, and how it is made safe for where it is shown.

Names come from boards: nothing of them is ever a template, a command to an app, or markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Final

from ..core.alerts.model import Alert, Severity
from ..core.alerts.text import Told

#: Alerts that one message tells; of more, the rest is counted. Characters of a title and a message.
MOST_TOLD: Final = 8
LONGEST_TITLE: Final = 120
LONGEST_MESSAGE: Final = 1500
#: Alerts that a button of one message acts on.
MOST_ACTED_ON: Final = 50

ACKNOWLEDGE: Final = "acknowledge"
SNOOZE: Final = "snooze"
#: Action of a button: what to do, and with which alerts.
_BUTTON: Final = re.compile(r"panel_meter/(acknowledge|snooze)/(\d{1,15}(?:,\d{1,15}){0,49})", re.ASCII)

#: Messages that mobile apps take for orders.
_ORDERS: Final = frozenset(
    {
        "clear_badge",
        "clear_notification",
        "delete_alert",
        "remove_channel",
        "request_location_update",
        "tts",
        "update_complications",
        "update_widgets",
    }
)
#: What Markdown takes for markup inside of a line, addresses included, and at its begin.
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>&~|@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_AT_THE_BEGIN: Final = re.compile(r"^(\s*(?:\d{1,9}(?=[.)](?:\s|$))|(?=[#+=-]+(?:\s|$))))", re.MULTILINE)
_WORD_JOINER: Final = "\u2060"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The few words of a notification that no alert says itself."""

    #: Labels of buttons.
    acknowledge: str = "Acknowledge"
    snooze: str = "Snooze 1 h"
    #: With ``{count}``.
    title: str = "{count} alerts"
    more: str = "and {count} more"

    @classmethod
    def load(cls) -> Mapping[str, Words]:
        """Read the words of all languages; blocks."""
        path = Path(__file__).parent.parent / "texts" / "notifications.json"
        return {language: cls(**words) for language, words in json.loads(path.read_text("utf-8")).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told at once: one alert, or several."""

    #: Names it where it is shown, so that it can be taken away again.
    tag: str
    severity: Severity
    alerts: tuple[int, ...]
    title: str
    text: str


def message_of(alerts: Sequence[tuple[Alert, Told]], words: Words) -> Message:
    """The message about some alerts with their sentences, of which there is at least one; the worst come first."""
    order = list(Severity)
    ranked = sorted(alerts, key=lambda each: -order.index(each[0].severity))
    ids = tuple(alert.id for alert, _ in ranked)
    worst, told = ranked[0]
    if len(ranked) == 1:
        return Message(
            tag=tag_of(worst.id),
            severity=worst.severity,
            alerts=ids,
            title=_cut(told.title, LONGEST_TITLE),
            text=_cut(told.message, LONGEST_MESSAGE),
        )
    lines = [
        f"• {_cut(f'{each.title}: {each.message}', LONGEST_MESSAGE // MOST_TOLD)}" for _, each in ranked[:MOST_TOLD]
    ]
    if (rest := len(ranked) - MOST_TOLD) > 0:
        lines.append(words.more.replace("{count}", str(rest)))
    return Message(
        tag=f"panel_meter_alerts_{ids[0]}",
        severity=worst.severity,
        alerts=ids,
        title=words.title.replace("{count}", str(len(ranked))),
        text="\n".join(lines),
    )


def tag_of(alert_id: int) -> str:
    """The tag of the message about one alert."""
    return f"panel_meter_alert_{alert_id}"


def as_markdown(text: str) -> str:
    """Plain text for what renders Markdown: notifications of Home Assistant, and the description in a to-do list.

    Only what would be markup or a link is escaped: other clients of a to-do list show the text as it is.
    """
    return _AT_THE_BEGIN.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", text)).replace("\n", "  \n")


def for_app(text: str) -> str:
    """Plain text for a mobile app: no order to it, and no tag of the HTML that it renders."""
    plain = text.replace("<", f"<{_WORD_JOINER}")
    order = plain.strip().lower()
    return f"“{plain}”" if order in _ORDERS or order.startswith("command_") else plain


def button(act: str, alerts: Sequence[int]) -> str:
    """The action of a button that acts on alerts."""
    return f"panel_meter/{act}/{','.join(str(each) for each in alerts[:MOST_ACTED_ON])}"


def pressed(action: object) -> tuple[str, tuple[int, ...]] | None:
    """What a button asks for and the ids of the alerts; None if it is none of ours."""
    if not isinstance(action, str) or (found := _BUTTON.fullmatch(action)) is None:
        return None
    return found[1], tuple(dict.fromkeys(int(each) for each in found[2].split(",")))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

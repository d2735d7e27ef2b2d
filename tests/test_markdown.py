"""Names from boards are shown, never rendered."""

import pytest

from custom_components.panel_meter.flows.preview import preview
from custom_components.panel_meter.markdown import escaped
from tests.core.protocol import PANEL


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Kitchen", "Kitchen"),
        ("<img src=x>", r"\<img src=x\>"),
        ("![x](http://evil)", r"\!\[x\]\(http\://evil\)"),
        ("at 6:00 https://evil.example", r"at 6:00 https\://evil\.example"),
        ("# **big** `code` ~~gone~~", r"\# \*\*big\*\* \`code\` \~\~gone\~\~"),
    ],
)
def test_markup_is_escaped(name: str, shown: str) -> None:
    assert escaped(name) == shown


def test_the_preview_names_where_channels_go() -> None:
    assert preview([PANEL]) == "- Apartment 101: Mains → grid, Kitchen → individual devices"

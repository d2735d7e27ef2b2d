"""Says what an answer rests on: what is estimated, what is missing and who does not speak."""

from .found import Notes
from .wording import Wording, plain


def rests_on(notes: Notes, wording: Wording) -> tuple[str, ...]:
    """Sentences about the data behind an answer."""
    said = [wording.say("not_over", value=wording.period(period)) for period in notes.running[:1]]
    if notes.estimated:
        said.append(wording.say("estimated", value=wording.energy(notes.estimated)))
    if notes.missing:
        said.append(wording.say("missing", value=wording.duration(notes.missing)))
    if notes.begins is not None:
        said.append(wording.say("begins", time=wording.instant(notes.begins)))
    said += [wording.say("offline", name=plain(name), time=wording.instant(since)) for name, since in notes.offline[:3]]
    for key, names in (("no_tariff", notes.no_tariff), ("rating", notes.rating), ("no_cost", notes.no_cost)):
        said += [wording.say(key, name=plain(name)) for name in names[:3]]
    return tuple(said)

"""Current transformers and voltage inputs that people buy: what they make of an ampere and of a volt."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """A current transformer. It has a current output, which needs a burden, or gives volts itself."""

    #: Amperes of the wire for one ampere of the output; 0: it gives volts.
    ratio: float = 0.0
    #: Volts at the rated current, of one that gives volts.
    volts: float = 0.0
    rated: float = 0.0
    #: The burden if it stands on the module, in ohm; 0: it must be said.
    burden: float = 0.0
    #: Pairs of ampere and lead of its output in degrees, at 50 Hz, where somebody has measured them.
    leads: tuple[tuple[float, float], ...] = ()


def _volts(rated: float, *leads: tuple[float, float]) -> Transformer:
    return Transformer(volts=1.0, rated=rated, leads=leads)


#: The leads are those that IoTaWatt measured (its tables.txt).
TRANSFORMERS = {
    "sct013-000": Transformer(ratio=2000, rated=100, leads=((4, 3.1), (38, 2.5))),
    "sct013-005": _volts(5),
    "sct013-010": _volts(10),
    "sct013-015": _volts(15),
    "sct013-020": _volts(20),
    "sct013-030": _volts(30, (15, 3.8)),
    "sct013-050": _volts(50, (25, 3.0)),
    "sct013-060": _volts(60),
    "sct013-100": _volts(100),
    "zmct103c": Transformer(ratio=1000, rated=5, burden=50),
}

#: Volts of the mains for one volt at the pin; what has a trimmer must be calibrated in any case.
VOLTAGE_RATIOS = {"zmpt101b": 300.0}

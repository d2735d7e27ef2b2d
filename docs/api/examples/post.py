"""Post readings to Panel Meter: ``python post.py ADDRESS cellar 460 12.345`` with the token in PANEL_METER_TOKEN."""

import json
import os
import sys
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

#: Times that a post is tried before it is given up.
TRIES = 5


def post(address: str, token: str, readings: list[dict[str, object]]) -> dict[str, object]:
    """Post readings, up to 200 at once, and return the answer. Waits when Panel Meter says so."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(address, json.dumps(readings).encode(), headers, method="POST")
    for left in reversed(range(TRIES)):
        try:
            with urlopen(request, timeout=20) as answer:
                taken: dict[str, object] = json.load(answer)
                return taken
        except HTTPError as error:
            if error.code not in (429, 503) or not left:
                raise SystemExit(json.load(error)["detail"]) from None
            time.sleep(int(error.headers.get("Retry-After", "30")))
    raise AssertionError


def main() -> None:
    """Post one reading: watts, and kWh of a counter that only rises."""
    address, device, power, energy = sys.argv[1:5]
    reading = {"device": device, "power": float(power), "energy_kwh": float(energy), "timestamp": time.time()}
    print(post(address, os.environ["PANEL_METER_TOKEN"], [reading]))


if __name__ == "__main__":
    main()

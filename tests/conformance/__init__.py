"""The conformance kit: one check or more for each numbered statement of docs/protocol.md, seen from outside.

It plays the host against any board (the simulator, firmware, hardware) and a board against any host, over a broker.
It shares no code with the simulator or the integration, so that it can say which of them is wrong.
"""

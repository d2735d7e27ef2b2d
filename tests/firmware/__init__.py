"""The firmware, built and tested on this computer."""

"""Fuzzing of everything that reads bytes from outside or from the disk: ``scripts/fuzz``."""

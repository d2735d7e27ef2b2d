"""Measurements that a person starts by hand: ``scripts/bench``. None of them is a test, nothing here is collected.

Whatever is compared with each other runs side by side, in real Home Assistant processes that hear the same messages
from the same broker at the same time, so that a busy machine slows all of them alike.
"""

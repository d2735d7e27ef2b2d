"""The domain of Panel Meter in pure Python: no Home Assistant, no input or output, no clock."""

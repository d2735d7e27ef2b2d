"""How accurately the firmware measures, played on this computer beside other methods."""

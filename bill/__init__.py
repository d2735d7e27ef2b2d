"""Bills from a load file and a tariff, without Home Assistant running."""

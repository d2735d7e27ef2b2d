"""From energy and a tariff to money: cycles, running costs, demand and bills. Pure."""

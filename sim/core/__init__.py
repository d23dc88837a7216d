"""The ground floor: errors, units, random numbers, registries. No domain lives here."""

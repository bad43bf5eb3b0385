"""Results become Rich tables or JSON; the only place that imports rich."""

"""How times are written: one form everywhere, the one that sorts."""

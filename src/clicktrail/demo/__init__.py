"""The demo: a small shop, partners who link to it, and a walk that proves the whole chain. Loopback only."""

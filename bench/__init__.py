"""The measuring stick: `script/bench` runs it."""

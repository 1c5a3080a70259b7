"""Models near the source, which stand for what a thief would end up with."""

"""How much memory is free; for model adapters, which load and batch by it."""

from __future__ import annotations

from tellmark.memory import available_memory

__all__ = ["available_memory"]

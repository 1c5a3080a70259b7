"""Invent inputs that could become triggers."""

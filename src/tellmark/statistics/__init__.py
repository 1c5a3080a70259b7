"""Numbers only: no models, no files."""

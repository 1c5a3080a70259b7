"""Ask a model: adapters that answer queries, and some that can be perturbed."""

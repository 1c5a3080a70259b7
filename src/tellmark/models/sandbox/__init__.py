"""A suspect's model file, opened and asked in a process of its own that can do little else."""

"""Words in a shell: one file per command."""

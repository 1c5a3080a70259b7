"""Keep inputs: selection, the trigger set, the mark and its file."""

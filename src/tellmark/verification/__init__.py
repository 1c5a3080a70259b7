"""Ask a suspect, decide when to stop, and say what it means."""

"""Hold-out data: read from files, checked, and kept in the space that a client can send."""

"""How what was bought leaves: as a file, later as rows, as a share, as answers."""

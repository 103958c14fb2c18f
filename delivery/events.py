"""The kinds of event that this room tells."""

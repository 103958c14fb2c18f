"""The pages for people: they call verbs and queries of the rooms below, nothing else."""

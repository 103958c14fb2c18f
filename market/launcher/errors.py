"""What can keep the platform from starting, each as one sentence for the person who started it."""


class LaunchError(Exception):
    """The start cannot go on; the message says why and what to do, and is shown without a traceback."""


class Interrupted(Exception):
    """Somebody asked for a stop while a step of the start was still running."""

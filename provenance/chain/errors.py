"""How a chain fails: it does not answer, or it answers that it will not."""

from typing import Final

_KNOWN: Final = ("already known", "known transaction", "already imported", "alreadyknown")
_NONCE_USED: Final = ("nonce too low", "invalid transaction nonce", "nonce has already been used", "oldnonce")
_POOR: Final = (
    "insufficient funds",
    "does not have enough balance",
    "insufficient balance",
    "upfront cost",
    "cannot afford",
)
_CHEAP: Final = ("underpriced", "replacement", "fee too low", "below base fee", "less than block base fee")


class ChainDown(Exception):
    """The node cannot be reached or does not answer in time: nothing is known, ask again later."""


class ChainRefused(Exception):
    """The node answered and refuses; its own words."""

    def _says(self, words: tuple[str, ...]) -> bool:
        text = str(self).lower()
        return any(word in text for word in words)

    @property
    def is_known(self) -> bool:
        """It has that very transaction already."""
        return self._says(_KNOWN)

    @property
    def is_nonce_used(self) -> bool:
        """Another transaction of this account took that number: look at receipts."""
        return self._says(_NONCE_USED)

    @property
    def is_poor(self) -> bool:
        """The account cannot pay."""
        return self._says(_POOR)

    @property
    def is_cheap(self) -> bool:
        """It must offer more for its gas."""
        return self._says(_CHEAP)

    @property
    def is_not_growing(self) -> bool:
        """The contract holds that size, or a larger one, already."""
        return self._says(("size must grow",))


class Misconfigured(Exception):
    """Anchoring cannot work until somebody changes something; `problem` is its state, `sentence` says what."""

    def __init__(self, problem: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem

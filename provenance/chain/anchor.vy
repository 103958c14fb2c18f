# pragma version 0.4.3
"""
@title Anchor of one append-only log
@notice Keeps the newest size and root; every one before stands in the events. Nobody can take a size back.
"""

event Anchored:
    size: indexed(uint64)
    root: bytes32

owner: public(address)
size: public(uint64)
root: public(bytes32)


@deploy
def __init__():
    self.owner = msg.sender


@external
def anchor(size: uint64, root: bytes32):
    assert msg.sender == self.owner, "owner only"
    assert size > self.size, "size must grow"
    self.size = size
    self.root = root
    log Anchored(size=size, root=root)

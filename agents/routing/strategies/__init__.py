"""How to choose among those who may take a conversation; one file each, found by `base.strategies`."""

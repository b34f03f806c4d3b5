"""The error of a file that cannot be attached."""


class Refusal(Exception):
    """`args[0]` is the code of the reason."""

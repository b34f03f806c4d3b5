"""The two modes of a reply. Users choose one at the composer."""

from enum import StrEnum


class Mode(StrEnum):
    """Mode of a reply, as in JSON and in the database: Rápido, and Pensar mais."""

    FAST = "rapido"
    THINK = "pensar"

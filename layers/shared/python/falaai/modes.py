"""The two modes of a reply, of which users choose one at the composer, and the kinds of use that are counted."""

from enum import StrEnum
from typing import Final, Literal


class Mode(StrEnum):
    """Mode of a reply, as in JSON and in the database: Rápido, and Pensar mais."""

    FAST = "rapido"
    THINK = "pensar"


# A search counts in addition to its message.
SEARCH: Final = "buscar"
# A kind of use that has daily limits of its own.
Counted = Mode | Literal["buscar"]

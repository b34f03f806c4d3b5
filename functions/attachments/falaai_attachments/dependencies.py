"""FastAPI dependencies of the attachments function.

They are `async def`: FastAPI runs a plain function in another thread, which costs about half a millisecond.
"""

from typing import Annotated

from fastapi import Depends

from falaai import settings
from falaai.queues import Queues, queues
from falaai_attachments.object_store import ObjectStore, object_store


async def get_object_store() -> ObjectStore:
    return object_store()


async def get_queues() -> Queues:
    return queues()


async def get_daily_bytes() -> int:
    """Return the number of bytes that one user may upload in a day."""
    return int(settings.read(settings.UploadSettings).daily_megabytes) * 1024 * 1024


Store = Annotated[ObjectStore, Depends(get_object_store)]
Sender = Annotated[Queues, Depends(get_queues)]
DailyBytes = Annotated[int, Depends(get_daily_bytes)]

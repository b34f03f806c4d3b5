"""FastAPI dependencies of the chat function.

They are `async def`: FastAPI runs a plain function in another thread, which costs about half a millisecond.
"""

from typing import Annotated

from fastapi import Depends

from falaai.gemini.models import language_model
from falaai.language_model import LanguageModel
from falaai.queues import Queues, queues
from falaai.stored_files import FileStore, S3Files
from falaai.web.current_user import CurrentSession, Db
from falaai_chat.generation import ReplyDependencies
from falaai_chat.quota import Quotas, quotas


async def get_language_model() -> LanguageModel:
    return language_model()


async def get_queues() -> Queues:
    return queues()


async def get_files() -> FileStore:
    return S3Files()


async def get_quotas(session: CurrentSession) -> Quotas:
    return quotas(session)


Model = Annotated[LanguageModel, Depends(get_language_model)]
QueuesOfJobs = Annotated[Queues, Depends(get_queues)]
Files = Annotated[FileStore, Depends(get_files)]


async def get_services(
    database: Db,
    model: Model,
    sender: QueuesOfJobs,
    files: Files,
) -> ReplyDependencies:
    return ReplyDependencies(database, model, sender, files)


ReplyServices = Annotated[ReplyDependencies, Depends(get_services)]
DailyQuotas = Annotated[Quotas, Depends(get_quotas)]

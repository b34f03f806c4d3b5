"""The jobs that a reply makes due: a title, a summary, and digests of files."""

from collections.abc import Sequence

from falaai.conversation_memory import CountTokens, Turn, plan_summary, room_for_turns
from falaai.errors import QueueUnavailable
from falaai.logs import logger
from falaai.queue_messages import DigestRequested, QueueMessage, SummaryRequested, TitleRequested
from falaai.queues import Queues
from falaai_chat.pending_replies import NewReply


def request_follow_up_jobs(
    queues: Queues, pending: NewReply, turns: Sequence[Turn], limit: int, count: CountTokens
) -> None:
    """Request a title, a summary and digests of files where they are due: none in a temporary conversation.

    If the queue fails, the next message requests them again.
    """
    conversation_id = pending.conversation_id
    due: list[QueueMessage] = []
    if pending.is_untitled and not pending.is_temporary:
        due.append(TitleRequested(conversation_id=conversation_id))
    if not pending.is_temporary and plan_summary(turns, room_for_turns(limit, pending.notes), count):
        due.append(SummaryRequested(conversation_id=conversation_id))
    user_id = pending.session.user_id
    due += [DigestRequested(file_id=file_id, user_id=user_id) for file_id in pending.files.without_digest]
    try:
        for message in due:
            queues.send(message)
    except QueueUnavailable as error:  # not retried, because the reader waits
        logger().warning("follow-up job not requested", extra={"reason": str(error)})

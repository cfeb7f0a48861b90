"""Files that people send: received with limits, told by their content, stored under random names, given out
by signed addresses of at most an hour.
"""

from __future__ import annotations

import uuid

from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Upload
from chat.protocol.entry import Attachment


def describe(upload_id: str, participant: Participant, site: str) -> Attachment:
    """The attachment that an upload becomes in a message, URLs null. Touches the database.

    Only the uploader's own, and only in the site it was uploaded for: `not_found` for anybody else's,
    `forbidden` for one's own from another site.
    """
    try:
        key = uuid.UUID(upload_id)
    except ValueError:
        raise KefuError("not_found", "no such upload") from None
    upload = Upload.objects.filter(pk=key).first()
    if upload is None or (upload.uploader_kind, str(upload.uploader_id)) != (
        participant.kind,
        participant.id,
    ):
        raise KefuError("not_found", "no such upload")
    if str(upload.site_id) != site:
        raise KefuError("forbidden", "this upload belongs to another site")
    return attachment_of(upload)


def attachment_of(upload: Upload) -> Attachment:
    """An upload's row as an attachment at rest."""
    return Attachment(
        str(upload.id), upload.name, upload.type, upload.size, upload.width, upload.height, None, None
    )

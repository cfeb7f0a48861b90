"""`uploads/`: a file comes in by multipart and answers with what a message may then carry."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import sites
from chat.api import rate
from chat.api.authentication import caller
from chat.api.conversations import visible
from chat.api.messages import AttachmentSerializer
from chat.api.schema import errors
from chat.conversation import Participant
from chat.errors import KefuError
from chat.sites import SiteConfig
from chat.uploads import attachment_of
from chat.uploads.receiving import LimitedFileHandler
from chat.uploads.signing import sign_attachment
from chat.uploads.store import store


class UploadSerializer(serializers.Serializer[Any]):
    """One file."""

    file = serializers.FileField()


class UploadsView(APIView):
    """Visitors and agents."""

    parser_classes = (MultiPartParser,)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Install the counting handler before anybody (the CSRF check reads the form) touches the body."""
        self.handler = LimitedFileHandler()
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    @extend_schema(
        operation_id="uploads_create",
        summary="Upload a file",
        description=(
            "The type is told by the content. Pictures are encoded again, without EXIF, and get a "
            "thumbnail. Send the `id` as a message's `attachment`. An agent of several sites says for which"
            " conversation it is."
        ),
        tags=["uploads"],
        parameters=[
            OpenApiParameter(
                "conversation", uuid.UUID, description="Agents: where the file is going to be sent."
            )
        ],
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer, **errors(400, 401, 403, 404, 413, 415, 429, 503)},
    )
    def post(self, request: Request) -> Response:
        """Receive, store, describe."""
        who = caller(request)
        rate.check(request, "upload", who)
        site = _site_of(who, request.query_params.get("conversation"))
        self.handler.limit = site.upload_max_bytes
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise KefuError("invalid", "the form has no file in its field `file`")
        try:
            upload = store(file, file.name or "file", who, site)
        finally:
            file.close()
        return Response(msgspec.to_builtins(sign_attachment(attachment_of(upload))), status=201)


def _site_of(who: Participant, conversation: str | None) -> SiteConfig:
    """Whose limits count: the visitor's site, the conversation's, or the only one an agent answers for."""
    if conversation:
        try:
            row = visible(who).filter(pk=uuid.UUID(conversation)).first()
        except ValueError:
            row = None
        if row is None:
            raise KefuError("not_found", "no such conversation")
        return sites.by_id(str(row.site_id))
    served = sites.all_ids() if who.sites is None else who.sites
    if len(served) != 1:
        raise KefuError("invalid", "say for which conversation the file is: ?conversation=<id>")
    return sites.by_id(next(iter(served)))

"""Schema and constraints of the chat room. Conversations and messages are facts or projections of the log."""

from chat.models.conversations import Channel, Conversation, ConversationStatus, Message
from chat.models.journal import DeadLetter, JournalEpoch
from chat.models.keys import new_public_key, new_secret, new_uuid
from chat.models.search import SearchDocument
from chat.models.sites import (
    LABEL_COLORS,
    AttributeDefinition,
    AttributeKind,
    AttributeTarget,
    Block,
    BlockKind,
    Label,
    Site,
    default_upload_types,
)
from chat.models.uploads import Upload
from chat.models.visitors import PageVisit, Visitor

__all__ = [
    "LABEL_COLORS",
    "AttributeDefinition",
    "AttributeKind",
    "AttributeTarget",
    "Block",
    "BlockKind",
    "Channel",
    "Conversation",
    "ConversationStatus",
    "DeadLetter",
    "JournalEpoch",
    "Label",
    "Message",
    "PageVisit",
    "SearchDocument",
    "Site",
    "Upload",
    "Visitor",
    "default_upload_types",
    "new_public_key",
    "new_secret",
    "new_uuid",
]

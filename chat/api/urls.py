"""URLs of the REST API, mounted at /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from chat.api.acts import AcceptView, CloseView, NotesView, RateView, RecallView, ReopenView
from chat.api.auth import RefreshView, TokenView
from chat.api.conversations import ConversationsView, ConversationView
from chat.api.filing import ConversationLabelsView, NoteView, SnoozeView, WakeView, WhisperView
from chat.api.handing import (
    HandoffView,
    InviteView,
    LeaveView,
    RefuseView,
    TakeOverView,
    TransferView,
)
from chat.api.messages import MessagesView
from chat.api.reception import LeaveMessageView, ReceptionView
from chat.api.search import SearchView
from chat.api.sessions import VisitorSessionView
from chat.api.sites import RotateSecretView, SitesView, SiteView
from chat.api.uploads import UploadsView
from chat.api.visitors import BlockView, UnblockView, VisitorsView, VisitorView

_ONE = "conversations/<uuid:conversation>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("auth/token/", TokenView.as_view(), name="auth-token"),
    path("auth/token/refresh/", RefreshView.as_view(), name="auth-token-refresh"),
    path("visitor/sessions/", VisitorSessionView.as_view(), name="visitor-sessions"),
    path("visitor/reception/", ReceptionView.as_view(), name="visitor-reception"),
    path("visitor/leave-message/", LeaveMessageView.as_view(), name="visitor-leave-message"),
    path("conversations/", ConversationsView.as_view(), name="conversations"),
    path(_ONE, ConversationView.as_view(), name="conversation"),
    path(f"{_ONE}messages/", MessagesView.as_view(), name="messages"),
    path(f"{_ONE}accept/", AcceptView.as_view(), name="accept"),
    path(f"{_ONE}close/", CloseView.as_view(), name="close"),
    path(f"{_ONE}reopen/", ReopenView.as_view(), name="reopen"),
    path(f"{_ONE}rate/", RateView.as_view(), name="rate"),
    path(f"{_ONE}notes/", NotesView.as_view(), name="notes"),
    path(f"{_ONE}notes/<int:seq>/", NoteView.as_view(), name="note"),
    path(f"{_ONE}recall/", RecallView.as_view(), name="recall"),
    path(f"{_ONE}transfer/", TransferView.as_view(), name="transfer"),
    path(f"{_ONE}refuse/", RefuseView.as_view(), name="refuse"),
    path(f"{_ONE}take-over/", TakeOverView.as_view(), name="take-over"),
    path(f"{_ONE}handoff/", HandoffView.as_view(), name="handoff"),
    path(f"{_ONE}invite/", InviteView.as_view(), name="invite"),
    path(f"{_ONE}leave/", LeaveView.as_view(), name="leave"),
    path(f"{_ONE}whisper/", WhisperView.as_view(), name="whisper"),
    path(f"{_ONE}labels/", ConversationLabelsView.as_view(), name="conversation-labels"),
    path(f"{_ONE}snooze/", SnoozeView.as_view(), name="snooze"),
    path(f"{_ONE}wake/", WakeView.as_view(), name="wake"),
    path("visitors/", VisitorsView.as_view(), name="visitors"),
    path("visitors/<uuid:visitor>/", VisitorView.as_view(), name="visitor"),
    path("visitors/<uuid:visitor>/block/", BlockView.as_view(), name="visitor-block"),
    path("visitors/<uuid:visitor>/unblock/", UnblockView.as_view(), name="visitor-unblock"),
    path("sites/", SitesView.as_view(), name="sites"),
    path("sites/<uuid:site>/", SiteView.as_view(), name="site"),
    path("sites/<uuid:site>/rotate-secret/", RotateSecretView.as_view(), name="site-rotate-secret"),
    path("search/", SearchView.as_view(), name="search"),
    path("uploads/", UploadsView.as_view(), name="uploads"),
]

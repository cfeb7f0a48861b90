"""The people who answer, how conversations reach them, and what they keep at hand, as rows."""

from agents.models.desk import CannedReply, CloseCategory, Macro, MacroRun, Preferences, SavedView
from agents.models.hours import BusinessHours, Holiday, ScheduledBreak
from agents.models.notices import Notice
from agents.models.people import (
    Agent,
    AgentSkill,
    Group,
    Role,
    RoutingPolicy,
    Skill,
    default_weights,
)
from agents.models.routing import (
    Assignment,
    Availability,
    Decision,
    Lease,
    Pulse,
    RoutingRule,
    RuleField,
    RuleOperator,
    Seat,
    SiteRouting,
    Standing,
    Waiting,
)

__all__ = [
    "Agent", "AgentSkill", "Assignment", "Availability", "BusinessHours", "CannedReply", "CloseCategory",
    "Decision", "Group", "Holiday", "Lease", "Macro", "MacroRun", "Notice", "Preferences", "Pulse", "Role",
    "RoutingPolicy", "RoutingRule", "RuleField", "RuleOperator", "SavedView", "ScheduledBreak", "Seat",
    "SiteRouting", "Skill", "Standing", "Waiting", "default_weights",
]  # fmt: skip

"""What may fire: a stated number of false alerts, or a stated share of wrong ones."""

from guandian.monitor.budget.false_discovery import OnlineDiscovery
from guandian.monitor.budget.shared_budget import PARTS, SharedBudget
from guandian.monitor.budget.stated_budget import StatedBudget, stated_budget

__all__ = ["PARTS", "OnlineDiscovery", "SharedBudget", "StatedBudget", "stated_budget"]

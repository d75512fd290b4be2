"""What may fire: a stated number of false alerts, or a stated share of wrong ones."""

from guandian.monitor.budget.false_discovery import OnlineDiscovery

__all__ = ["OnlineDiscovery"]

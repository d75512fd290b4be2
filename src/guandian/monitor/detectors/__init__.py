"""Detectors behind one protocol: what is expected of a series, and how unlikely is what came."""

from guandian.monitor.detectors.farrington import Farrington
from guandian.monitor.detectors.judgement import CountPanel, Detector, Judgement

__all__ = ["CountPanel", "Detector", "Farrington", "Judgement"]

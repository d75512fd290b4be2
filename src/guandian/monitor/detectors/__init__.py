"""Detectors behind one protocol: what is expected of a series, and how unlikely is what came."""

from guandian.monitor.detectors.change_dates import LevelChange, level_changes
from guandian.monitor.detectors.complaint_share import ComplaintShare
from guandian.monitor.detectors.drifts import Cusum, Ewma
from guandian.monitor.detectors.e_detector import EDetector
from guandian.monitor.detectors.ears import Ears
from guandian.monitor.detectors.farrington import Farrington
from guandian.monitor.detectors.judgement import CountPanel, Detector, SeriesJudgement
from guandian.monitor.detectors.new_topics import NewTopic
from guandian.monitor.detectors.predictive import Predictive
from guandian.monitor.detectors.seasons import SPECIAL, special_days, special_weeks
from guandian.monitor.detectors.window_drift import WindowDrift

__all__ = [
    "SPECIAL",
    "ComplaintShare",
    "CountPanel",
    "Cusum",
    "Detector",
    "EDetector",
    "Ears",
    "Ewma",
    "Farrington",
    "LevelChange",
    "NewTopic",
    "Predictive",
    "SeriesJudgement",
    "WindowDrift",
    "level_changes",
    "special_days",
    "special_weeks",
]

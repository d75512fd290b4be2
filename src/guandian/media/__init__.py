"""Pictures, speech and videos as reviews: their text, and where each of its characters stands."""

from guandian.media.media_reviews import MediaReader, is_sound, media_files
from guandian.media.pictures.picture_file import Picture, open_picture
from guandian.media.pictures.picture_reading import read_picture
from guandian.media.pictures.text_recogniser import RapidRecogniser, TextLine, TextRecogniser
from guandian.media.places import COLUMN, Places, Stretch, digest_of, places_of
from guandian.media.reopened import picture_of, sound_of
from guandian.media.speech.sense_voice import SenseVoiceRecogniser, speech_recogniser
from guandian.media.speech.sound_file import Sound, open_sound
from guandian.media.speech.speech_reading import read_sound
from guandian.media.speech.speech_recogniser import SpeechRecogniser, SpokenWord, WhisperRecogniser
from guandian.media.video.video_file import is_video

__all__ = [
    "COLUMN",
    "MediaReader",
    "Picture",
    "Places",
    "RapidRecogniser",
    "SenseVoiceRecogniser",
    "Sound",
    "SpeechRecogniser",
    "SpokenWord",
    "Stretch",
    "TextLine",
    "TextRecogniser",
    "WhisperRecogniser",
    "digest_of",
    "is_sound",
    "is_video",
    "media_files",
    "open_picture",
    "open_sound",
    "picture_of",
    "places_of",
    "read_picture",
    "read_sound",
    "sound_of",
    "speech_recogniser",
]

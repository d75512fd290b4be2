from guandian.notebook import compare as compare
from guandian.notebook import open as open
from guandian.notebook import run as run
from guandian.notebook import runs as runs
from guandian.notebook import train as train

__version__: str

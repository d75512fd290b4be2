from guandian.api import average as average
from guandian.api import compare as compare
from guandian.api import compress as compress
from guandian.api import open as open
from guandian.api import run as run
from guandian.api import runs as runs
from guandian.api import train as train
from guandian.errors import GuandianError as GuandianError

__version__: str

from guandian.notebook import open as open

__version__: str

"""The version, in a file of its own: whatever wants it need not import the package."""

__version__ = "0.1.0"

"""The course around the library: its files, the commands of ``hlp-edu``, the progress, the tools for teachers."""

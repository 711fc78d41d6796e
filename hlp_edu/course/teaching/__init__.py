"""For teachers: exercises from solutions (`release`), marks for a class (`grading`), the workshop pack (`pack`)."""

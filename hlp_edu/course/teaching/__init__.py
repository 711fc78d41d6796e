"""For teachers, with the extra ``teach``: exercises from solutions (`release`), marks for a class (`grading`)."""

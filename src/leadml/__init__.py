"""leadml: lead scores made only from what was known, with their reasons, under one agreement.

>>> import leadml
>>> project = leadml.open(".")  # doctest: +SKIP
>>> project.training_set().to_frame().head()  # doctest: +SKIP
>>> project.score(as_of="2026-06-30T00:00:00Z")  # doctest: +SKIP
"""

from leadml.project import open_project as open

__version__ = "0.1.0"
__all__ = ["__version__", "open"]

"""The exports that leadml knows by name: their columns need no mapping. One reader a format, each in its own folder."""

from collections.abc import Callable, Mapping, Sequence

from leadml.history.exports import Export
from leadml.history.hubspot.export import open_hubspot
from leadml.history.salesforce.export import open_salesforce
from leadml.history.told import DataFile

OpenExport = Callable[[Sequence[DataFile]], Export]

FORMATS: Mapping[str, OpenExport] = {"hubspot": open_hubspot, "salesforce": open_salesforce}

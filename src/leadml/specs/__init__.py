"""YAML files of a project, read into frozen objects; every problem of a file is reported at once."""

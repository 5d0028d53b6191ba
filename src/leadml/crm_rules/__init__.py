"""A CRM's own scoring rules, read and written anew as the project's rules and features."""

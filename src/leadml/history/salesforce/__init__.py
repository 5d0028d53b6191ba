"""Salesforce's exports: objects and their field history, as Data Loader, Data Export or a query gives them."""

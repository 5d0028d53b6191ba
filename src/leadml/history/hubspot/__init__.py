"""HubSpot's exports: answers of its API with the history of properties, and the CSV files of its pages."""

"""The ideal customer profile and the personas against the companies that really became customers."""

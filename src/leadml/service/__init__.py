"""The scoring service: what a request may say, how it is answered, and the BentoML service around it."""

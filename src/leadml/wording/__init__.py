"""Every word a person reads, in English and Japanese."""

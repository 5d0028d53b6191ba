"""The agreement in words: what this company agreed on, and in what two agreements differ."""

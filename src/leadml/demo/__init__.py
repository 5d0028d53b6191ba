"""A business-to-business CRM that never existed, made so that its truth is known.

`generate` makes it, `drivers` states what moves a lead, `truth` says how likely each one really was,
`table` renders the one table of `docs/demo.md`.
"""

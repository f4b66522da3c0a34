"""Text -> tokens, mentions, assertion, numbers, questions. Knows words, not medicine:
every medical word comes from the pack's tables.
"""

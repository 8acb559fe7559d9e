"""What bounds the files that people send: member files, registers, lists of cards and canaries."""

from datetime import date

REGISTER_LINE_MAX_BYTES = 16_384
"""A line of the public directory is some 400 bytes; a longer one is a file without line ends."""

REGISTER_BAD_SHARE = 0.01
"""The share of bad lines past which a register is not one; the published ones have a few in a million."""

REGISTER_BAD_LINES_SHOWN = 20
"""Bad lines of a register that are shown, with their place; the others are counted."""

EFFECTIVE_ON_MIN = date(2000, 1, 1)
EFFECTIVE_ON_AHEAD_MAX_DAYS = 366
"""A member file speaks of our time: another date is a mistyped one, and would close rights at a date that nobody
meant."""

MEMBER_FILE_LINE_MAX_BYTES = 4_096
"""A row of a member file is some 300 bytes; a longer line is a file without line ends, which would fill our memory."""

MEMBER_FILE_BLOCK_BYTES = 8 * 1024 * 1024
"""What is read of a CSV member file at once: some 30,000 rows, enough to keep vectorised checks busy."""

CANARIES_AT_ONCE_MAX = 10_000
"""Planted in one list: 0.5 % of a list of two million, past which the first alarm hardly comes any sooner."""

CANARY_LIST_NAME_MAX_CHARS = 120
"""Of a list's name: a line of the evidence, as migration 0027 has it too."""

CARD_LIST_MAX_BYTES = 64 * 1024 * 1024
"""A list of those who get a card: 2.5 million references of 24 characters, more than a list that somebody wrote."""

MEMBER_FILE_SLICE_ROWS = 32_768
"""Rows of a Parquet member file that are decoded at once, the same order as a CSV block."""

MEMBER_FILE_GROUP_MAX_ROWS = 1_048_576
"""Rows in a Parquet row group: the default of the usual writers. A group is decoded whole, so it bounds our memory."""

MEMBER_FILE_GROUP_MAX_BYTES = 512 * 1024 * 1024
"""Uncompressed bytes of a Parquet row group, twice what a million rows take; a load stays under 1 GB."""

MEMBER_FILE_FOOTER_MAX_BYTES = 16 * 1024 * 1024
"""The description at the end of a Parquet file: 33 million rows in small groups need 1 MB."""

MANIFEST_MAX_BYTES = 16_384
"""A manifest is under 1 kB."""

OTHER_ALIASES_MAX = 8
"""Aliases of one person beside the main one: two parents, the own number, provisional numbers; more is an error."""

FEED_BATCHES_AHEAD = 6
"""Batches that each stage of a load may be ahead of the next: enough to go on while the next one works; 0.4 GB in all."""

FEED_FAULTS_MAX = 500_000
"""Faults that the report of one member file lists: a file with more was made wrong, and its report would fill the disk."""

FEED_ROWS_MAX = 1_000_000_000
"""Rows of one member file: fifteen times the insured people of France."""

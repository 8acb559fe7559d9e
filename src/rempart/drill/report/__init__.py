"""The report of a drill, for who decides: one page, nothing to fetch, charts as SVG with their tables."""

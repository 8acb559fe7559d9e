"""The FHIR face, asked over real HTTP by clients and judged by validators that are not ours."""

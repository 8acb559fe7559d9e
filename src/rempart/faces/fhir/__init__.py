"""The FHIR R4 face: what software asks, machine to machine."""

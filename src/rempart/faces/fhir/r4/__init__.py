"""FHIR R4 (4.0.1) as msgspec structs of our own, for the few resources that Rempart speaks.

A struct refuses what R4 does not define: another JSON type, an empty list, a code outside a required list, an unknown element.
Every element of R4 is there, so that an official example is read and written again without loss.

Source: https://hl7.org/fhir/R4/ (CC0).
"""

"""Provenance as W3C PROV: a small graph and its four forms (PROV-JSON, PROV-N, PROV-O as Turtle and as JSON-LD)."""

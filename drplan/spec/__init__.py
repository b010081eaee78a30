"""The text of a config repository becomes resources: YAML, the files around it, schemas, canonical form. No I/O."""

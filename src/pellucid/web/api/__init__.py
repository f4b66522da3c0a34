"""The interfaces for other programs: REST, Infobutton, FHIR, CDS Hooks, webhooks, metrics."""

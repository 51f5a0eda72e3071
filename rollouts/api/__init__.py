"""The same as the pages, as JSON: `/api/v1/`. Pages and API ask the same queries, services and judge."""

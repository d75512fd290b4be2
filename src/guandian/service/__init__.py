"""The HTTP service: mining, jobs and questions to the store, behind keys, beside the dashboard."""

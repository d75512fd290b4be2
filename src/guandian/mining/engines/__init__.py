"""What mines in place of threads: workers on other machines that another program starts."""

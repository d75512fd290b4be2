"""Shows things: tables, plots, HTML, names of labels, marked spans."""

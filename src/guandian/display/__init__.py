"""How things are shown: tables, plots, HTML, names of labels, marked spans."""

"""How figures are shown, whatever they are of: tables and plots."""

"""Why a review was answered so: which words made it, and which edits would change it."""

"""A new model beside the one of now: on copies of calls, then a share; promoted, or taken back."""

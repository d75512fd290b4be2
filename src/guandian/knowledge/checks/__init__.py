"""What knowledge and a model disagree on."""

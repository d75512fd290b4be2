"""What text is made of: cleaning and alignment, language, sentences, words, pieces, windows."""

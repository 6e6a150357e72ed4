"""PDFs in any script of India: the one writer, its fonts, and the texts that another drawing library cannot set."""

"""What every room needs: errors, files, the environment, words and numbers, the grid. Imports nothing else of the project."""

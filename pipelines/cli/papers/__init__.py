"""Verbs that put a result on paper or into a file to mail: dossiers, the brief, the package."""

"""What QGIS shows of a result: project, styles, forms, print layout."""

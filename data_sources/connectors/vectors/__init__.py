"""Vector files: which driver opens which, what stands inside an archive, and shapes that other libraries cannot take."""

"""Servers: protocols, paging, credentials, keeping what came."""

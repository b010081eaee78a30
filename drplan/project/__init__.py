"""The config repository on disk and the environment around it: files, target, token, git, the connection."""

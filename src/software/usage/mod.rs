//! What a Dockerfile runs, in order: its own commands, and those of the scripts of the project that it starts.

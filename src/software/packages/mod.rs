//! Names of Debian's packages: what each release has for each architecture, and what became of names that are gone.

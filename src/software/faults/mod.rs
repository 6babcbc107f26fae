//! What does not work in an image: one file for each kind.

//! What images have: official ones, and those of balena; and which package has a program.

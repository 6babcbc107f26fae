//! The Dockerfile model against what BuildKit's frontend is known to do.

mod cases;

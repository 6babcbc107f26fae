//! The Dockerfile model against what BuildKit's frontend is known to do.

mod cases;
mod expansion;
mod fuzz;
mod model;
mod properties;

//! The Dockerfile model against what BuildKit's frontend is known to do.

mod cases;
#[path = "../common/cpu.rs"]
mod cpu;
mod evaluation;
mod expansion;
mod fuzz;
mod model;
mod properties;
#[path = "../common/tool.rs"]
mod tool;

//! Whole builds: what comes out of a customization, and what people read of it.

mod bases;
mod config;
mod files;
mod outputs;
mod report;

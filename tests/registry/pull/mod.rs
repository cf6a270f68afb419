//! Builds that read from registries: what they take, what they refuse, and what they tell whom.

mod demo;
mod documents;
mod foreign;
mod interruptions;
mod moved;
mod pace;
mod ranges;
mod redirects;

use demo::Demo;

//! Builds that read from registries: what they take, what they refuse, and what they tell whom.

mod demo;
mod documents;
mod foreign;
mod interruptions;
mod login;
mod moved;
mod named;
mod pace;
mod ranges;
mod realms;
mod redirects;
mod tokens;

use demo::Demo;

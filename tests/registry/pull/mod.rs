//! Builds that read from registries: what they take, what they refuse, and what they tell whom.

mod certificates;
mod demo;
mod documents;
mod foreign;
mod interruptions;
mod login;
mod messages;
mod moved;
mod named;
mod pace;
mod proxies;
mod ranges;
mod real;
mod realms;
mod redirects;
mod secrets;
mod tokens;

use demo::Demo;

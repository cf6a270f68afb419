//! What refers to a manifest: listed by the registry, or, where that has no list of its own, by a tag that clients keep.

mod attach;
mod fallback;
mod list;
#[cfg(test)]
mod tests;

pub(super) use attach::Subjects;

//! deb

//! apk

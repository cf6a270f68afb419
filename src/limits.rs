//! The limits of a build, and the budget that all its readers share.

mod budget;
mod windows;

use std::ops::RangeInclusive;

pub use budget::{Budget, BudgetError};
pub use windows::{Window, Windows};

use serde::Serialize;

use crate::nearest::nearest;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $number:ty = $default:expr, $least:literal..=$most:expr;)*) => {
        /// Limits on inputs; each is named in the error of whoever reaches it.
        ///
        /// Serialized are those that decide what is known of a layer: not those of transfers.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct Limits {
            $($(#[$doc])* pub $name: $number,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// The name of each as its field spells it, and its default.
            const TABLE: &[(&str, u64)] = &[$((stringify!($name), { let default: $number = $default; default as u64 }),)*];

            fn set(&mut self, field: &str, value: u64) -> Result<(), LimitProblem> {
                match field {
                    $(stringify!($name) => self.$name = within(value, $least..=$most)?,)*
                    _ => return Err(LimitProblem::Unknown { meant: None }),
                }
                Ok(())
            }
        }
    };
}

limits! {
    /// Bytes of a manifest, index or config that is read.
    document_bytes: u64 = 8 << 20, 0..=u64::MAX;
    /// Bytes of a manifest or index that is written.
    written_document_bytes: u64 = 4 << 20, 0..=u64::MAX;
    /// Entries of an index.
    index_entries: usize = 1_000, 0..=usize::MAX;
    /// Indexes within indexes.
    index_depth: usize = 2, 0..=128;
    /// Manifests that refer to one manifest.
    referrers: usize = 1_000, 0..=usize::MAX;
    /// Pages of a registry's list.
    pages: usize = 100, 1..=usize::MAX;
    /// Layers of an image.
    layers: usize = 125, 0..=usize::MAX;
    /// Bytes of a layer as it is stored.
    layer_compressed_bytes: u64 = 10 << 30, 0..=u64::MAX;
    /// Bytes of a layer's tar.
    layer_bytes: u64 = 16 << 30, 0..=u64::MAX;
    /// Bytes of all tars that one build reads.
    build_bytes: u64 = 64 << 30, 0..=u64::MAX;
    /// Entries of a layer.
    layer_entries: u64 = 1_000_000, 0..=u64::MAX;
    /// Entries of all layers that one build indexes.
    build_entries: u64 = 4_000_000, 0..=u64::MAX;
    /// Members of a gzip stream.
    gzip_members: u32 = 1_000_000, 1..=u32::MAX;
    /// Bytes of a PAX, long-name or sparse header.
    tar_header_bytes: u64 = 1 << 20, 0..=1 << 30;
    /// log2 of the largest zstd window.
    zstd_window_log: u32 = 27, 10..=31;
    /// Bytes of all zstd windows at a time: readers wait for each other, and one alone may have a larger one.
    zstd_window_bytes: u64 = 192 << 20, 0..=u64::MAX;
    /// Bytes of a symbolic link's target.
    link_target_bytes: usize = 4095, 0..=usize::MAX;
    /// Bytes of an extended attribute's value.
    xattr_bytes: usize = 64 << 10, 0..=usize::MAX;
    /// Extended attributes of an entry.
    xattrs: usize = 64, 0..=usize::MAX;
    /// Bytes of all names, link targets and extended attributes of a layer, which its index holds in memory.
    layer_name_bytes: u64 = 256 << 20, 0..=u64::MAX;
    /// The same of all layers that one build indexes.
    build_name_bytes: u64 = 512 << 20, 0..=u64::MAX;
    /// Bytes of one small file that is kept in a layer index.
    kept_file_bytes: u64 = 16 << 20, 0..=u64::MAX;
    /// Bytes of all small files that are kept in one layer index.
    kept_bytes: u64 = 64 << 20, 0..=u64::MAX;
    /// The same of all layers that one build indexes.
    build_kept_bytes: u64 = 256 << 20, 0..=u64::MAX;
    /// Bytes of the control section of a package, uncompressed.
    #[serde(skip)]
    control_bytes: u64 = 10 << 20, 0..=u64::MAX;
    /// Bytes of memory that decoding one xz or lzma stream takes.
    #[serde(skip)]
    xz_memory_bytes: u64 = 192 << 20, 0..=u64::MAX;
    /// Bytes of a file beside a specification.
    source_bytes: u64 = 1 << 30, 0..=u64::MAX;
    /// Bytes of an index of apk packages, decompressed.
    #[serde(skip)]
    apk_index_bytes: u64 = 300 << 20, 0..=u64::MAX;
    /// Bytes of an index of Debian packages, decompressed.
    #[serde(skip)]
    deb_index_bytes: u64 = 512 << 20, 0..=u64::MAX;
    /// Bytes of a line of an index of packages.
    #[serde(skip)]
    package_line_bytes: u64 = 1 << 20, 0..=u64::MAX;
    /// Seconds until a connection to a registry stands, the lookup of its name and TLS included.
    #[serde(skip)]
    connect_seconds: u64 = 10, 1..=86_400;
    /// Seconds until a registry begins to answer.
    #[serde(skip)]
    first_byte_seconds: u64 = 60, 1..=86_400;
    /// Seconds in which a transfer may stand still.
    #[serde(skip)]
    stall_seconds: u64 = 30, 1..=86_400;
    /// Bytes per second that a transfer moves at least, over as many seconds as it may stand still.
    #[serde(skip)]
    least_rate: u64 = 1 << 10, 0..=u64::MAX;
    /// Times that a request is sent in all.
    #[serde(skip)]
    tries: u32 = 5, 1..=100;
    /// Milliseconds of the longest wait before a second try; it doubles with each.
    #[serde(skip)]
    retry_milliseconds: u64 = 500, 1..=3_600_000;
    /// Milliseconds that no wait between tries is longer than, where the registry names none.
    #[serde(skip)]
    retry_most_milliseconds: u64 = 30_000, 1..=3_600_000;
    /// Seconds that a registry can ask to wait for.
    #[serde(skip)]
    retry_after_seconds: u64 = 120, 0..=86_400;
    /// Seconds that one request is waited for between its tries in all.
    #[serde(skip)]
    retry_total_seconds: u64 = 300, 0..=86_400;
    /// Redirects of one request.
    #[serde(skip)]
    redirects: u32 = 5, 0..=100;
    /// Bytes of a token server's answer.
    #[serde(skip)]
    token_bytes: u64 = 1 << 20, 0..=u64::MAX;
}

/// A text that sets no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` sets no limit: {problem}")]
pub struct SetLimitError {
    /// What was found.
    pub text: String,
    /// What is wrong with it.
    pub problem: LimitProblem,
}

/// What is wrong with a text that is to set a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitProblem {
    /// It has another form.
    #[error("expected NAME=VALUE, such as `layer-bytes=20G`")]
    Form,
    /// No limit has the name.
    #[error("there is no limit of this name")]
    Unknown {
        /// The name that was probably meant.
        meant: Option<String>,
    },
    /// The value is no number.
    #[error("the value is no number, with K, M, G or T behind it at most")]
    Number,
    /// The value is out of range.
    #[error("the value is not between {least} and {most}")]
    Range {
        /// The smallest value.
        least: u64,
        /// The largest value.
        most: u64,
    },
}

impl Limits {
    /// The names of all limits and their defaults, in kebab case: `layer-bytes`.
    pub fn names() -> impl Iterator<Item = (String, u64)> {
        Self::TABLE.iter().map(|(field, default)| (field.replace('_', "-"), *default))
    }

    /// Sets a limit by `NAME=VALUE`; K, M, G and T behind a value stand for the powers of 1024.
    pub fn set_by(&mut self, text: &str) -> Result<(), SetLimitError> {
        let error = |problem| SetLimitError { text: text.to_owned(), problem };
        let (name, value) = text.split_once('=').ok_or_else(|| error(LimitProblem::Form))?;
        let value = number(value).ok_or_else(|| error(LimitProblem::Number))?;
        self.set(&name.replace('-', "_"), value).map_err(|problem| match problem {
            LimitProblem::Unknown { .. } => {
                let names: Vec<String> = Self::names().map(|(name, _)| name).collect();
                let meant = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
                error(LimitProblem::Unknown { meant })
            }
            problem => error(problem),
        })
    }
}

fn within<T>(value: u64, allowed: RangeInclusive<T>) -> Result<T, LimitProblem>
where
    T: TryFrom<u64> + TryInto<u64> + PartialOrd + Copy,
{
    let bound = |bound: &T| (*bound).try_into().unwrap_or(u64::MAX);
    let (least, most) = (bound(allowed.start()), bound(allowed.end()));
    let fits = T::try_from(value).ok().filter(|number| allowed.contains(number));
    fits.ok_or(LimitProblem::Range { least, most })
}

/// A number with K, M, G or T behind it at most, which stand for powers of 1024.
pub fn number(text: &str) -> Option<u64> {
    let (digits, shift) = match text.chars().last()? {
        'K' => (&text[..text.len() - 1], 10),
        'M' => (&text[..text.len() - 1], 20),
        'G' => (&text[..text.len() - 1], 30),
        'T' => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// An error that may tell of a limit.
pub trait Limited {
    /// The name of the limit that is reached, as [`Limits::set_by`] takes it; nothing where it is another error, or no
    /// limit that can be set.
    fn limit(&self) -> Option<&'static str>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Result<Limits, LimitProblem> {
        let mut limits = Limits::default();
        limits.set_by(text).map(|()| limits).map_err(|error| error.problem)
    }

    #[test]
    fn every_limit_is_set_by_its_name() {
        assert!(Limits::names().count() > 15);
        for (name, default) in Limits::names() {
            let (same, other) = (set(&format!("{name}={default}")), set(&format!("{name}={}", default - 1)));
            assert_eq!(same, Ok(Limits::default()), "{name}");
            assert_ne!(other, Ok(Limits::default()), "{name}");
        }
        assert_eq!(set("layer-bytes=2G").unwrap().layer_bytes, 2 << 30);
        assert_eq!(set("layers=1").unwrap(), Limits { layers: 1, ..Limits::default() });
    }

    #[test]
    fn what_sets_no_limit_is_refused() {
        let meant = Some("layer-entries".to_owned());
        for (text, problem) in [
            ("layers", LimitProblem::Form),
            ("layer-entrys=1", LimitProblem::Unknown { meant }),
            ("layers=", LimitProblem::Number),
            ("layers=-1", LimitProblem::Number),
            ("layers=+1", LimitProblem::Number),
            ("layer-bytes=99999999T", LimitProblem::Number),
            ("layers=1é", LimitProblem::Number),
            ("zstd-window-log=32", LimitProblem::Range { least: 10, most: 31 }),
            ("zstd-window-log=99999999999", LimitProblem::Range { least: 10, most: 31 }),
        ] {
            assert_eq!(set(text), Err(problem), "{text}");
        }
    }
}

//! Tars as tests write them, also such as no sound program would.

use tar::{EntryType, Header};

/// A tar of a layer.
#[derive(Default)]
pub(crate) struct Tar(Vec<u8>);

impl Tar {
    /// A tar of these directories.
    pub(crate) fn of(directories: &[&str]) -> Self {
        directories
            .iter()
            .fold(Self::default(), |tar, path| tar.entry(EntryType::Directory, path, 0o755, "", b""))
    }

    pub(crate) fn file(self, path: &str, mode: u32, content: &str) -> Self {
        self.entry(EntryType::Regular, path, mode, "", content.as_bytes())
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, 0o777, target, b"")
    }

    /// An entry of any kind, name and target.
    pub(crate) fn entry(
        mut self,
        kind: EntryType,
        path: &str,
        mode: u32,
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_767_225_600);
        header.set_size(content.len() as u64);
        // The setters of the crate refuse what a hostile tar has.
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// The bytes so far, which a tar goes on after.
    pub(crate) fn blocks(self) -> Vec<u8> {
        self.0
    }

    /// The bytes of the tar.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

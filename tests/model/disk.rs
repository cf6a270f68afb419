//! Filesystems of this machine: what other programs make of images, and the model of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, XattrFlags, makedev, mknodat, setxattr};
use tempfile::TempDir;
use walkdir::WalkDir;

use super::fs::{Attributes, Fs, Inode, Kind};
use super::layer::{Item, What};
use crate::support::{scratch, tool};

/// A directory in memory where the machine has one for attributes too, so that what is synced costs nothing.
pub(crate) fn memory() -> TempDir {
    let has_attributes = |dir: &TempDir| setxattr(dir.path(), "user.test", b"", XattrFlags::empty()).is_ok();
    TempDir::new_in("/dev/shm").ok().filter(has_attributes).unwrap_or_else(scratch)
}

/// Whether owners and devices can be made; says that the test is skipped where they cannot.
pub(crate) fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: only root can make owners and devices");
    }
    is_root
}

/// Unpacks images with umoci.
pub(crate) struct Umoci(PathBuf);

impl Umoci {
    pub(crate) fn find() -> Option<Self> {
        tool("umoci").filter(|_| is_root()).map(Self)
    }

    /// What umoci makes of an image of a layout, or why it makes nothing.
    pub(crate) fn unpack(&self, layout: &Path, tag: &str) -> Result<Fs, String> {
        let dir = memory();
        let root = dir.path().join("root");
        let output = Command::new("sh")
            .args(["-c", "umask 022; exec \"$@\"", "sh"])
            .arg(&self.0)
            .args(["raw", "unpack", "--image", &format!("{}:{tag}", layout.display())])
            .arg(&root)
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(scan(&root)),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

/// Reads a directory into the model; times are not.
pub(crate) fn scan(root: &Path) -> Fs {
    let mut made = Fs::default();
    let mut inodes: BTreeMap<u64, usize> = BTreeMap::new();
    for found in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let found = found.unwrap();
        let path = found.path().strip_prefix(root).unwrap().to_str().unwrap();
        let metadata = fs::symlink_metadata(found.path()).unwrap();
        match inodes.get(&metadata.ino()).filter(|_| !metadata.is_dir()) {
            Some(inode) => made.link(path, *inode),
            None => {
                made.create(path, inode(found.path(), &metadata));
                inodes.insert(metadata.ino(), made.inode(path).expect("it was created"));
            }
        }
    }
    made
}

fn inode(path: &Path, metadata: &fs::Metadata) -> Inode {
    let file_type = metadata.file_type();
    let kind = if file_type.is_dir() {
        Kind::Directory
    } else if file_type.is_symlink() {
        Kind::Symlink(fs::read_link(path).unwrap().to_str().unwrap().to_owned())
    } else if file_type.is_fifo() {
        Kind::Fifo
    } else if file_type.is_char_device() {
        let device = metadata.rdev();
        Kind::Device(rustix::fs::major(device), rustix::fs::minor(device))
    } else {
        Kind::File(fs::read(path).unwrap())
    };
    let xattrs = match kind {
        Kind::Directory | Kind::File(_) => xattrs(path),
        _ => BTreeMap::new(),
    };
    let owner = (metadata.uid(), metadata.gid());
    let attributes = Attributes { mode: metadata.mode() & 0o7777, owner, mtime: 0, xattrs };
    Inode { kind, attributes, is_implied: false }
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut names = [0; 4096];
    let length = rustix::fs::listxattr(path, &mut names[..]).unwrap();
    let names = names[..length].split(|byte| *byte == 0).map(|name| str::from_utf8(name).unwrap());
    let read = |name: &str| {
        let mut value = [0; 4096];
        let length = rustix::fs::getxattr(path, name, &mut value[..]).unwrap();
        (name.to_owned(), value[..length].to_vec())
    };
    names.filter(|name| name.starts_with("user.")).map(read).collect()
}

/// Makes a directory like the model.
pub(crate) fn materialize(made: &Fs, root: &Path) {
    fs::create_dir_all(root).unwrap();
    let mut names: BTreeMap<usize, PathBuf> = BTreeMap::new();
    for path in made.paths() {
        let (place, number) = (root.join(path), made.inode(path).expect("it is there"));
        match names.get(&number) {
            Some(first) => fs::hard_link(first, &place).unwrap(),
            None => {
                create(&place, made.get(path).expect("it is there"));
                names.insert(number, place);
            }
        }
    }
}

fn create(place: &Path, inode: &Inode) {
    let Attributes { mode, owner: (uid, gid), xattrs, .. } = &inode.attributes;
    match &inode.kind {
        Kind::Symlink(target) => {
            symlink(target, place).unwrap();
            return lchown(place, Some(*uid), Some(*gid)).unwrap();
        }
        Kind::Directory => fs::create_dir(place).unwrap(),
        Kind::File(content) => fs::write(place, content).unwrap(),
        Kind::Fifo => mknodat(CWD, place, FileType::Fifo, Mode::empty(), 0).unwrap(),
        Kind::Device(major, minor) => {
            mknodat(CWD, place, FileType::CharacterDevice, Mode::empty(), makedev(*major, *minor)).unwrap();
        }
    }
    for (name, value) in xattrs {
        setxattr(place, name, value, XattrFlags::empty()).unwrap();
    }
    chown(place, Some(*uid), Some(*gid)).unwrap();
    // After the owner, whose change takes setuid away.
    fs::set_permissions(place, fs::Permissions::from_mode(*mode)).unwrap();
}

/// Makes a directory of one layer alone, as overlayfs wants it below another.
pub(crate) fn materialize_layer(layer: &[Item], root: &Path) {
    let mut alone = Fs::default();
    for item in layer.iter().filter(|item| !item.is_marker()) {
        super::layer::add(&mut alone, item).expect("a layer of ours stands for itself");
    }
    materialize(&alone, root);
    for item in layer {
        let place = root.join(&item.path);
        match item.what {
            What::Whiteout => {
                mknodat(CWD, &place, FileType::CharacterDevice, Mode::empty(), makedev(0, 0)).unwrap();
            }
            What::Opaque => setxattr(&place, "trusted.overlay.opaque", b"y", XattrFlags::empty()).unwrap(),
            _ => {}
        }
    }
}

/// An overlay of directories, the topmost last, until it is dropped.
pub(crate) struct Overlay(TempDir);

impl Overlay {
    /// Mounts it; nothing, and a word about it, where that cannot be done.
    pub(crate) fn mount(dirs: &[PathBuf]) -> Option<Self> {
        let place = memory();
        let dirs: Vec<&str> = dirs.iter().rev().map(|dir| dir.to_str().unwrap()).collect();
        let mounted = Command::new("mount")
            .args(["-t", "overlay", "overlay", "-o", &format!("ro,lowerdir={}", dirs.join(":"))])
            .arg(place.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            println!("skipped: overlayfs cannot be mounted");
            return None;
        }
        Some(Self(place))
    }

    pub(crate) fn scan(&self) -> Fs {
        scan(self.0.path())
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

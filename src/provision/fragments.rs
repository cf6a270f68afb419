//! What packages say of the config of images that have them: `/opt/docker/config/*.yaml`, in the order of their paths.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::provided::Provided;
use crate::plan::Runtime;
use crate::rootfs::RootPath;
use crate::spec::{SpecFile, parse_fragment};

/// A fragment of a config.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// The package.
    pub package: String,
    /// Its file.
    pub path: RootPath,
    /// What it says, or what is wrong with it.
    pub config: Result<Runtime, String>,
}

/// The fragments of packages, those of later paths over those of earlier ones.
pub(super) fn of(packages: &[Provided]) -> Vec<Fragment> {
    let mut fragments = BTreeMap::new();
    for package in packages {
        let index = &package.unpacked.index;
        for (ordinal, bytes) in &index.kept {
            let path = index.items.path(*ordinal);
            if is_fragment(&path) {
                let config = config(&path, bytes);
                fragments.insert(path.clone(), Fragment { package: package.name().to_owned(), path, config });
            }
        }
    }
    fragments.into_values().collect()
}

fn is_fragment(path: &RootPath) -> bool {
    path.parent().is_some_and(|dir| dir.as_bytes() == b"opt/docker/config") && path.name().ends_with(b".yaml")
}

fn config(path: &RootPath, bytes: &Arc<[u8]>) -> Result<Runtime, String> {
    let file = SpecFile::from_bytes(path.to_string(), Path::new("/"), bytes.to_vec());
    let file = file.map_err(|error| error.to_string())?;
    let fragment = parse_fragment(&file);
    let first = |errors: Vec<crate::spec::SpecError>| {
        errors.first().map_or_else(|| "it is none".to_owned(), ToString::to_string)
    };
    fragment.map(|fragment| Runtime::from(&fragment)).map_err(first)
}

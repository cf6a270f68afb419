//! Catalogs: directories of definitions, in which an id is a path.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::source::SourceDir;
use super::yaml::LARGEST;
use super::{Definition, DefinitionId, SourceError, SpecError, SpecFile, SpecFileError};
use crate::code::{Code, Coded};
use crate::file_error::FileError;

/// A checkout of a catalog: `image/<repository>/<distribution>/<stem>.yaml` defines an image.
#[derive(Debug)]
pub struct Catalog {
    dir: SourceDir,
    path: PathBuf,
}

/// A definition that a catalog does not have, or that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The directory holds no definitions of images.
    #[error("`{}` is no catalog: it has no directory `{IMAGES}`", .0.display())]
    NoCatalog(PathBuf),
    /// The catalog does not have the definition.
    #[error("the catalog `{}` has no definition `{id}`", catalog.display())]
    Absent {
        /// The definition.
        id: DefinitionId,
        /// The catalog.
        catalog: PathBuf,
        /// Other definitions of it.
        others: Vec<String>,
    },
    /// The definition cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The definition is no text.
    #[error(transparent)]
    Text(#[from] SpecFileError),
    /// The definition does not say what it should.
    #[error("{file}:{}:{}: {first}{}", first.place.line, first.place.column, and_more(*.more))]
    Definition {
        /// Its file.
        file: String,
        /// What is wrong with it, in the order of the file.
        first: SpecError,
        /// How many errors there are after that.
        more: usize,
    },
}

const IMAGES: &str = "image";
/// Entries of a catalog that are looked at for other definitions.
const MOST_ENTRIES: usize = 20_000;

impl Catalog {
    /// Opens the catalog in a directory, which is held open from then on.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Ok(Self { dir: SourceDir::open(path)?, path: path.to_owned() })
    }

    /// The definition of an image.
    pub fn definition(&self, id: &DefinitionId) -> Result<Definition, CatalogError> {
        let file = match self.dir.file(&path(id), LARGEST as u64) {
            Ok(file) => file,
            Err(SourceError::Missing(_)) => return Err(self.absent(id)),
            Err(error) => return Err(error.into()),
        };
        let name = self.path.join(path(id)).display().to_string();
        let file = SpecFile::from_bytes(name, Path::new(""), file.read_all()?)?;
        Definition::parse(&file).map_err(|mut errors| CatalogError::Definition {
            file: file.name,
            more: errors.len().saturating_sub(1),
            first: errors.swap_remove(0),
        })
    }

    fn absent(&self, id: &DefinitionId) -> CatalogError {
        let images = self.path.join(IMAGES);
        if !images.is_dir() {
            return CatalogError::NoCatalog(self.path.clone());
        }
        // Ids of the same repository are what was meant, if there are any.
        let mut others = ids(&images, &images.join(&id.repository));
        if others.is_empty() {
            others = ids(&images, &images);
        }
        CatalogError::Absent { id: id.clone(), catalog: self.path.clone(), others }
    }
}

/// Where a catalog has a definition. An id has no component that leads elsewhere.
fn path(id: &DefinitionId) -> PathBuf {
    [IMAGES, &id.repository, &id.distro, &format!("{}.yaml", id.stem)].iter().collect()
}

/// The ids of definitions below a directory, in order; what is none and what cannot be looked at is passed over.
fn ids(images: &Path, below: &Path) -> Vec<String> {
    let files = WalkDir::new(below).max_depth(3).sort_by_file_name().into_iter().flatten().take(MOST_ENTRIES);
    let id = |path: &Path| {
        let id = path.strip_prefix(images).ok()?.to_str()?.strip_suffix(".yaml")?.to_owned();
        id.parse::<DefinitionId>().is_ok().then_some(id)
    };
    files.filter(|file| file.file_type().is_file()).filter_map(|file| id(file.path())).collect()
}

fn and_more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" (and {count} more)") }
}

impl Coded for CatalogError {
    fn code(&self) -> Code {
        match self {
            Self::NoCatalog(_) | Self::Absent { .. } => Code::SourceMissing,
            Self::Source(error) => error.code(),
            Self::Text(error) => error.code(),
            Self::Definition { first, .. } => first.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn catalog(files: &[(&str, &str)]) -> (tempfile::TempDir, Catalog) {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let catalog = Catalog::open(root.path()).unwrap();
        (root, catalog)
    }

    fn find(catalog: &Catalog, id: &str) -> Result<Definition, CatalogError> {
        catalog.definition(&id.parse().unwrap())
    }

    #[test]
    fn an_id_is_the_path_of_its_definition() {
        let (_root, catalog) =
            catalog(&[("image/golang/alpine-3.23/1.26.yaml", "image: dhi.io/golang\ntags: ['1.26']")]);
        assert_eq!(find(&catalog, "golang/alpine-3.23/1.26").unwrap().tags, ["1.26"]);
    }

    #[test]
    fn an_absent_definition_is_named_with_others_of_its_repository_or_all() {
        let (_root, catalog) = catalog(&[
            ("image/golang/alpine-3.23/1.26.yaml", ""),
            ("image/golang/info.yaml", ""),
            ("image/python/debian-13/3.13.yaml", ""),
        ]);
        for (id, expected) in [
            ("golang/alpine-3.23/1.25", &["golang/alpine-3.23/1.26"][..]),
            ("goland/alpine-3.23/1.26", &["golang/alpine-3.23/1.26", "python/debian-13/3.13"]),
        ] {
            match find(&catalog, id) {
                Err(error @ CatalogError::Absent { .. }) => {
                    assert_eq!(error.code(), Code::SourceMissing);
                    let CatalogError::Absent { others, .. } = error else { unreachable!("it is one") };
                    assert_eq!(others, expected);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_catalog_is_named() {
        let (_root, catalog) = catalog(&[("golang/alpine-3.23/1.26.yaml", "")]);
        assert!(matches!(find(&catalog, "golang/alpine-3.23/1.26"), Err(CatalogError::NoCatalog(_))));
        assert!(Catalog::open(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn a_definition_that_leads_out_of_the_catalog_or_is_too_large_is_refused() {
        let (root, catalog) = catalog(&[("image/a/b-1/large.yaml", ""), ("image/a/b-1/text.yaml", "")]);
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("c.yaml"), "image: a/b\ntags: ['1']").unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("image/a/out-1")).unwrap();
        std::os::unix::fs::symlink("text.yaml", root.path().join("image/a/b-1/link.yaml")).unwrap();
        fs::File::create(root.path().join("image/a/b-1/large.yaml")).unwrap().set_len(2 << 20).unwrap();
        fs::write(root.path().join("image/a/b-1/text.yaml"), b"\xff").unwrap();
        for (id, code) in [
            ("a/out-1/c", Code::SourceOutside),
            ("a/b-1/link", Code::SourceType),
            ("a/b-1/large", Code::SourceSize),
            ("a/b-1/text", Code::SpecYaml),
        ] {
            assert_eq!(find(&catalog, id).unwrap_err().code(), code, "{id}");
        }
    }

    #[test]
    fn a_broken_definition_is_told_with_its_file_and_line() {
        let (root, catalog) = catalog(&[("image/a/b-1/c.yaml", "image: dhi.io/a\ntags: [1.26, 1.27]\n")]);
        let error = find(&catalog, "a/b-1/c").unwrap_err();
        let expected = format!(
            "{}/image/a/b-1/c.yaml:2:8: `tags[]`: expected text, found the number `1.26` (and 1 more)",
            root.path().display()
        );
        assert_eq!((error.to_string(), error.code()), (expected, Code::SpecValue));
    }
}

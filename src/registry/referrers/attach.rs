//! Manifests that refer to others, put so that they are found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::fallback::{self, Attached};
use crate::oci::referrer::fallback_tag;
use crate::oci::{Descriptor, Document, DocumentError, MediaType, json};
use crate::registry::error::RegistryError;
use crate::registry::pull;
use crate::registry::push::ManifestName;
use crate::registry::repository::Repository;

/// How often a fallback tag is written where others write it too.
const TRIES: u32 = 5;

/// The fallback tags that a process writes: one at a time, each.
#[derive(Default)]
pub(in crate::registry) struct Subjects(Mutex<HashMap<String, Arc<Mutex<()>>>>);

impl Subjects {
    fn of(&self, name: &str) -> Arc<Mutex<()>> {
        let mut subjects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(subjects.entry(name.to_owned()).or_default())
    }
}

impl Repository {
    /// Puts a manifest or index that has a subject, by its digest, and sees to it that it is listed among what refers to that.
    ///
    /// Its blobs have to be there. A registry that does not list it by itself gets it listed under the fallback tag.
    pub fn attach(&self, bytes: &[u8]) -> Result<Descriptor, RegistryError> {
        let unlike = |source| RegistryError::Document { what: self.full_name(), source: Box::new(source) };
        let media_type = Document::own_type(bytes).unwrap_or(MediaType::Manifest);
        let attached = Attached::parse(bytes, media_type).map_err(unlike)?;
        let descriptor = &attached.descriptor;
        let by = ManifestName::Digest(&descriptor.digest);
        let accepted = self.put_manifest(by, &descriptor.media_type, bytes)?;
        if accepted.subject.is_some() {
            self.learn(|abilities| abilities.referrers = Some(true));
        } else {
            self.list_under_tag(&attached)?;
        }
        Ok(attached.descriptor)
    }

    fn list_under_tag(&self, attached: &Attached) -> Result<(), RegistryError> {
        let tag = fallback_tag(&attached.subject);
        let turn = self.shared().subjects.of(&format!("{}:{tag}", self.full_name()));
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 0;
        while let Some(index) = self.without(attached, &tag)? {
            if tries == TRIES {
                let digest = attached.descriptor.digest.to_string();
                return Err(RegistryError::Unlisted { tag, digest, tries });
            }
            tries += 1;
            self.put_manifest(ManifestName::Tag(&tag), &MediaType::Index, &json::to_bytes(&index))?;
        }
        Ok(())
    }

    /// The index under a fallback tag with one entry more; nothing where it has that already.
    fn without(&self, attached: &Attached, tag: &str) -> Result<Option<Value>, RegistryError> {
        self.shared().interrupt.check()?;
        let what = || format!("{}:{tag}", self.full_name());
        let mut index = match pull::tagged(self.own(), tag, self.shared())? {
            Some((descriptor, bytes)) if descriptor.media_type == MediaType::Index => {
                json::parse(&bytes).map_err(|error| RegistryError::json(what(), error))?
            }
            Some((descriptor, _)) => return Err(RegistryError::no_index(&what(), &descriptor.media_type)),
            None => fallback::empty(),
        };
        let no_entries = || DocumentError::Ambiguous {
            expected: MediaType::Index,
            found: "has no list of manifests".to_owned(),
        };
        let entries = fallback::entries(&mut index)
            .ok_or_else(|| RegistryError::Document { what: what(), source: Box::new(no_entries()) })?;
        if entries.iter().any(|entry| fallback::is_of(entry, &attached.descriptor.digest)) {
            return Ok(None);
        }
        let limit = self.shared().limits.referrers;
        if entries.len() >= limit {
            return Err(RegistryError::Referrers { what: what(), limit });
        }
        entries.push(attached.entry.clone());
        Ok(Some(index))
    }
}

//! Servers that answer before they were told all.

use std::io::{Cursor, Read};

use overcoat::layer::{BlobSource, SourceError};
use overcoat::oci::{Descriptor, MediaType};

use super::*;
use crate::support::registry::{Authority, Fault, Method, Options, Tls};

/// A blob of one byte over and over.
struct Much(usize);

impl BlobSource for Much {
    fn open(&self, _: &Descriptor) -> Result<Box<dyn Read + Send>, SourceError> {
        Ok(Box::new(Cursor::new(vec![7; self.0])))
    }
}

#[test]
fn a_server_that_hangs_up_on_an_upload_is_told_of_in_its_words() {
    let (authority, dir) = (Authority::new(), TempDir::new().unwrap());
    let tls = Tls::new(&authority.server(&["127.0.0.1"]));
    for tls in [None, Some(tls)] {
        let registry = Registry::with(Options { tls: tls.clone(), ..Options::default() });
        registry
            .fault(Fault::on(Method::Put, "/blobs/uploads/").status(413).body("too much for me").unread());
        let ca = write(dir.path(), "ca.pem", &authority.pem());
        let making = Making::default();
        let making =
            if tls.is_some() { making.host(&registry.host(), |own| own.tls.ca = Some(ca)) } else { making };
        let client = making.client();
        let bytes = vec![7; 32 << 20];
        let blob = Descriptor::of(MediaType::parse("application/octet-stream"), &bytes);
        let repository = client.registries.repository(&registry.host(), "a/b");
        let error = repository.upload(&blob, None, &Much(bytes.len()), &|_| ()).unwrap_err();
        assert!(
            error.to_string().contains("413") && error.to_string().contains("too much for me"),
            "{error}"
        );
        // Once in one piece, and once in pieces, as 413 asks for: none is sent again because it broke off.
        assert_eq!(registry.log().count(Method::Put, "/blobs/uploads/"), 2);
    }
}

//! Any bytes as a library: what an index says of it is what stands in it, however the reader cuts it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::interrupt::Interrupt;
use overcoat::layer::{IndexOnly, LayerIndex, Reading, Trust, read_tar};
use overcoat::limits::{Budget, Limits};
use overcoat::oci::Digest;

fuzz_target!(|bytes: &[u8]| {
    let index = read(bytes, "usr/lib/libx.so.1");
    let Some(elf) = index.elf.get(&0) else { return };
    assert_eq!(&bytes[..6], b"\x7fELF\x02\x01");
    assert_eq!((&bytes[16..18], &bytes[18..20]), (&[3, 0][..], &elf.machine.to_le_bytes()[..]));
    if let Some(name) = &elf.soname {
        assert!(name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'/'));
        let whole = [name, &b"\0"[..]].concat();
        assert!(bytes.windows(whole.len()).any(|part| part == whole));
    }
    let mut written = Vec::new();
    index.write_to(&mut written).expect("memory is written without fault");
    assert_eq!(LayerIndex::read_from(&mut written.as_slice()).expect("it was just written"), index);
    assert!(read(bytes, "usr/lib/x.so.1").elf.is_empty());
});

/// The index of a layer with these bytes as a file.
fn read(bytes: &[u8], name: &str) -> LayerIndex {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, bytes).expect("memory is written without fault");
    let tar = tar.into_inner().expect("memory is written without fault");
    let limits = Limits::default();
    let (budget, interrupt) = (Budget::of(&limits), Interrupt::default());
    let (limits, budget, interrupt) = (&limits, &budget, &interrupt);
    let how = Reading { trust: Trust::Base, allow_devices: false, limits, budget, interrupt };
    read_tar(Box::new(tar.as_slice()), Digest::of(b"tar"), &how, &mut IndexOnly).expect("it is a tar")
}

//! Any bytes as a layer index that was kept: what is read back is written as what reads the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overcoat::layer::LayerIndex;

fuzz_target!(|bytes: &[u8]| {
    let Ok(index) = LayerIndex::read_from(&mut &*bytes) else { return };
    assert!(
        index
            .kept
            .keys()
            .chain(index.elf.keys())
            .chain(index.faults.keys())
            .all(|at| (*at as usize) < index.items.len())
    );
    let mut written = Vec::new();
    index.write_to(&mut written).expect("memory is written without fault");
    assert_eq!(LayerIndex::read_from(&mut written.as_slice()).expect("it was just written"), index);
});

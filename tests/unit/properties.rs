//! No text makes a reader of small files panic.

use std::sync::Arc;

use proptest::prelude::*;

use crate::device_types::contract;
use crate::env_file;
use crate::source::Source;

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let source = Arc::new(Source::new("e", bytes));
        let _ = env_file::parse(&source);
        let _ = contract::parse(&source);
    }

    #[test]
    fn no_yaml_makes_it_panic(text in "(arches|device_types|a|b|: |\\{|\\}|\\[|\\]|, |\n|  |- |&a |\\*a|!!str |\"|'|#|~|<<|\\||>|1\\.10|true){0,30}") {
        let _ = contract::parse(&Arc::new(Source::new("y", text)));
    }
}

//! The target that `CERTGATE_FUZZ` names, of those in `certgate_fuzz_targets`.

#![no_main]

use std::sync::LazyLock;

static NAME: LazyLock<String> = LazyLock::new(|| std::env::var("CERTGATE_FUZZ").unwrap_or_default());

libfuzzer_sys::fuzz_target!(|data: &[u8]| certgate_fuzz_targets::run(&NAME, data));

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| git_leverage::hostile::read("facts", data));

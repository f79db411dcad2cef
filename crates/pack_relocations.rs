//! The build script of programs: packs their relocations where this machine's C library can read them packed. Written
//! out they are a megabyte and a half, which is read at each start; a server that rests has 4 MB less without.

#![expect(clippy::disallowed_methods, reason = "a build script is told by its environment")]

use std::{env, process::Command};

/// The first that reads them, also in static programs (its release notes: `DT_RELR`).
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=../pack_relocations.rs");
    let is_for_this_machine = env::var("TARGET").ok() == env::var("HOST").ok();
    if is_for_this_machine && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// `None`: no Linux, or another C library.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

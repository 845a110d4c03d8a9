//! A real server that is not ours, for the tests of the driver for such servers: llama.cpp's own, with its HTTP.
//!
//! It comes inside the Python package `xllamacpp`, which is llama.cpp's server compiled into a Python module; no other
//! package that was looked at has both that server and code for every 64-bit x86 processor.
//! It needs a Python of 3.10 or newer to hold it, and nothing is installed into that Python.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::place::Place;
use crate::pypi::{self, Pinned};
use crate::say;

const PACKAGE: &str = "xllamacpp==2026.10.11549";
const WHEEL: Pinned = Pinned {
    name: "xllamacpp-2026.10.11549-cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    sha256: "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",
};
/// The wheel is the same for all of them, whichever Python does the downloading.
const CHOICE: [&str; 8] = [
    "--platform",
    "manylinux2014_x86_64",
    "--python-version",
    "3.10",
    "--implementation",
    "cp",
    "--abi",
    "abi3",
];
const FOLDER: &str = "xllamacpp";
const FILES: [Pinned; 4] = [
    Pinned {
        name: "__init__.py",
        sha256: "4ca16a3bc0a17ee77ffe7f296bda60f366c3e829062e24408e435cea4dc652ed",
    },
    Pinned {
        name: "_version.py",
        sha256: "fd38cd7debe88234889e8078707cf23cd97540885357d08356582e446c96911d",
    },
    Pinned { name: "memory.py", sha256: "5d330e309ef7d6e36175ae7fb630566393e6c4ce7b8276db7019f3a31b400eb8" },
    Pinned {
        name: "xllamacpp.abi3.so",
        sha256: "78dcbbfcc861ee3377554325dc12864829a76ec3de6f1882886d4a82a2def7f5",
    },
];

/// Makes sure the server is there and whole, where there is a build of it that the tests use.
pub(crate) fn prepare(place: &Place) -> anyhow::Result<()> {
    if !is_for(std::env::consts::OS, std::env::consts::ARCH) {
        say::line("the tests against llama.cpp's server run on Linux on x86-64 only");
        return Ok(());
    }
    let folder = place.llama_server().join(FOLDER);
    if is_whole(&folder) {
        say::line("llama.cpp's server is there and whole");
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    let wheel = pypi::download(place, PACKAGE, &WHEEL, &CHOICE, &place.llama_server())
        .context("llama.cpp's server, which tests talk to, could not be had")?;
    for file in FILES {
        let to = folder.join(file.name);
        pypi::unpack(&wheel, &format!("{FOLDER}/{}", file.name), &to)?;
        file.demand(&to)?;
    }
    fs::remove_file(wheel).context("remove the unpacked package")
}

fn is_for(os: &str, arch: &str) -> bool {
    (os, arch) == ("linux", "x86_64")
}

fn is_whole(folder: &Path) -> bool {
    FILES.iter().all(|file| file.is(&folder.join(file.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_a_missing_or_changed_file_is_fetched_again() {
        let home = tempfile::tempdir().expect("a folder");
        assert!(!is_whole(home.path()), "nothing is there");
        for file in FILES {
            fs::write(home.path().join(file.name), "not it").expect("written");
        }
        assert!(!is_whole(home.path()), "these are other files");
    }

    #[test]
    fn only_the_system_with_a_pinned_build_has_the_server() {
        assert!(is_for("linux", "x86_64"));
        assert!(!is_for("linux", "aarch64") && !is_for("windows", "x86_64"));
    }
}

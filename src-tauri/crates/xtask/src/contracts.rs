//! The practice chain: its contracts' compiler, and the program that runs it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::npm::Packages;
use crate::place::Place;
use crate::process;
use crate::say;

/// The chain's version. The lock file pins the build for the usual system by digest; the others come by name.
const ANVIL: &str = "1.7.1";

/// Installs the compiler and puts the chain's program where tests and practice look for it.
pub(crate) fn packages(place: &Place) -> anyhow::Result<()> {
    let packages = contracts(place);
    packages.install()?;
    let package = package(std::env::consts::OS, std::env::consts::ARCH)
        .context("there is no build of the practice chain's program anvil for this system")?;
    let program = packages.file(&format!("{package}/bin/anvil{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let what =
            ["install", "--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
        process::run(packages.npm().args(what).arg(format!("{package}@{ANVIL}")))?;
    }
    put(&program, &place.anvil())
}

/// Fails if the committed bytes are not what the contracts compile to.
pub(crate) fn check(place: &Place) -> anyhow::Result<()> {
    process::run(contracts(place).npm().args(["run", "--silent", "check"]))
}

/// Compiles the contracts and writes the bytes to be committed.
pub(crate) fn write(place: &Place) -> anyhow::Result<()> {
    let packages = contracts(place);
    packages.install()?;
    process::run(packages.npm().args(["run", "--silent", "build"]))
}

fn contracts(place: &Place) -> Packages {
    Packages::of(place.contracts())
}

/// The package with the program for a system, in npm's words.
fn package(os: &str, arch: &str) -> Option<String> {
    let system = match (os, arch) {
        ("linux", "x86_64") => "linux-amd64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-amd64",
        ("macos", "aarch64") => "darwin-arm64",
        ("windows", "x86_64") => "win32-amd64",
        _ => return None,
    };
    Some(format!("@foundry-rs/anvil-{system}"))
}

/// Copies a program unless the very same is there. A chain that still runs keeps the old one.
fn put(program: &Path, to: &Path) -> anyhow::Result<()> {
    let wanted = fs::read(program).with_context(|| format!("read {}", program.display()))?;
    if fs::read(to).is_ok_and(|there| there == wanted) {
        say::line("the practice chain's program is there");
        return Ok(());
    }
    let folder = to.parent().context("a program lies in a folder")?;
    fs::create_dir_all(folder)?;
    let part = to.with_extension("part");
    fs::copy(program, &part).context("copy the practice chain's program")?;
    if fs::metadata(&part)?.len() != wanted.len() as u64 {
        bail!("the practice chain's program changed while it was copied");
    }
    fs::rename(part, to).context("put the practice chain's program in its place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_has_a_package_or_is_refused() {
        assert_eq!(package("linux", "x86_64").as_deref(), Some("@foundry-rs/anvil-linux-amd64"));
        assert_eq!(package("macos", "aarch64").as_deref(), Some("@foundry-rs/anvil-darwin-arm64"));
        assert_eq!(package("windows", "x86_64").as_deref(), Some("@foundry-rs/anvil-win32-amd64"));
        for (os, arch) in [("windows", "aarch64"), ("freebsd", "x86_64")] {
            assert_eq!(package(os, arch), None, "{os} {arch}");
        }
    }

    #[test]
    fn the_packages_pin_the_same_version() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../practice/contracts");
        for name in ["package.json", "package-lock.json"] {
            let text = fs::read_to_string(folder.join(name)).expect("it is committed");
            let pinned = format!("\"@foundry-rs/anvil-linux-amd64\": \"{ANVIL}\"");
            assert!(text.contains(&pinned), "{name} names another version than {ANVIL}");
        }
    }

    #[test]
    fn another_program_replaces_the_old_one_and_the_same_one_stays() {
        let home = tempfile::tempdir().expect("a folder");
        let (new, place) = (home.path().join("new"), home.path().join("anvil").join("anvil"));
        assert!(put(&new, &place).is_err(), "nothing to copy");
        fs::write(&new, "one").expect("written");
        put(&new, &place).expect("copied into a folder that was not there");
        let before = fs::metadata(&place).and_then(|file| file.modified()).expect("its time");
        put(&new, &place).expect("the same");
        assert_eq!(fs::metadata(&place).and_then(|file| file.modified()).expect("its time"), before);
        fs::write(&new, "two").expect("written");
        put(&new, &place).expect("copied again");
        assert_eq!(fs::read(&place).expect("read"), b"two");
    }
}

